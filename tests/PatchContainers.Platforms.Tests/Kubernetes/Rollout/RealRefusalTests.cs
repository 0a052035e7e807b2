using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>What is refused, what is left alone, and what an account needs, on a real control plane.</summary>
public sealed class RealRefusalTests
{
    private static readonly RolloutChangeOptions s_canary = new() { Canary = "1" };

    private static CancellationToken Token => RolloutScene.Token;

    [Fact]
    public async Task What_cannot_be_rolled_out_is_refused_with_the_reason()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.MakeAsync("Deployment", "paused", "paused: true, ");
        await scene.MakeAsync("StatefulSet", "set", "updateStrategy: {type: OnDelete}, ");
        await scene.MakeAsync("DaemonSet", "daemon", "updateStrategy: {type: OnDelete}, ");
        await scene.MakeAsync("DaemonSet", "nodes");
        await scene.MakeAsync("Deployment", "recreated", "strategy: {type: Recreate}, ");
        await scene.MakeAsync("Deployment", "argo", metadata: "annotations: {argocd.argoproj.io/tracking-id: 'shop:x'}, ");
        await scene.MakeAsync("Deployment", "web");
        await scene.MakeAsync("Pod", "bare");
        await scene.MakeAsync("Job", "once");
        var to = RolloutScene.Pinned("1.1");
        (RolloutChange Change, string Reason)[] cases =
        [
            (scene.Change("Deployment", "paused", to), "is paused"),
            (scene.Change("StatefulSet", "set", to), "OnDelete"),
            (scene.Change("DaemonSet", "daemon", to), "OnDelete"),
            (scene.Change("Deployment", "recreated", to, s_canary), "there can be no canary"),
            (scene.Change("Deployment", "argo", to), "Argo CD keeps it as the application 'shop' says"),
            (scene.Change("Pod", "bare", to), "never changed"),
            (scene.Change("Job", "once", to), "never changed"),
            (scene.Change("ReplicaSet", "web-1", to), "not rolled out"),
            (scene.Change("Deployment", "web", to, from: "registry.example/shop/web:0.9"), "holds 'registry.example/shop/web:1.0' now"),
            (scene.Change("Deployment", "web", to, container: "sidecar"), "has no container 'sidecar'"),
            (scene.Change("Deployment", "web", to, s_canary with { Canary = "0%" }), "neither a count such as 2 nor a share"),
            (scene.Change("Deployment", "none", to), "not found"),
            (scene.Change("Deployment", "web", ""), "invalid"),
            (scene.Change("DaemonSet", "nodes", to, s_canary), "there can be no canary"),
        ];
        var seen = await scene.Orchestrator.CheckAsync([.. cases.Select(c => c.Change)], Token);
        foreach (var (one, (_, reason)) in seen.Zip(cases))
        {
            Assert.Equal((ChangeStatus.Refused, reason), (one.Status, reason));
            Assert.Contains(reason, one.Detail);
        }

        // Nothing was written, and what is in order is in order.
        Assert.Equal(1, (await scene.GetAsync("Deployment", "web")).Number("metadata", "generation"));
        RolloutChange[] good =
        [
            scene.Change("Deployment", "recreated", to), scene.Change("Deployment", "web", to, s_canary),
            scene.Change("Deployment", "argo", to, new RolloutChangeOptions { Force = true }),
        ];
        seen = await scene.Orchestrator.CheckAsync(good, Token);
        Assert.All(seen, one => Assert.Equal(ChangeStatus.Planned, one.Status));
        Assert.Contains("Argo CD keeps it", seen[2].Detail);
        Assert.Equal(RolloutScene.Old, Assert.Single(await scene.ImagesAsync("web")));
    }

    [Fact]
    public async Task Another_writers_change_is_never_overwritten()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web");
        var change = scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"));
        await scene.PatchAsync("Deployment", "web", "{spec: {template: {spec: {containers: [{name: app, image: 'theirs:1'}]}}}}");
        var applied = await scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        Assert.Contains("holds 'theirs:1' now", applied.Detail);
        foreach (var state in new[] { AwaitedState.New, AwaitedState.Old, AwaitedState.Canary })
        {
            Assert.Equal(ChangeStatus.LeftAlone, (await scene.AwaitAsync(change, state)).Status);
        }

        Assert.Equal(ChangeStatus.LeftAlone, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(ChangeStatus.Failed, (await scene.Orchestrator.PromoteAsync(change, Token)).Status);
        Assert.Equal("theirs:1", (await scene.GetAsync("Deployment", "web")).At("spec", "template")!.Value.ImageOfPod("app"));

        // Between reading and writing: the patch itself is the guard.
        var workload = await scene.GetAsync("Deployment", "web");
        var patch = ImagePatch.Of(workload, ContainerSlot.Find("Deployment", workload, "app")! with { Image = "mine:1" }, "mine:2", "test");
        var error = await Assert.ThrowsAsync<PatchException>(() => scene.Admin.PatchAsync(KubernetesResource.Deployments, scene.Namespace,
            "web", patch.ToNode(), PatchKind.Json, KubernetesClient.FieldManager, false, Token));
        Assert.Equal(PatchErrorCode.Conflict, error.Code);

        await scene.Admin.DeleteAsync(KubernetesResource.Deployments, scene.Namespace, "web", null, DeletePropagation.Background, false, Token);
        Assert.Equal(ChangeStatus.LeftAlone, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(ChangeStatus.LeftAlone, (await scene.AwaitAsync(change)).Status);
    }

    [Fact]
    public async Task A_writer_of_other_fields_is_no_obstacle()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("StatefulSet", "web");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var busy = Task.Run(async () =>
        {
            for (var i = 0; !end.IsCancellationRequested; i++)
            {
                // Some fifty times a second. One that leaves no gap at all would win each of ten tries now and then.
                await scene.PatchAsync("StatefulSet", "web", $"{{metadata: {{labels: {{round: r{i}}}}}}}");
                await Task.Delay(10, Token);
            }
        }, Token);
        var change = scene.Change("StatefulSet", "web", RolloutScene.Pinned("1.1"));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.ApplyAsync(change, Token)).Status);
            Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        }

        await end.CancelAsync();
        await busy;
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);
    }

    [Theory]
    [InlineData("Deployment", "apps/deployments: get, patch|/pods: list", "", false)]
    [InlineData("Deployment", "apps/deployments: patch|/pods: list", "get deployments", false)]
    [InlineData("Deployment", "apps/deployments: get|/pods: list", "patch deployments", false)]
    [InlineData("Deployment", "apps/deployments: get, patch", "list pods", false)]
    [InlineData("StatefulSet", "apps/statefulsets: get, patch|/pods: list, delete", "", false)]
    [InlineData("StatefulSet", "apps/statefulsets: get, patch|/pods: list", "delete pods", false)]
    [InlineData("StatefulSet", "apps/statefulsets: get, patch", "list pods, delete pods", false)]
    [InlineData("DaemonSet", "apps/daemonsets: get, patch|/pods: list", "", false)]
    [InlineData("CronJob", "batch/cronjobs: get, patch", "", false)]
    [InlineData("CronJob", "batch/cronjobs: get, patch|batch/jobs: get|/pods: list", "create jobs, delete jobs", true)]
    [InlineData("CronJob", "batch/cronjobs: get, patch|batch/jobs: create, get, delete|/pods: list", "", true)]
    public async Task A_missing_right_is_named(string kind, string rules, string missing, bool trialJob)
    {
        await using var scene = await RolloutScene.OpenAsync();
        if (kind == "CronJob")
        {
            await RealCronJobTests.CreateAsync(scene, "web");
        }
        else
        {
            await scene.CreateAsync(kind, "web");
        }

        using var client = await scene.AccountAsync(rules.Split('|'));
        IOrchestrator orchestrator = new KubernetesOrchestrator(_ => client, TimeProvider.System);
        var change = scene.Change(kind, "web", RolloutScene.Pinned("1.1"), new RolloutChangeOptions { TrialJob = trialJob });
        var seen = Assert.Single(await orchestrator.CheckAsync([change], Token));
        if (missing.Length > 0)
        {
            Assert.Equal(ChangeStatus.Refused, seen.Status);
            Assert.Contains($"needs to {missing} in", seen.Detail);
            return;
        }

        // And those rights are enough for all of it, without watching.
        Assert.Equal((ChangeStatus.Planned, ""), (seen.Status, seen.Detail));
        change = change with { Before = await orchestrator.PrepareAsync(change, Token) ?? "" };
        Assert.Equal(ChangeStatus.Applied, (await orchestrator.ApplyAsync(change, Token)).Status);
        if (kind != "CronJob")
        {
            Assert.Equal(ChangeStatus.Healthy, (await orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.FromMinutes(1), Token)).Status);
        }

        Assert.Equal(kind == "CronJob" ? ChangeStatus.RolledBack : ChangeStatus.Applied,
            (await orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(ChangeStatus.Healthy, (await orchestrator.AwaitAsync(change, AwaitedState.Old, TimeSpan.FromMinutes(1), Token)).Status);
    }
}
