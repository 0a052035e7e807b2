using System.Diagnostics;

namespace PatchContainers.Core.Tests.Children;

/// <summary>This executable, started again by a test that will kill it.</summary>
internal static class ChildProcess
{
    public const string Argument = "run-as-child";

    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Argument, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    public static Task<int> RunAsync(string[] arguments) => arguments switch
    {
        [HistoryWriter.Name, var path, var writer, var count] => HistoryWriter.RunAsync(path, writer, int.Parse(count)),
        [RolloutRunnerChild.Name, var root, var scenario, var killAt] => RolloutRunnerChild.RunAsync(root, scenario, int.Parse(killAt)),
        [AdvisoryImport.Name, var state, var source, var killAt] => AdvisoryImport.RunAsync(state, source, int.Parse(killAt)),
        _ => throw new ArgumentException($"No such child: {string.Join(' ', arguments)}"),
    };
}
