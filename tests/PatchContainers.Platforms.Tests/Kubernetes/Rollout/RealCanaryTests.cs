using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>Canaries on a real control plane: held, promoted, put back, with the original strategy after all of it.</summary>
public sealed class RealCanaryTests
{
    private static readonly RolloutChangeOptions s_canary = new() { Canary = "30%" };

    public static TheoryData<string, string, int, int> Kinds => new()
    {
        // The kind, its specification, the pods of the canary, the pods that stay old after all.
        { "Deployment", "replicas: 4, ", 2, 0 },
        { "Deployment", "replicas: 4, minReadySeconds: 1, progressDeadlineSeconds: 40, "
            + "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}, ", 2, 0 },
        { "StatefulSet", "replicas: 4, ", 2, 0 },
        { "StatefulSet", "replicas: 5, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}, ", 2, 1 },
    };

    private static CancellationToken Token => RolloutScene.Token;

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_canary_that_passes_goes_on_to_all(string kind, string spec, int count, int staysOld)
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync(kind, "web", spec);
        var original = await StrategyAsync(scene, kind);
        var change = await scene.ApplyAsync(scene.Change(kind, "web", RolloutScene.Pinned("1.1"), s_canary));
        Assert.NotEqual(original, await StrategyAsync(scene, kind));
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Canary)).Status);

        // It is held: all others stay as they were.
        Assert.Equal(ChangeStatus.Applied, (await scene.AwaitAsync(change, seconds: 3)).Status);
        Assert.Equal(count, (await scene.ImagesAsync("web")).Count(image => image == change.NewImage));

        var promoted = await scene.Orchestrator.PromoteAsync(change, Token);
        Assert.Equal((ChangeStatus.Applied, ""), (promoted.Status, promoted.Detail));
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change)).Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.Orchestrator.FinishAsync(change, Token)).Status);
        var images = await scene.ImagesAsync("web");
        Assert.Equal(staysOld, images.Count(image => image == RolloutScene.Old));
        Assert.Equal(images.Count - staysOld, images.Count(image => image == change.NewImage));
        Assert.Equal(original, await StrategyAsync(scene, kind));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_canary_that_fails_is_put_back(string kind, string spec, int count, int staysOld)
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync(kind, "web", spec);
        var original = await StrategyAsync(scene, kind);
        var change = await scene.ApplyAsync(scene.Change(kind, "web", RolloutScene.Pinned("1.1-crash"), s_canary));
        var failed = await scene.AwaitAsync(change, AwaitedState.Canary);
        Assert.Equal(ChangeStatus.Failed, failed.Status);
        Assert.Contains("restarts: 3", failed.Detail);
        Assert.InRange((await scene.ImagesAsync("web")).Count(image => image == change.NewImage), 1, count);
        Assert.True((await scene.ImagesAsync("web")).Count(image => image == RolloutScene.Old) >= staysOld);

        Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(original, await StrategyAsync(scene, kind));
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);
        Assert.All(await scene.ImagesAsync("web"), image => Assert.Equal(RolloutScene.Old, image));
    }

    [Fact]
    public async Task A_run_that_comes_after_a_killed_one_restores_from_the_journal_or_from_the_workload()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 2, ");
        var original = await StrategyAsync(scene, "Deployment");
        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"), s_canary));

        // The annotation is gone: the journal knows.
        await scene.PatchAsync("Deployment", "web", "{metadata: {annotations: {" + WorkloadState.Annotation + ": null}}}");
        await new KubernetesOrchestrator(_ => scene.Admin, TimeProvider.System).RevertAsync(change, Token);
        Assert.Equal(original, await StrategyAsync(scene, "Deployment"));
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);

        // The journal is gone: the workload knows.
        change = await scene.ApplyAsync(change with { Before = "" });
        await scene.Orchestrator.RevertAsync(change with { Before = "" }, Token);
        Assert.Equal(original, await StrategyAsync(scene, "Deployment"));
    }

    [Fact]
    public async Task What_the_journal_knows_is_restored_whatever_the_annotation_says()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 2, ");
        var original = await StrategyAsync(scene, "Deployment");
        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"), s_canary));
        await scene.PatchAsync("Deployment", "web", "{metadata: {annotations: {" + WorkloadState.Annotation + ": nothing}}}");
        Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.RevertAsync(change, Token)).Status);
        Assert.Equal(original, await StrategyAsync(scene, "Deployment"));
    }

    [Theory]
    [InlineData("Deployment", 8, 3, ChangeStatus.Healthy)]
    [InlineData("StatefulSet", 4, 3, ChangeStatus.Healthy)]
    [InlineData("Deployment", 4, 0, ChangeStatus.Inconclusive)]
    [InlineData("StatefulSet", 4, 2, ChangeStatus.Inconclusive)]
    public async Task A_canary_that_is_scaled_down_meanwhile_is_judged_by_what_is_left_of_it(
        string kind, int replicas, int left, ChangeStatus status)
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync(kind, "web", $"replicas: {replicas}, ");
        var change = await scene.ApplyAsync(scene.Change(kind, "web", RolloutScene.Pinned("1.1"), s_canary with { Canary = "50%" }));
        Assert.Equal((ChangeStatus.Healthy, true), Told(await scene.AwaitAsync(change, AwaitedState.Canary)));
        await scene.PatchAsync(kind, "web", $"{{spec: {{replicas: {left}}}}}");
        Assert.Equal((status, status == ChangeStatus.Healthy), Told(await scene.AwaitAsync(change, AwaitedState.Canary)));
        await scene.Orchestrator.RevertAsync(change, Token);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);

        static (ChangeStatus Status, bool Ran) Told(RolloutChange seen) => (seen.Status, seen.Ran);
    }

    [Fact]
    public async Task A_canary_is_held_while_it_is_scaled_up()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 2, ");
        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"), s_canary with { Canary = "1" }));
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Canary)).Status);
        await scene.PatchAsync("Deployment", "web", "{spec: {replicas: 6}}");
        Assert.Equal(ChangeStatus.Applied, (await scene.AwaitAsync(change, seconds: 4)).Status);
        Assert.True((await scene.ImagesAsync("web")).Count(image => image == RolloutScene.Old) >= 2);
        await scene.Orchestrator.RevertAsync(change, Token);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);
        Assert.Equal(Enumerable.Repeat(RolloutScene.Old, 6), await scene.ImagesAsync("web"));
    }

    [Fact]
    public async Task What_is_scaled_to_zero_is_as_it_should_be_and_has_shown_nothing()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 0, ");
        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1")));
        var seen = await scene.AwaitAsync(change);
        Assert.Equal((ChangeStatus.Healthy, false), (seen.Status, seen.Ran));
        Assert.Contains("No pod of Deployment", seen.Detail);
    }

    [Fact]
    public async Task A_quota_that_leaves_no_room_for_a_canary_is_told_and_says_nothing_against_the_image()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 2, ");
        var quotas = new KubernetesResource("", "v1", "resourcequotas", "ResourceQuota");
        await scene.Admin.CreateAsync(quotas, scene.Namespace,
            JsonObject.Create(Objects.Parse("{metadata: {name: full}, spec: {hard: {pods: '2'}}}"))!, "tests", false, Token);
        while ((await scene.Admin.GetAsync(quotas, scene.Namespace, "full", Token)).Text("status", "used", "pods") != "2")
        {
            await Task.Yield();
        }

        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"), s_canary));
        var seen = await scene.AwaitAsync(change, AwaitedState.Canary, seconds: 3);
        Assert.Equal((ChangeStatus.Applied, false), (seen.Status, seen.Ran));
        Assert.Contains("exceeded quota: full", seen.Detail);
        await scene.Orchestrator.RevertAsync(change, Token);
        Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, AwaitedState.Old)).Status);
    }

    [Fact]
    public async Task What_someone_else_sets_meanwhile_stays()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.CreateAsync("Deployment", "web", "replicas: 2, ");
        var change = await scene.ApplyAsync(scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"), s_canary));
        await scene.PatchAsync("Deployment", "web", "{spec: {minReadySeconds: 7}}");
        var promoted = await scene.Orchestrator.PromoteAsync(change, Token);
        Assert.Equal((ChangeStatus.Applied, "Someone else has set /spec/minReadySeconds since: that stays."), (promoted.Status, promoted.Detail));
        var workload = await scene.GetAsync("Deployment", "web");
        Assert.Equal((7L, "25%"), (workload.Number("spec", "minReadySeconds"), workload.Text("spec", "strategy", "rollingUpdate", "maxSurge")));
    }

    [Fact]
    public async Task There_is_no_canary_in_the_middle_of_another_rollout_or_beside_another_canary()
    {
        await using var scene = await RolloutScene.OpenAsync();
        await scene.MakeAsync("Deployment", "web", "replicas: 2, ", "x:unready");
        var change = scene.Change("Deployment", "web", RolloutScene.Pinned("1.1"), s_canary, "x:unready");
        change = change with { Before = await scene.Orchestrator.PrepareAsync(change, Token) ?? "" };
        var failed = await scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, failed.Status);
        Assert.Contains("is in the middle of another rollout", failed.Detail);

        await scene.CreateAsync("Deployment", "other", "replicas: 2, ");
        await scene.ApplyAsync(scene.Change("Deployment", "other", RolloutScene.Pinned("1.1"), s_canary));
        var seen = Assert.Single(await scene.Orchestrator.CheckAsync(
            [scene.Change("Deployment", "other", RolloutScene.Pinned("1.2"), from: RolloutScene.Pinned("1.1"))], Token));
        Assert.Equal(ChangeStatus.Refused, seen.Status);
        Assert.Contains("held as the canary of another rollout", seen.Detail);
    }

    private static async Task<string> StrategyAsync(RolloutScene scene, string kind)
    {
        var workload = await scene.GetAsync(kind, "web");
        return string.Join(' ', new[] { "strategy", "updateStrategy", "minReadySeconds", "progressDeadlineSeconds" }
            .Select(field => workload.At("spec", field) is { } value ? JsonSerializer.Serialize(value) : "-")
            .Append(workload.Annotation(WorkloadState.Annotation)));
    }
}
