using PatchContainers.Core.Tests.Children;

namespace PatchContainers.Core.Tests;

/// <summary>Runs the tests; or, as a child of a test that kills processes, what that test wants killed.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args switch
    {
        [ChildProcess.Argument, .. var rest] => await ChildProcess.RunAsync(rest),
        _ when args.Any(arg => arg is "-automated" or "@@") => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
        _ => await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    };
}
