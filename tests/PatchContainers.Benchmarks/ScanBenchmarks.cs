using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using PatchContainers.Advisories;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Advisories;
using PatchContainers.TestKit.Images;

namespace PatchContainers.Benchmarks;

/// <summary>
/// A second scan of an unchanged image: 10,000 files in three layers, the 357 packages of a real dpkg database, and as many advisories as
/// Debian 12 has for them. Layers come from the cache on disk; the database is open, and the resolver knows the image, as in one run.
/// Needs the conformance data.
/// </summary>
[MemoryDiagnoser]
#pragma warning disable CA1001 // BenchmarkDotNet ends a benchmark through GlobalCleanup.
public class ScanBenchmarks
#pragma warning restore CA1001
{
    private TemporaryFolder _folder = null!;
    private ImageStoreRouter _store = null!;
    private PatchState _state = null!;
    private EmbeddedScanner _scanner = null!;
    private ImageReference _image = null!;

    /// <summary>Writes the image, imports the advisories, and scans once.</summary>
    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    /// <summary>Deletes what the setup made.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _scanner.Dispose();
        _folder.Dispose();
    }

    /// <summary>Resolve, packages, match.</summary>
    [Benchmark]
    public async Task<int> ScanAgainAsync()
    {
        var findings = 0;
        await foreach (var result in _scanner.ScanAsync(new ScanTarget { Image = _image, Name = "image" }, new NoticeList()))
        {
            findings += result.Findings.Count;
        }

        return findings;
    }

    private async Task SetUpAsync()
    {
        _folder = new TemporaryFolder();
        _store = new ImageStoreRouter(new ImageStoreOptions());
        _state = new PatchState(_folder["state"]);
        _image = ImageReference.Parse($"oci:{_folder["layout"]}:1");
        var status = ConformanceData.Find("pkgdb", "dpkg-status", "texlive.status.gz") ?? throw new InvalidOperationException(ConformanceData.SkipReason);
        using var packed = new GZipStream(File.OpenRead(status), CompressionMode.Decompress);
        using var text = new MemoryStream();
        await packed.CopyToAsync(text);
        var builder = new TestImageBuilder();
        for (var layer = 0; layer < 3; layer++)
        {
            var number = layer;
            builder = builder.Layer($"layer {number}", l =>
            {
                if (number == 0)
                {
                    l.AddOsRelease();
                    l.AddFile("var/lib/dpkg/status", System.Text.Encoding.UTF8.GetString(text.ToArray()));
                }

                for (var i = 0; i < 3333; i++)
                {
                    l.AddFile($"usr/share/layer{number}/folder{i / 100}/file{i}.txt", $"{number} {i}");
                }
            });
        }

        await builder.Build().WriteAsync(_store, _image);
        var zip = _folder["all.zip"];
        AdvisoryBenchmarks.WriteZip(zip);
        await new AdvisoryImporter(_state).ImportAsync(zip, new AdvisoryImportOptions(), new NoticeList());
        _scanner = new EmbeddedScanner(new ImageResolver(_store),
            new ImagePackageReader(new LayerSource(_store, new LayerCache(_state.Cache), new LayerLimits())), new AdvisoryCatalog(_state), TimeProvider.System);
        Console.WriteLine($"{await ScanAgainAsync():N0} findings");
    }
}
