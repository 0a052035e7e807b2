using PatchContainers.Core.Tests.Rollout;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Rollout.Journal;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Journal;

/// <summary>
/// Rollouts whose journal, lease and quarantine are in a real control plane, killed anywhere: those that a person has to do with. The
/// others are killed for real, see <see cref="Kills.RolloutKillTests"/>.
/// </summary>
public sealed class KubernetesCrashTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("pauses")]
    [InlineData("is undone")]
    public async Task A_rollout_that_crashes_anywhere_and_is_resumed_ends_as_if_it_had_not(string name)
    {
        var scenario = CrashScenario.Of(name);
        var crash = new CrashPoint(0);
        string expected;
        int writes;
        using (var world = scenario.Create(crash))
        {
            var rollout = await scenario.RunAsync(world, Token);
            (expected, writes) = (await CrashScenario.DescribeAsync(world, rollout, Token), world.Platform.Writes);
        }

        await Parallel.ForEachAsync(Enumerable.Range(1, crash.Count),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (at, token) =>
        {
            await using var own = await ScratchNamespace.CreateAsync();
            using var world = scenario.Create(new CrashPoint(at),
                open: clock => KubernetesState.Open(ControlPlane.Open(), own.Name, clock));
            await Assert.ThrowsAsync<CrashException>(() => scenario.RunAsync(world, token));
            world.Restart();
            var rollout = await scenario.RunAsync(world, token);

            Assert.Equal(expected, await CrashScenario.DescribeAsync(world, rollout, token));
            Assert.Equal(writes, world.Platform.Writes);
        });
        TestContext.Current.TestOutputHelper!.WriteLine($"{crash.Count} of {crash.Count} crashes survived.");
    }
}
