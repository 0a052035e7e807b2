using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>Rollouts of every kind on a real control plane.</summary>
public sealed class RealRolloutTests
{
    private static CancellationToken Token => RolloutScene.Token;

    [Theory]
    [InlineData("Deployment", "replicas: 3, ", 3)]
    [InlineData("StatefulSet", "replicas: 2, ", 2)]
    [InlineData("DaemonSet", "", 0)]
    public async Task A_good_image_is_rolled_out_and_found_healthy(string kind, string spec, int pods)
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync(kind, "web", spec);
        var change = await scene.ApplyAsync(scene.Change(kind, "web", RolloutScene.Pinned("1.1")));
        Assert.Equal(ChangeStatus.Applied, (await scene.AwaitAsync(change, seconds: 0)).Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change)).Status);

        var images = await scene.ImagesAsync("web");
        Assert.All(images, image => Assert.Equal(RolloutScene.Pinned("1.1"), image));
        Assert.True(pods == 0 ? images.Count > 0 : images.Count == pods);
        var workload = await scene.GetAsync(kind, "web");
        Assert.Equal($"patchcontainers: app to {RolloutScene.Pinned("1.1")} (ring staging)", workload.Annotation("kubernetes.io/change-cause"));
        Assert.Contains(workload.Items("metadata", "managedFields"), field => field.Text("manager") == "patchcontainers");

        // Everything again, as a run does that was killed.
        Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.ApplyAsync(change, Token)).Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.Orchestrator.FinishAsync(change, Token)).Status);
        Assert.Equal(workload.Word("metadata", "generation"), (await scene.GetAsync(kind, "web")).Word("metadata", "generation"));
    }

    [Fact]
    public async Task A_failing_image_is_told_with_its_reason_and_put_back()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await Task.WhenAll(new[] { ("Deployment", "replicas: 3, "), ("StatefulSet", "replicas: 2, "), ("DaemonSet", "") }
            .SelectMany(workload => new[] { ("bad", "cannot pull its image"), ("crash", "restarts: 3") }
                .Select(failure => FailAsync(scene, workload.Item1, workload.Item2, failure.Item1, failure.Item2))));
    }

    [Theory]
    [InlineData("Deployment", "replicas: 2, ")]
    [InlineData("StatefulSet", "replicas: 3, ")]
    [InlineData("DaemonSet", "")]
    public async Task What_never_gets_ready_is_waited_for_and_put_back(string kind, string spec)
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync(kind, "web", spec);
        var change = await scene.ApplyAsync(scene.Change(kind, "web", RolloutScene.Pinned("1.1-unready")));
        var waiting = await scene.AwaitAsync(change, seconds: 4);
        Assert.Equal(ChangeStatus.Applied, waiting.Status);
        Assert.Contains("the container 'app' runs and is not ready", waiting.Detail);
        Assert.True(waiting.Ran);

        // A StatefulSet would wait for its broken pod for ever.
        Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);
        Assert.All(await scene.ImagesAsync("web"), image => Assert.Equal(RolloutScene.Old, image));
    }

    [Fact]
    public async Task A_Deployment_past_its_progress_deadline_has_failed_and_that_does_not_stick_to_what_comes_next()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "strategy: {type: Recreate}, progressDeadlineSeconds: 3, ");
        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1-unready")));
        var failed = await scene.AwaitAsync(change);
        Assert.Equal(ChangeStatus.Failed, failed.Status);
        Assert.Contains("no progress for 3 s", failed.Detail);

        await scene.Orchestrator.RevertAsync(change, Token);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);

        // The same image again: its replica set is there already, and the old condition with it.
        await scene.PatchAsync("Deployment", "web", "{spec: {template: {spec: {containers: [{name: app, image: 'x:unready'}]}}}}");
        var broken = scene.Change("Deployment", "web", RolloutScene.Pinned("1.2"), from: "x:unready");
        Assert.Equal(ChangeStatus.Failed, (await scene.AwaitAsync(broken with { NewImage = "x:unready" })).Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(await scene.ApplyAsync(broken))).Status);
    }

    [Fact]
    public async Task Several_containers_of_one_object_are_changed_one_after_the_other()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 2, ",
            pod: "initContainers: [{name: migrate, image: 'registry.example/shop/migrate:1'}], ");
        var canary = new RolloutChangeOptions { Canary = "1" };
        var before = (await scene.GetAsync("Deployment", "web")).Word("spec", "strategy", "rollingUpdate", "maxSurge");
        var first = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"), canary));

        var second = scene.Change("Deployment", "web", "registry.example/shop/migrate:2", canary, "registry.example/shop/migrate:1", "migrate");
        second = second with { Before = await scene.Orchestrator.PrepareAsync(second, Token) ?? "" };
        var applied = await scene.Orchestrator.ApplyAsync(second, Token);
        Assert.Equal((ChangeStatus.Applied, ""), (applied.Status, applied.Detail));
        foreach (var change in new[] { first, second })
        {
            Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Canary)).Status);
        }

        foreach (var change in new[] { first, second })
        {
            Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.PromoteAsync(change, Token)).Status);
            Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change)).Status);
            Assert.Equal(ChangeStatus.Healthy, (await scene.Orchestrator.FinishAsync(change, Token)).Status);
        }

        var workload = await scene.GetAsync("Deployment", "web");
        Assert.Equal(before, workload.Word("spec", "strategy", "rollingUpdate", "maxSurge"));
        Assert.Null(workload.Annotation(WorkloadState.Annotation));
        Assert.Null(workload.Number("spec", "minReadySeconds"));
    }

    [Fact]
    public async Task A_quota_and_a_cluster_without_room_are_told_and_do_not_fail_the_image()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 2, ");
        await scene.Admin.CreateAsync(new KubernetesResource("", "v1", "resourcequotas", "ResourceQuota"), scene.Namespace,
            JsonObject.Create(Objects.Parse("{metadata: {name: few}, spec: {hard: {pods: '2'}}}"))!, "tests", false, Token);
        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1")));
        var waiting = await scene.AwaitAsync(change, seconds: 3);
        Assert.Equal(ChangeStatus.Applied, waiting.Status);
        Assert.Contains("exceeded quota: few", waiting.Detail);
        Assert.False(waiting.Ran);
        await scene.Orchestrator.RevertAsync(change, Token);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);

        await using var other = await RolloutScene.OpenAsync();
        await other.MakeAsync("Deployment", "big", pod: "nodeSelector: {no: such}, ");
        waiting = await other.AwaitAsync(other.Change("Deployment", "big", RolloutScene.Old), seconds: 2);
        Assert.Equal(ChangeStatus.Applied, waiting.Status);
        Assert.Contains("has no node: 0/", waiting.Detail);
    }

    private static async Task FailAsync(RolloutScene scene, string kind, string spec, string word, string reason)
    {
        var name = $"{kind.ToLowerInvariant()}-{word}";
        await scene.CreateAsync(kind, name, spec);
        var change = await scene.ApplyAsync(scene.Change(kind, name, RolloutScene.Pinned("1.1-" + word)));
        var failed = await scene.AwaitAsync(change, seconds: 120);
        Assert.Equal((ChangeStatus.Failed, name), (failed.Status, name));
        Assert.Contains(reason, failed.Detail);
        Assert.Equal(word == "crash", failed.Ran);

        Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        var back = await scene.AwaitAsync(change, AwaitedState.Old);
        Assert.Equal((ChangeStatus.Healthy, name), (back.Status, name));
        Assert.All(await scene.ImagesAsync(name), image => Assert.Equal(RolloutScene.Old, image));
        Assert.Equal(ChangeStatus.RolledBack, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
    }
}
