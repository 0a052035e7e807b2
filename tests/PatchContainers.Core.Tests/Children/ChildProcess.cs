using System.Diagnostics;
using System.Globalization;

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

    /// <summary>Starts one whose managed memory has a limit, which the runtime keeps.</summary>
    public static Process StartWithin(long heapBytes, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Argument, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = heapBytes.ToString("x", CultureInfo.InvariantCulture);
        return Process.Start(start)!;
    }

    public static Task<int> RunAsync(string[] arguments) => arguments switch
    {
        [HistoryWriter.Name, var path, var writer, var count] => HistoryWriter.RunAsync(path, writer, int.Parse(count)),
        [RolloutRunnerChild.Name, var root, var scenario, var killAt] => RolloutRunnerChild.RunAsync(root, scenario, int.Parse(killAt)),
        [ReportReading.Name, var path] => Task.FromResult(ReportReading.Run(path)),
        [AdvisoryImport.Name, var state, var source, var killAt] => AdvisoryImport.RunAsync(state, source, int.Parse(killAt)),
        _ => throw new ArgumentException($"No such child: {string.Join(' ', arguments)}"),
    };
}
