using System.Diagnostics;
using PatchContainers.Core.Tests.Rollout;

namespace PatchContainers.Core.Tests.Children;

/// <summary>Runs a rollout, and kills itself at one of the things it does.</summary>
internal static class RolloutRunnerChild
{
    public const string Name = "rollout";

    public static async Task<int> RunAsync(string root, string scenario, int killAt)
    {
        using var world = CrashScenario.Of(scenario).Create(new CrashPoint(killAt, Process.GetCurrentProcess().Kill), root);
        await CrashScenario.Of(scenario).RunAsync(world, CancellationToken.None);
        return 0;
    }
}
