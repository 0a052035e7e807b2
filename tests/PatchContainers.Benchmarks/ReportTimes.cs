using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.Benchmarks;

/// <summary>
/// Reads a report as results, in turns with what cannot be avoided: a pass over its tokens. Prints both times, and the memory of the
/// process at its highest.
/// </summary>
internal static class ReportTimes
{
    private const int Runs = 5;

    public static Task<int> RunAsync(string path)
    {
        var (passes, reads) = (new List<double>(), new List<double>());
        var findings = 0;
        for (var i = 0; i <= Runs; i++)
        {
            // The first of each is the compiler's.
            var (pass, read) = (Measure(() => Pass(path)), Measure(() => findings = Read(path)));
            if (i > 0)
            {
                passes.Add(pass);
                reads.Add(read);
            }
        }

        var (least, most) = (Median(passes), Median(reads));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(path).Length / 1e6:0} MB, {findings} findings: ")
            + string.Create(CultureInfo.InvariantCulture, $"{most:0} ms as results, {least:0} ms for its tokens alone: {most / least:0.00}; ")
            + string.Create(CultureInfo.InvariantCulture, $"at most {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:0} MB"));
        return Task.FromResult(0);
    }

    private static int Read(string path) =>
        new ScanReportReader(TimeProvider.System).Read(path, new ScanReportOptions { Image = "web:1" }).Sum(r => r.Findings.Count);

    private static void Pass(string path)
    {
        using var stream = File.OpenRead(path);
        var buffer = new byte[64 * 1024];
        var (kept, state) = (0, default(JsonReaderState));
        while (true)
        {
            var length = kept + stream.Read(buffer, kept, buffer.Length - kept);
            var reader = new Utf8JsonReader(buffer.AsSpan(0, length), isFinalBlock: length == kept, state);
            while (reader.Read())
            {
                // Its tokens are all that is asked for.
            }

            if (length == kept)
            {
                return;
            }

            (kept, state) = (length - (int)reader.BytesConsumed, reader.CurrentState);
            buffer.AsSpan((int)reader.BytesConsumed, kept).CopyTo(buffer);
            if (kept == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static double Measure(Action action)
    {
        var began = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
