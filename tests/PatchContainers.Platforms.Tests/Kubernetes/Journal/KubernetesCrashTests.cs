using PatchContainers.Core.Tests.Rollout;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Rollout.Journal;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Journal;

/// <summary>Rollouts whose journal, lease and quarantine are in a real control plane, killed anywhere.</summary>
public sealed class KubernetesCrashTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Scenarios => [.. CrashScenario.Names];

    [Theory]
    [MemberData(nameof(Scenarios))]
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

        for (var at = 1; at <= crash.Count; at++)
        {
            await using var own = await ScratchNamespace.CreateAsync();
            using var world = scenario.Create(new CrashPoint(at),
                open: clock => KubernetesState.Open(ControlPlane.Open(), own.Name, clock));
            await Assert.ThrowsAsync<CrashException>(() => scenario.RunAsync(world, Token));
            world.Restart();
            var rollout = await scenario.RunAsync(world, Token);

            Assert.Equal(expected, await CrashScenario.DescribeAsync(world, rollout, Token));
            Assert.Equal(writes, world.Platform.Writes);
        }
    }
}
