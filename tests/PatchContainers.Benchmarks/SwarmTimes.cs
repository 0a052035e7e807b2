using System.Diagnostics;
using System.Globalization;
using PatchContainers.Platforms;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using PatchContainers.Updating;

namespace PatchContainers.Benchmarks;

/// <summary>
/// How much longer a rollout of one service takes than <c>docker service update</c> of the same service, which waits until it is well, too.
/// The manager is that of <c>DOCKER_HOST</c>; both images are in the engine, and were pushed to a registry.
/// </summary>
internal static class SwarmTimes
{
    private const int Replicas = 3;

    /// <summary>Measures.</summary>
    /// <param name="old">An image that runs, with its tag.</param>
    /// <param name="now">Another one.</param>
    /// <param name="runs">How many updates of each kind.</param>
    public static async Task<int> RunAsync(string old, string now, int runs)
    {
        var (before, after) = (await PinnedAsync(old), await PinnedAsync(now));
        Console.WriteLine($"{$"ms, {Replicas} replicas",-16}{"docker service update",24}{"rollout",12}{"plan besides",16}");
        var (theirs, ours) = (new List<double>(), new List<double>());
        for (var run = 1; run <= runs; run++)
        {
            var docker = await OnServiceAsync(before, name => TimeAsync(() => DockerAsync("service", "update", "-q", "--image", after, name)));
            var (plan, rollout) = await OnServiceAsync(before, name => RollOutAsync(name, before, after));
            theirs.Add(docker);
            ours.Add(rollout);
            Console.WriteLine($"{$"run {run}",-16}{docker,24:N0}{rollout,12:N0}{plan,16:N0}");
        }

        Console.WriteLine($"{"median",-16}{Median(theirs),24:N0}{Median(ours),12:N0}");
        return 0;
    }

    private static async Task<T> OnServiceAsync<T>(string image, Func<string, Task<T>> measure)
    {
        var name = $"swarm-{Guid.NewGuid():N}"[..16];
        await DockerAsync("service", "create", "-q", "--name", name, "--label", $"bench={name}", "--replicas", $"{Replicas}",
            "--update-monitor", "1s", image);
        try
        {
            return await measure(name);
        }
        finally
        {
            await DockerAsync("service", "rm", name);
        }
    }

    private static async Task<(double Plan, double Rollout)> RollOutAsync(string name, string before, string after)
    {
        using var folder = new TemporaryFolder();
        using var services = new PatchServices(new PatchServicesOptions
        {
            State = new PatchState(folder.Path),
            Platforms = static () => new PlatformProvider(),
        });
        RolloutPlan? plan = null;
        var target = new RingTarget { Platform = RingTarget.Swarm, Context = Environment.GetEnvironmentVariable("DOCKER_HOST") ?? "default", Selector = $"bench={name}" };
        var planned = await TimeAsync(async () => plan = await services.Rollouts.PlanAsync(new RolloutRequest
        {
            Plan = new PatchPlan { Name = name, Rings = [new PatchRing { Name = "ring", Targets = [target] }] },
            Updates = [new BaseImageUpdate
            {
                Image = before.Split('@')[0], Digest = before.Split('@')[1], NewImage = after.Split('@')[0], NewDigest = after.Split('@')[1],
                Status = UpdateStatus.Updated,
            }],
        }, new NoticeList()));
        PatchRollout? rollout = null;
        var made = await TimeAsync(async () => rollout = await services.Rollouts.StartAsync(plan!, new RolloutRunOptions(), new NoticeList()));
        return rollout is { Status: RolloutStatus.Succeeded, Changes.Count: 1 } ? (planned, made)
            : throw new InvalidOperationException($"The rollout ended {rollout!.Status}: {rollout.Reason}");
    }

    private static async Task<string> PinnedAsync(string image)
    {
        var digest = (await DockerAsync("image", "inspect", "--format", "{{index .RepoDigests 0}}", image)).Trim().Split('@')[1];
        return $"{image}@{digest}";
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var clock = Stopwatch.StartNew();
        await action();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task<string> DockerAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOCKER") ?? "docker", arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(
            $"docker {string.Join(' ', arguments)} ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}.");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
