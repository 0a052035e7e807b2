using System.Diagnostics;
using PatchContainers.Advisories;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Advisories;

namespace PatchContainers.Benchmarks;

/// <summary>
/// A second scan of an unchanged image, from the reference with its digest to the sorted findings: a real image with the fixes that its
/// packages' changelogs name, the same with all of Debian 12's advisories, and an image of many packages with as many findings as there
/// are for them. Each is timed twice: in one run, which has read the manifest and opened the advisories already, and with everything made
/// anew, as the next command in the same process does. The last two need the conformance data.
/// </summary>
internal static class ScanTimes
{
    private const int Runs = 52;

    /// <summary>Measures.</summary>
    /// <param name="image">An image of Debian 12, in a registry or an OCI layout.</param>
    /// <param name="fixes">The <c>fixes.tsv</c> that <c>tests/real/up.sh</c> makes.</param>
    public static async Task<int> RunAsync(string image, string fixes)
    {
        using var folder = new TemporaryFolder();
        var jsonl = folder["fixes.jsonl"];
        await File.WriteAllLinesAsync(jsonl, ChangelogFix.ToRecords(ChangelogFix.Read(fixes)).Select(r => r.ToJsonString()));
        var real = ImageReference.Parse(image);
        Console.WriteLine($"{"",-40}{"packages",9}{"findings",9}{"first ms",10}{"second",9}{"median",9}{"worst",9}{"CPU ms",9}{"KB",9}");
        await MeasureAsync("real image, its changelogs", real, await ImportAsync(folder["changelogs"], jsonl));
        if (SyntheticImage.IsAvailable)
        {
            var zip = folder["all.zip"];
            AdvisoryBenchmarks.WriteZip(zip);
            var state = await ImportAsync(folder["debian"], zip);
            await MeasureAsync("real image, all of Debian 12", real, state);
            await MeasureAsync("many packages, all of Debian 12", await SyntheticImage.WriteAsync(folder["layout"]), state);
        }

        return 0;
    }

    private static async Task<PatchState> ImportAsync(string folder, string source)
    {
        var state = new PatchState(folder);
        await new AdvisoryImporter(state).ImportAsync(source, new AdvisoryImportOptions(), new NoticeList());
        return state;
    }

    private static async Task MeasureAsync(string what, ImageReference image, PatchState state)
    {
        using var store = new ImageStoreRouter(new ImageStoreOptions());
        var target = new ScanTarget { Image = image.AtDigest((await store.ResolveAsync(image)).Digest), Name = image.ToString() };
        using (var kept = Open(store, state))
        {
            await MeasureAsync($"{what}, one run", () => ScanAsync(kept, target));
        }

        await MeasureAsync($"{what}, anew", async () =>
        {
            using var again = new ImageStoreRouter(new ImageStoreOptions());
            using var scanner = Open(again, state);
            return await ScanAsync(scanner, target);
        });
    }

    private static EmbeddedScanner Open(ImageStoreRouter store, PatchState state)
    {
        var layers = new LayerSource(store, new LayerCache(state.Cache), new LayerLimits());
        return new EmbeddedScanner(new ImageResolver(store), new ImagePackageReader(layers), new AdvisoryCatalog(state), TimeProvider.System);
    }

    private static async Task<ImageScanResult> ScanAsync(EmbeddedScanner scanner, ScanTarget target)
    {
        await foreach (var result in scanner.ScanAsync(target, new NoticeList()))
        {
            return result;
        }

        throw new InvalidOperationException("The scanner gave no result.");
    }

    private static async Task MeasureAsync(string what, Func<Task<ImageScanResult>> scan)
    {
        var times = new List<double>();
        ImageScanResult? result = null;
        long allocated = 0;
        var processor = TimeSpan.Zero;
        for (var i = 0; i < Runs; i++)
        {
            processor = i == 2 ? Environment.CpuUsage.TotalTime : processor;
            var before = GC.GetTotalAllocatedBytes();
            var watch = Stopwatch.StartNew();
            result = await scan();
            times.Add(watch.Elapsed.TotalMilliseconds);
            allocated = GC.GetTotalAllocatedBytes() - before;
        }

        // What else the machine does spoils the clock, and this hardly.
        var used = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / (Runs - 2);
        var later = times.Skip(2).Order().ToArray();
        Console.WriteLine(FormattableString.Invariant($"{what,-40}{result!.PackageCount,9}{result.Findings.Count,9}{times[0],10:F1}{times[1],9:F1}")
            + FormattableString.Invariant($"{later[later.Length / 2],9:F2}{later[^1],9:F1}{used,9:F2}{allocated / 1024,9:N0}"));
    }
}
