using System.Diagnostics;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Core.Tests.Children;

/// <summary>Reads a report, and prints how many findings there were, by how much the process grew at most, and how long it took.</summary>
internal static class ReportReading
{
    public const string Name = "report-reading";

    public static int Run(string path)
    {
        var before = Process.GetCurrentProcess().WorkingSet64;
        var started = Stopwatch.GetTimestamp();
        var results = new ScanReportReader(TimeProvider.System).Read(path, new ScanReportOptions());
        var took = Stopwatch.GetElapsedTime(started);
        Console.Write($"{results.Sum(r => r.Findings.Count)} {Process.GetCurrentProcess().PeakWorkingSet64 - before} {(long)took.TotalMilliseconds}");
        return 0;
    }
}
