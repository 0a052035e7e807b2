using System.Diagnostics;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using Xunit;
using static PatchContainers.Platforms.Kubernetes.Client.KubernetesResource;

namespace PatchContainers.Platforms.Tests.Kubernetes;

/// <summary>
/// A real API server is killed in the middle, and comes back. PATCHCONTAINERS_TEST_KUBERNETES_RESTART names a program that kills the server
/// of PATCHCONTAINERS_TEST_RESTART_KUBECONFIG and starts it again.
/// </summary>
public sealed class RealRestartTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_and_watches_outlive_an_API_server_that_is_killed_and_comes_back()
    {
        var program = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_KUBERNETES_RESTART");
        var kubeconfig = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_RESTART_KUBECONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(program) || string.IsNullOrEmpty(kubeconfig),
            "PATCHCONTAINERS_TEST_KUBERNETES_RESTART names no program that restarts an API server.");
        var options = new KubernetesClientOptions { RetryFor = TimeSpan.FromMinutes(2) };
        using var admin = new KubernetesClient(KubeConfig.Read([kubeconfig]).Context(), options);
        using var limited = new KubernetesClient(
            KubeConfig.Read([Path.Combine(Path.GetDirectoryName(kubeconfig)!, "limited.kubeconfig")]).Context(), options);
        var name = $"map-{Guid.NewGuid():N}";
        var map = await admin.CreateAsync(ConfigMaps, "demo", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } },
            KubernetesClient.FieldManager, false, Token);

        var seen = new List<string>();
        var watch = Task.Run(async () =>
        {
            await foreach (var told in admin.WatchAsync(ConfigMaps, "demo", null, $"metadata.name={name}",
                map.Text("metadata", "resourceVersion"), Token))
            {
                if (told.Type is KubernetesWatchEventType.Modified)
                {
                    seen.Add(told.Object.Text("data", "count")!);
                }

                if (seen.Count == 60)
                {
                    return;
                }
            }
        }, Token);
        using var restart = Process.Start(new ProcessStartInfo(program!) { UseShellExecute = false })!;
        for (var i = 1; i <= 60; i++)
        {
            // A merge patch may be sent twice; what a token may do is asked throughout.
            await admin.PatchAsync(ConfigMaps, "demo", name, new JsonObject { ["data"] = new JsonObject { ["count"] = $"{i}" } }, PatchKind.Merge,
                KubernetesClient.FieldManager, false, Token);
            await foreach (var item in limited.ListAsync(Deployments, "demo", null, null, Token))
            {
                Assert.NotNull(item.Text("metadata", "name"));
            }

            if (i == 20)
            {
                await restart.WaitForExitAsync(Token);
                Assert.Equal(0, restart.ExitCode);
            }
        }

        await watch;
        Assert.Equal(Enumerable.Range(1, 60).Select(i => $"{i}"), seen);
        await admin.DeleteAsync(ConfigMaps, "demo", name, null, DeletePropagation.Background, false, Token);
    }
}
