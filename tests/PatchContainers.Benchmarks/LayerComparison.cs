using System.Diagnostics;
using System.Globalization;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;

namespace PatchContainers.Benchmarks;

/// <summary>
/// Reading all layers of an image against <c>gzip -dc | sha256sum</c> of the same blobs. Both are whole processes, start and end included,
/// in turns; the medians are compared, by the clock and by processor time (on a machine that is busy otherwise, only the latter means
/// anything). Ours also checks the compressed digests, hashes every file and reads the package databases.
/// </summary>
internal static class LayerComparison
{
    private const int Rounds = 7;

    /// <summary>Runs the comparison.</summary>
    /// <param name="image"><c>oci:DIR:TAG</c>.</param>
    public static async Task<int> RunAsync(string image)
    {
        var opened = await BenchmarkImage.OpenAsync(image);
        var blobs = opened.Platform.Manifest.Layers.Select(l => Path.Combine(opened.Reference.Path, "blobs", l.Digest.Algorithm, l.Digest.Hex)).ToArray();
        var pipe = string.Join("; ", blobs.Select(b => $"gzip -dc '{b}' | sha256sum"));
        var (peer, ours, peaks) = (new List<Times>(), new List<Times>(), new List<long>());
        for (var i = 0; i <= Rounds; i++)
        {
            var (peerTimes, _) = Run(pipe);
            var (ourTimes, output) = Run($"'{Environment.ProcessPath}' read-layers '{image}'");
            if (i > 0)
            {
                // The first turn fills the file cache.
                peer.Add(peerTimes);
                ours.Add(ourTimes);
                peaks.Add(long.Parse(output.Split(' ')[^1], CultureInfo.InvariantCulture));
            }
        }

        Console.WriteLine(FormattableString.Invariant($"layers: {blobs.Length}, compressed: {opened.Platform.Manifest.Layers.Sum(l => l.Size) / 1e6:F1} MB"));
        Console.WriteLine($"gzip -dc | sha256sum: {Describe(peer)}");
        Console.WriteLine(FormattableString.Invariant($"PatchContainers:      {Describe(ours)}, peak memory {peaks.Max() / 1024.0:F0} MB"));
        Console.WriteLine(FormattableString.Invariant(
            $"ratio: {Median(ours, t => t.Clock) / Median(peer, t => t.Clock):F2} by the clock, {Median(ours, t => t.Processor) / Median(peer, t => t.Processor):F2} in processor time"));
        return 0;
    }

    /// <summary>Our side: reads all layers once, without a cache, and says what the process took.</summary>
    public static async Task<int> ReadAsync(string image)
    {
        var opened = await BenchmarkImage.OpenAsync(image);
        var source = new LayerSource(opened.Store, null, new LayerLimits());
        var layers = await source.ReadAllAsync(opened.Reference, opened.Platform, ImagePackageReader.Selection);
        var packages = ImagePackageReader.Read(new SquashedView(layers));
        Console.WriteLine(FormattableString.Invariant($"{layers.Sum(l => l.Entries.Count)} entries, {packages.Packages.Count} packages, peak KB: {PeakKilobytes()}"));
        return 0;
    }

    // The shell says at its end what its children took: lines of user and system time, "0m1.600s 0m0.110s".
    private static (Times Times, string Output) Run(string command)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", $"set -e; {command}; times"]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd().Trim().Split('\n');
        process.WaitForExit();
        return process.ExitCode == 0
            ? (new Times(watch.Elapsed.TotalMilliseconds, output[^1].Split(' ').Sum(Milliseconds)), output[^3])
            : throw new InvalidOperationException($"'{command}' ended with {process.ExitCode}.");
    }

    private static double Milliseconds(string time)
    {
        var parts = time.TrimEnd('s').Split('m');
        return ((60 * double.Parse(parts[0], CultureInfo.InvariantCulture)) + double.Parse(parts[1], CultureInfo.InvariantCulture)) * 1000;
    }

    private static double Median(List<Times> times, Func<Times, double> value) => times.Select(value).Order().ElementAt(times.Count / 2);

    private static string Describe(List<Times> times) => FormattableString.Invariant(
        $"median {Median(times, t => t.Clock):F0} ms, best {times.Min(t => t.Clock):F0} ms, processor time {Median(times, t => t.Processor):F0} ms");

    // The kernel's own count: the framework's stops at what it knows of.
    private static string PeakKilobytes() => File.Exists("/proc/self/status")
        ? File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]
        : (Process.GetCurrentProcess().PeakWorkingSet64 / 1024).ToString(CultureInfo.InvariantCulture);

    private readonly record struct Times(double Clock, double Processor);
}
