using System.Diagnostics;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Tests.Rollout;
using PatchContainers.Platforms.Tests.Rollout.Kills;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>
/// Rollouts on an engine that is killed again and again by SIGKILL, right before one of their requests, while it is made or right after it,
/// and started again. Containers end with it: those with a restart policy, and tasks of a swarm, come back with it.
/// </summary>
public sealed class EngineRestartTests(ITestOutputHelper output) : IAsyncLifetime
{
    // Every request of so many; with PATCHCONTAINERS_TEST_KILLS=all each of them, in as many rollouts.
    private const int Share = 6;

    private static readonly char[] s_digits = [.. "0123456789"];

    private EngineApart _apart = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _apart = await EngineApart.StartAsync();

    public ValueTask DisposeAsync() => _apart?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public Task A_rollout_over_containers_ends_as_if_the_engine_had_not_been_killed() => OutliveAsync(new EngineKillWorld(
        [new(KillPlatform.Docker, false), new(KillPlatform.Docker, true)], 2, DockerKillScene.OpenAsync, _apart));

    [Fact]
    public Task A_rollout_over_services_of_a_swarm_ends_as_if_the_engine_had_not_been_killed() => OutliveAsync(new SwarmKillWorld(_apart));

    [Fact]
    public async Task A_container_that_ended_with_the_engine_and_has_no_restart_policy_is_put_back_and_says_nothing_of_its_image()
    {
        await using var scene = await EngineScene.OpenAsync(engine: _apart.Engine);
        await scene.StartAsync();
        var change = await scene.Orchestrator.BeginAsync(scene.Change(scene.Images.Plain), Token);
        await _apart.KillAsync();
        var seen = await scene.AwaitAsync(change with { Status = ChangeStatus.Applied });
        Assert.Equal((ChangeStatus.Failed, false), (seen.Status, seen.Ran));
        Assert.Contains("The engine was lost meanwhile", seen.Detail, StringComparison.Ordinal);
        Assert.Equal(ChangeStatus.Healthy, (await scene.RevertAsync(change)).Status);
        Assert.Equal(["web"], await scene.NamesAsync());
        Assert.Equal(scene.Images.Old, (await scene.InspectAsync()).ImageName());
    }

    private async Task OutliveAsync(KillWorld opened)
    {
        await using var world = opened;
        var expected = await world.RunWholeAsync(before: false, Token);
        var offsets = RolloutKills.IsAll ? Share : 1;
        foreach (var scenario in world.Scenarios)
        {
            for (var offset = 0; offset < offsets; offset++)
            {
                await using var runs = await world.OpenAsync([new KillPoint(scenario, 0, false)], TimeProvider.System, Token);
                var first = offset;
                _apart.KillAt(request => request % Share == first);
                var resumed = 0;
                var isBroken = false;
                await runs.ForEachAsync(async run =>
                {
                    // What could not be known for too long is left for whoever resumes.
                    var rollout = await run.RunAsync(Token);
                    for (; rollout.EndedAt is null; resumed++)
                    {
                        if (rollout.Reason.Contains(": already exists", StringComparison.Ordinal))
                        {
                            isBroken = true;
                            return;
                        }

                        Assert.True(resumed < 5, $"{rollout.Status}: {rollout.Reason}");
                        rollout = await run.RunAsync(Token);
                    }

                    await _apart.SpareAsync();
                    Assert.True(rollout.Status == scenario.End, string.Join('\n', rollout.Steps.Select(s =>
                        $"{s.Action} {s.Ring} {s.Target}: {s.Outcome} {s.Detail}").Prepend($"{rollout.Status}: {rollout.Reason}")));
                    await ExpectAsync(Without(expected[scenario].Description), async () => Without(await runs.DescribeAsync(run, Token)));
                }, Token);
                Assert.SkipWhen(isBroken, "The engine holds a task that it started before it was killed, does not know it, and starts its container "
                    + "no more: the rollout waits for whoever mends the engine.");
                output.WriteLine($"{scenario}: the engine was killed {_apart.Kills} times, and the rollout resumed {resumed} times.");
                Assert.True(_apart.Kills > 0, "The engine was not killed.");
            }
        }
    }

    // Which requests an engine had done that was killed before it answered is not known; and of what ended with it nobody can say that the
    // image did it: whether that is quarantined hangs on when the engine was killed.
    private static string Without(string description) => string.Join('\n', description[..description.IndexOf(KillScene.Requests, StringComparison.Ordinal)]
        .Split('\n').Where(line => !line.Contains("quarantine", StringComparison.OrdinalIgnoreCase)).Select(line => line.TrimStart(s_digits)));

    // An engine that has just come back may still be starting what it runs.
    private static async Task ExpectAsync(string expected, Func<Task<string>> describe)
    {
        var began = Stopwatch.GetTimestamp();
        var found = await describe();
        while (found != expected && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Token);
            found = await describe();
        }

        Assert.Equal(expected, found);
    }
}
