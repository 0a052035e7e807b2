using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests;

/// <summary>Runs the tests; or, as a child of a test that kills processes, the rollouts that are to be killed.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args switch
    {
        [RolloutChild.Argument, var specs] => await RolloutChild.RunAsync(specs),
        _ when args.Any(arg => arg is "-automated" or "@@") => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
        _ => await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    };
}
