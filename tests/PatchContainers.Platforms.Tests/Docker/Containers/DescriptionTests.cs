using PatchContainers.Rollout;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>All requests of a container's way there and back, and the engine's answers, against the published description.</summary>
public sealed class DescriptionTests
{
    // What the real engine (20.10) does that the description of 1.41 does not say.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_is_recreated_put_back_and_recreated_again_as_the_description_says()
    {
        Assert.SkipWhen(EngineDescriptions.Versions.Count == 0, ConformanceData.SkipReason);
        var recorder = new DescriptionRecorder(EngineDescriptions.Read);
        await using var scene = await EngineScene.OpenAsync(recorder);
        await scene.NetworkAsync("one", "10.213.21.0/24");
        await scene.NetworkAsync("two", "10.213.22.0/24");
        await scene.StartAsync("web", """
            {"HostConfig": {"NetworkMode": "PREFIX-one", "RestartPolicy": {"Name": "always"}}, "Volumes": {"/own": {}},
             "Labels": {"patchcontainers.hooks.before": "true", "patchcontainers.hooks.after": "true"}}
            """);
        await scene.DockerAsync("network", "connect", "--alias", "api", scene.Name("two"), scene.Name());
        var failed = await scene.BringAsync(scene.Change(scene.Images.Unhealthy));
        Assert.Equal(ChangeStatus.Failed, failed.Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.RevertAsync(failed)).Status);

        // From here on as another rollout.
        var change = await scene.BringAsync(scene.Change(scene.Images.Good) with { Rollout = scene.Prefix + "-second" });
        Assert.Equal(ChangeStatus.Healthy, change.Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.Orchestrator.FinishAsync(change, Token)).Status);
        Assert.Equal(ChangeStatus.Healthy, (await scene.RevertAsync(change)).Status);
        Assert.Empty(recorder.Deviations.Except(Known));
        Assert.True(recorder.Count >= 15, $"{recorder.Count} operations were seen.");
    }
}
