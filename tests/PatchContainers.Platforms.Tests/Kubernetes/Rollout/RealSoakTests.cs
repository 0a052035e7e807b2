using PatchContainers.Platforms.Kubernetes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>What begins to crash long after it was ready, on a real control plane.</summary>
public sealed class RealSoakTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_begins_to_crash_while_it_soaks_is_put_back_at_once(bool isCanary)
    {
        await using var engine = await ClusterScene.OpenAsync();
        await engine.Staging.CreateAsync("Deployment", "web", "replicas: 3, ");
        await engine.Staging.CreateAsync("StatefulSet", "db", "replicas: 2, ");
        var strategy = await StrategyAsync(engine.Staging);
        var soak = TimeSpan.FromHours(2);
        var running = engine.RunAsync("1.1", engine.Plan(r =>
            isCanary ? r with { Canary = Portion.Parse("1"), CanarySoak = soak } : r with { Soak = soak }));
        await engine.ReachAsync(running, s => s.Action == "Soak");
        await CrashOneAsync(engine.Staging, RolloutScene.Pinned("1.1"));

        var rollout = await running;
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("restarts: ", rollout.Reason, StringComparison.Ordinal);
        Assert.True(rollout.EndedAt - rollout.StartedAt < soak / 2, $"It took until {rollout.EndedAt:u}.");
        Assert.DoesNotContain(rollout.Steps, s => s.Action == "Promote");
        Assert.All(await engine.Staging.ImagesAsync("web"), image => Assert.Equal(RolloutScene.Old, image));
        Assert.All(await engine.Staging.ImagesAsync("db"), image => Assert.Equal(RolloutScene.Old, image));
        Assert.Equal(strategy, await StrategyAsync(engine.Staging));
        Assert.Equal(RolloutScene.DigestOf("1.1"), Assert.Single(await engine.Service.ListQuarantineAsync(Token)).Digest);
    }

    // The fake nodes do as the annotation says, also to a pod that runs.
    private static async Task CrashOneAsync(RolloutScene scene, string image)
    {
        await foreach (var pod in scene.Admin.ListAsync(KubernetesResource.Pods, scene.Namespace, "app=web", null, Token))
        {
            if (!pod.IsBeingDeleted() && pod.ImageOfPod("app") == image)
            {
                await scene.PatchAsync("Pod", pod.Word("metadata", "name"), "{metadata: {annotations: {fakelet/mode: crash}}}");
                return;
            }
        }

        Assert.Fail($"No pod runs {image}.");
    }

    private static async Task<string> StrategyAsync(RolloutScene scene)
    {
        var spec = (await scene.GetAsync("Deployment", "web")).GetProperty("spec");
        return $"{spec.GetProperty("strategy")} {spec.Number("minReadySeconds")} {spec.Number("progressDeadlineSeconds")}";
    }
}
