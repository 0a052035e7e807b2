using System.IO.Compression;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using PatchContainers.Advisories;
using PatchContainers.Advisories.Database;
using PatchContainers.Scanning.Embedded;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Advisories;
using PatchContainers.Versions;

namespace PatchContainers.Benchmarks;

/// <summary>
/// Importing all of Debian 10 to 12's advisories from one zip (divide its unpacked size, which the setup prints, by the time), opening the
/// Debian 12 database, and matching an image of 400 packages against it. Needs the conformance data.
/// </summary>
[MemoryDiagnoser]
#pragma warning disable CA1001 // BenchmarkDotNet ends a benchmark through GlobalCleanup.
public class AdvisoryBenchmarks
#pragma warning restore CA1001
{
    private static readonly (string Codename, string Ecosystem)[] Releases = [("bookworm", "Debian:12"), ("bullseye", "Debian:11"), ("buster", "Debian:10")];

    private readonly List<AdvisoryVerdict> _verdicts = [];
    private readonly AdvisoryMatcher _matcher = new(VersionOrder.Debian);
    private TemporaryFolder _folder = null!;
    private AdvisoryDatabase _database = null!;
    private (string Name, string Version)[] _packages = [];
    private string _zip = string.Empty;

    /// <summary>
    /// Writes the zip, imports it once, and picks 400 packages: those with the most advisories, each in the middle of its fixed versions.
    /// </summary>
    [GlobalSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    private async Task SetUpAsync()
    {
        _folder = new TemporaryFolder();
        _zip = _folder["all.zip"];
        var records = WriteZip(_zip);
        _packages = records.Values.SelectMany(a => a).Where(a => a.Ecosystem == "Debian:12").GroupBy(a => a.Package).OrderByDescending(g => g.Count()).Take(400)
            .Select(g => (g.Key, g.Select(a => a.Fixed).OfType<string>().ElementAtOrDefault(g.Count() / 2) ?? "1.0-1")).ToArray();
        await ImportAsync();
        _database = Open();
    }

    /// <summary>Deletes what the setup made.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    /// <summary>The whole import.</summary>
    [Benchmark]
    public Task<AdvisoryImportResult> ImportAsync() =>
        new AdvisoryImporter(new PatchState(_folder["state"])).ImportAsync(_zip, new AdvisoryImportOptions { Replace = true }, new NoticeList());

    /// <summary>Mapping the file and checking its checksum.</summary>
    [Benchmark]
    public DateTimeOffset OpenDatabase()
    {
        using var database = Open();
        return database.DatabaseTime;
    }

    /// <summary>400 packages.</summary>
    [Benchmark]
    public int Match()
    {
        _verdicts.Clear();
        foreach (var (name, version) in _packages)
        {
            _matcher.Match(_database, name, version, includeUnaffected: false, _verdicts);
        }

        return _verdicts.Count;
    }

    /// <summary>Writes Debian's advisories as osv.dev does, and gives them back by CVE.</summary>
    internal static SortedDictionary<string, List<(string Ecosystem, string Package, string? Fixed)>> WriteZip(string path)
    {
        var records = new SortedDictionary<string, List<(string Ecosystem, string Package, string? Fixed)>>(StringComparer.Ordinal);
        foreach (var (codename, ecosystem) in Releases)
        {
            var source = ConformanceData.Find("vulndata", "debian", $"debian-{codename}-2023-07-14.json.gz") ?? throw new InvalidOperationException(ConformanceData.SkipReason);
            using var stream = new GZipStream(File.OpenRead(source), CompressionMode.Decompress);
            using var document = JsonDocument.Parse(stream);
            foreach (var package in document.RootElement.GetProperty("packages").EnumerateObject())
            {
                foreach (var cve in package.Value.EnumerateObject())
                {
                    if (!records.TryGetValue(cve.Name, out var affected))
                    {
                        records.Add(cve.Name, affected = []);
                    }

                    affected.Add((ecosystem, package.Name, cve.Value.GetString()));
                }
            }
        }

        long bytes = 0;
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            foreach (var (cve, affected) in records)
            {
                var json = OsvJson.Record($"DEBIAN-{cve}", "2023-07-14T00:00:00Z", affected.Select(a => OsvJson.Affected(a.Ecosystem, a.Package, a.Fixed)).ToArray());
                var text = System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
                using var entry = zip.CreateEntry($"DEBIAN-{cve}.json").Open();
                entry.Write(text);
                bytes += text.Length;
            }
        }

        Console.WriteLine($"{records.Count:N0} records, {bytes / 1e6:N1} MB of JSON");
        return records;
    }

    private AdvisoryDatabase Open() => AdvisoryDatabase.Open(new AdvisoryCatalog(new PatchState(_folder["state"])).PathOf("Debian:12"));
}
