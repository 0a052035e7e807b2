using System.Diagnostics;
using System.Globalization;
using PatchContainers.Images;
using PatchContainers.Platforms;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using PatchContainers.Updating;

namespace PatchContainers.Benchmarks;

/// <summary>
/// How long after the last pod of a Deployment is ready its ring has passed, beside how long after it <c>kubectl rollout status</c> returns. A
/// second kubectl watches the pods, and says when they are ready. The cluster is the current one of <c>KUBECONFIG</c>.
/// </summary>
internal static class RingTimes
{
    private const string Old = "registry.example/shop/web:1.0";
    private const string Name = "registry.example/shop/web:1.1";
    private const int Replicas = 10;

    /// <summary>Measures.</summary>
    /// <param name="runs">How many rollouts.</param>
    public static async Task<int> RunAsync(int runs)
    {
        Console.WriteLine($"{"ms after the last pod is ready",-32}{"ring passed",14}{"kubectl rollout status",26}");
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var run = 1; run <= runs; run++)
        {
            var ns = $"ring-{Guid.NewGuid():N}"[..16];
            await KubectlAsync("create", "namespace", ns);
            try
            {
                await KubectlAsync("-n", ns, "create", "deployment", "web", $"--image={Old}", $"--replicas={Replicas}");
                await KubectlAsync("-n", ns, "rollout", "status", "deployment/web");
                var (passed, returned) = await MeasureAsync(ns);
                ours.Add(passed);
                theirs.Add(returned);
                Console.WriteLine($"{$"run {run}, {Replicas} pods",-32}{passed,14:N0}{returned,26:N0}");
            }
            finally
            {
                await KubectlAsync("delete", "namespace", ns, "--wait=false");
            }
        }

        Console.WriteLine($"{"median",-32}{Median(ours),14:N0}{Median(theirs),26:N0}");
        return 0;
    }

    private static async Task<(double Passed, double Returned)> MeasureAsync(string ns)
    {
        using var folder = new TemporaryFolder();
        using var services = new PatchServices(new PatchServicesOptions
        {
            State = new PatchState(folder.Path),
            Platforms = static () => new PlatformProvider(),
        });
        var digest = Digest.OfBytes("a new version"u8).ToString();
        var plan = await services.Rollouts.PlanAsync(new RolloutRequest
        {
            Plan = new PatchPlan { Name = ns, Rings = [new PatchRing { Name = "ring", Targets = [new RingTarget { Namespaces = [ns] }] }] },
            Updates = [new BaseImageUpdate
            {
                Image = Old, Digest = Digest.OfBytes("the old version"u8).ToString(), NewImage = Name, NewDigest = digest,
                Status = UpdateStatus.Updated,
            }],
        }, new NoticeList());

        using var pods = Start("-n", ns, "get", "pods", "-w", "-o",
            "jsonpath={.metadata.name} {.spec.containers[0].image} {.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}");
        var begun = new TaskCompletionSource();
        var ready = LastReadyAsync(pods.StandardOutput, digest, begun);
        var returned = ReturnedAsync(ns, begun.Task);
        var rollout = await services.Rollouts.StartAsync(plan, new RolloutRunOptions(), new NoticeList());
        var last = await ready;
        pods.Kill();
        if (rollout.Status != RolloutStatus.Succeeded)
        {
            throw new InvalidOperationException($"The rollout ended {rollout.Status}: {rollout.Reason}");
        }

        var passed = rollout.Steps.Single(step => step.Action == "Pass").EndedAt!.Value;
        return ((passed - last).TotalMilliseconds, (await returned - last).TotalMilliseconds);
    }

    private static async Task<DateTimeOffset> LastReadyAsync(StreamReader lines, string digest, TaskCompletionSource begun)
    {
        var ready = new HashSet<string>();
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line.Split(' ') is [var pod, var image, var state] && image.EndsWith(digest, StringComparison.Ordinal))
            {
                begun.TrySetResult();
                if (state == "True" && ready.Add(pod) && ready.Count == Replicas)
                {
                    return DateTimeOffset.UtcNow;
                }
            }
        }

        throw new InvalidOperationException("kubectl stopped watching before all pods were ready.");
    }

    private static async Task<DateTimeOffset> ReturnedAsync(string ns, Task begun)
    {
        await begun;
        await KubectlAsync("-n", ns, "rollout", "status", "deployment/web");
        return DateTimeOffset.UtcNow;
    }

    private static async Task KubectlAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)} ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}.");
        }
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true })!;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
