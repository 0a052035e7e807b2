using PatchContainers.Core.Tests.Children;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class RolloutCrashTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Scenarios => [.. CrashScenario.Names];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_rollout_that_crashes_anywhere_and_is_resumed_ends_as_if_it_had_not(string name)
    {
        var scenario = CrashScenario.Of(name);
        var (expected, hits, writes) = await RunWholeAsync(scenario);
        for (var at = 1; at <= hits; at++)
        {
            var crash = new CrashPoint(at);
            using var world = scenario.Create(crash);
            await Assert.ThrowsAsync<CrashException>(() => scenario.RunAsync(world, Token));
            world.Restart();
            var rollout = await scenario.RunAsync(world, Token);

            Assert.Equal(expected, await CrashScenario.DescribeAsync(world, rollout, Token));
            Assert.Equal(writes, world.Platform.Writes);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{hits} of {hits} crashes survived.");
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public async Task A_rollout_that_crashes_again_and_again_ends_as_if_it_had_not(string name)
    {
        var scenario = CrashScenario.Of(name);
        var (expected, _, writes) = await RunWholeAsync(scenario);

        // Taking over costs 8 hits, doing a step and writing that it is done 4, or 2 and 2 a workload that is looked at: each process gets
        // at least that far.
        foreach (var stride in (int[])[20, 23])
        {
            var crash = new CrashPoint(stride);
            using var world = scenario.Create(crash);
            PatchRollout? rollout = null;
            while (rollout is null)
            {
                try
                {
                    rollout = await scenario.RunAsync(world, Token);
                }
                catch (CrashException)
                {
                    world.Restart();
                    crash.Rearm(stride);
                }
            }

            Assert.Equal(expected, await CrashScenario.DescribeAsync(world, rollout, Token));
            Assert.Equal(writes, world.Platform.Writes);
        }
    }

    [Fact]
    public async Task A_process_killed_at_any_of_its_steps_is_taken_over_at_once_and_ends_as_if_it_had_not_been()
    {
        var scenario = CrashScenario.Of("rolls back");
        var (expected, hits, _) = await RunWholeAsync(scenario);
        await Parallel.ForEachAsync(Enumerable.Range(1, hits),
            new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Token }, async (at, token) =>
        {
            using var folder = new TemporaryFolder();
            using var child = ChildProcess.Start(RolloutRunnerChild.Name, folder.Path, scenario.Name, $"{at}");
            await child.WaitForExitAsync(token);
            Assert.Equal(OperatingSystem.IsWindows() ? -1 : 128 + 9, child.ExitCode);

            // The clock stands where it stood: the lease has not run out, its holder is dead.
            using var world = scenario.Create(new CrashPoint(0), folder.Path);
            var rollout = await scenario.RunAsync(world, token);
            Assert.Equal(expected, await CrashScenario.DescribeAsync(world, rollout, token));
        });
        TestContext.Current.TestOutputHelper!.WriteLine($"{hits} of {hits} kills survived.");
    }

    private static async Task<(string Description, int Hits, int Writes)> RunWholeAsync(CrashScenario scenario)
    {
        var crash = new CrashPoint(0);
        using var world = scenario.Create(crash);
        var rollout = await scenario.RunAsync(world, Token);
        return (await CrashScenario.DescribeAsync(world, rollout, Token), crash.Count, world.Platform.Writes);
    }
}
