using System.Diagnostics;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>
/// Rollouts while the API server is killed, and comes back. PATCHCONTAINERS_TEST_KUBERNETES_RESTART names a program that kills the server of
/// PATCHCONTAINERS_TEST_RESTART_KUBECONFIG and starts it again.
/// </summary>
public sealed class RealRolloutRestartTests
{
    private static CancellationToken Token => RolloutScene.Token;

    [Fact]
    public async Task Rollouts_outlive_an_API_server_that_is_killed_and_comes_back()
    {
        var program = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_KUBERNETES_RESTART");
        var kubeconfig = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_RESTART_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(program) || string.IsNullOrEmpty(kubeconfig),
            "PATCHCONTAINERS_TEST_KUBERNETES_RESTART names no program that restarts an API server.");
        await using var scene = await RolloutScene.OpenAsync(new KubernetesClient(KubeConfig.Read([kubeconfig]).Context()));
        string[] names = ["a", "b", "c", "d"];
        await Task.WhenAll(names.Select(name => scene.CreateAsync("Deployment", name, "replicas: 3, ")));

        using var restart = Process.Start(new ProcessStartInfo(program!) { UseShellExecute = false })!;
        await Task.WhenAll(names.Select(async (name, i) =>
        {
            for (var round = 1; round <= 4; round++)
            {
                // From one image to the next, while the server goes and comes; the last round begins when it is back.
                if (round == 4)
                {
                    await restart.WaitForExitAsync(Token);
                }

                var change = scene.Change("Deployment", name, RolloutScene.Pinned($"1.{round}"),
                    from: round == 1 ? RolloutScene.Old : RolloutScene.Pinned($"1.{round - 1}"));
                change = change with { Before = await scene.Orchestrator.PrepareAsync(change, Token) ?? "" };
                Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.ApplyAsync(change, Token)).Status);
                Assert.Equal(ChangeStatus.Healthy, (await scene.AwaitAsync(change, seconds: 120)).Status);
            }
        }));
        Assert.Equal(0, restart.ExitCode);
        foreach (var name in names)
        {
            Assert.Equal(Enumerable.Repeat(RolloutScene.Pinned("1.4"), 3), await scene.ImagesAsync(name));
        }
    }
}
