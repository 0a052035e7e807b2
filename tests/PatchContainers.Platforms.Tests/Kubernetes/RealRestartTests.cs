using System.Diagnostics;
using System.Globalization;
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

        const int Last = 60;
        var hasExpired = false;
        var seen = new List<int>();
        var watch = Task.Run(async () =>
        {
            var version = map.Text("metadata", "resourceVersion");
            while (seen.LastOrDefault() < Last)
            {
                await foreach (var told in admin.WatchAsync(ConfigMaps, "demo", null, $"metadata.name={name}", version, Token))
                {
                    // A server that comes back may have forgotten the version: what is there then is read, and watched on from.
                    var seenNow = told.Type == KubernetesWatchEventType.Expired ? await admin.GetAsync(ConfigMaps, "demo", name, Token) : told.Object;
                    if (told.Type is KubernetesWatchEventType.Modified or KubernetesWatchEventType.Expired
                        && int.TryParse(seenNow.Text("data", "count"), CultureInfo.InvariantCulture, out var count)
                        && (told.Type == KubernetesWatchEventType.Modified || count > seen.LastOrDefault()))
                    {
                        seen.Add(count);
                    }

                    hasExpired |= told.Type == KubernetesWatchEventType.Expired;
                    version = seenNow.Text("metadata", "resourceVersion");
                    if (seen.LastOrDefault() == Last)
                    {
                        return;
                    }
                }
            }
        }, Token);
        using var restart = Process.Start(new ProcessStartInfo(program!) { UseShellExecute = false })!;
        for (var i = 1; i <= Last; i++)
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
        Assert.Equal(seen.Order().Distinct(), seen);
        Assert.True(hasExpired || seen.Count == Last, $"The watch told {seen.Count} changes of {Last}.");
        await admin.DeleteAsync(ConfigMaps, "demo", name, null, DeletePropagation.Background, false, Token);
    }
}
