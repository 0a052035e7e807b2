using System.Diagnostics;
using System.Globalization;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;

namespace PatchContainers.Benchmarks;

/// <summary>
/// Reading all layers of an image against <c>gzip -dc | sha256sum</c> of the same blobs. Both are whole processes, start and end included,
/// in turns; the medians are compared. Ours also checks the compressed digests, hashes every file and reads the package databases.
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
        var (peer, ours, peaks) = (new List<double>(), new List<double>(), new List<long>());
        for (var i = 0; i <= Rounds; i++)
        {
            var (peerTime, _) = Run("sh", "-c", pipe);
            var (ourTime, output) = Run(Environment.ProcessPath!, "read-layers", image);
            if (i > 0)
            {
                // The first turn fills the file cache.
                peer.Add(peerTime);
                ours.Add(ourTime);
                peaks.Add(long.Parse(output.Split(' ')[^1], CultureInfo.InvariantCulture));
            }
        }

        Console.WriteLine(FormattableString.Invariant($"layers: {blobs.Length}, compressed: {opened.Platform.Manifest.Layers.Sum(l => l.Size) / 1e6:F1} MB"));
        Console.WriteLine(FormattableString.Invariant($"gzip -dc | sha256sum: median {Median(peer):F0} ms, best {peer.Min():F0} ms"));
        Console.WriteLine(FormattableString.Invariant($"PatchContainers:      median {Median(ours):F0} ms, best {ours.Min():F0} ms, peak memory {peaks.Max() / 1024.0:F0} MB"));
        Console.WriteLine(FormattableString.Invariant($"ratio of the medians: {Median(ours) / Median(peer):F2}, of the best: {ours.Min() / peer.Min():F2}"));
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

    private static (double Milliseconds, string Output) Run(string file, params string[] arguments)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? (watch.Elapsed.TotalMilliseconds, output.Trim())
            : throw new InvalidOperationException($"{file} ended with {process.ExitCode}.");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    // The kernel's own count: the framework's stops at what it knows of.
    private static string PeakKilobytes() => File.Exists("/proc/self/status")
        ? File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]
        : (Process.GetCurrentProcess().PeakWorkingSet64 / 1024).ToString(CultureInfo.InvariantCulture);
}
