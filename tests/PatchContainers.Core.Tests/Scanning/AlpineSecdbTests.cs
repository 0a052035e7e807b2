using PatchContainers.Core.Tests.Advisories;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Stores;
using PatchContainers.Versions;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning;

/// <summary>The importer, the database and the matcher against a plain loop over Alpine's security database.</summary>
public sealed class AlpineSecdbTests : IDisposable
{
    private readonly AdvisoryFixture _fixture = new();

    [Fact]
    public async Task All_of_Alpine_3_10_to_3_21_matches_as_a_plain_loop_does()
    {
        var data = AlpineData.Read();
        var result = await _fixture.ImportAsync(_fixture.Source(AlpineData.ToOsv(data), "alpine.jsonl"));
        Assert.Equal((0, data.Count), (result.Rejected, result.Ecosystems.Count));

        var compared = 0;
        foreach (var (ecosystem, packages) in data)
        {
            using var database = _fixture.Open(ecosystem);
            foreach (var (package, cves) in packages)
            {
                foreach (var version in cves.Values.Append("0.0.1-r0").Append("999-r0").Distinct().Where(v => ApkVersion.TryParse(v, out _)))
                {
                    var parsed = ApkVersion.Parse(version);
                    var expected = cves.Where(c => ApkVersion.TryParse(c.Value, out var fix) && fix > parsed && c.Value != "0").Select(c => $"{c.Key} {c.Value}").Order(StringComparer.Ordinal);
                    var unknown = cves.Where(c => !ApkVersion.TryParse(c.Value, out _)).Select(c => c.Key + " ?").Order(StringComparer.Ordinal);
                    var verdicts = new List<AdvisoryVerdict>();
                    new AdvisoryMatcher(VersionOrder.Alpine).Match(database, package, version, includeUnaffected: false, verdicts);
                    var actual = verdicts.Select(v => v.State == VerdictState.Unknown ? v.Vulnerability + " ?" : $"{v.Vulnerability} {database.Text(v.FixedVersion)}");
                    Assert.Equal(expected.Concat(unknown).Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
                    compared += cves.Count;
                }
            }
        }

        Assert.True(compared > 100_000, $"{compared:N0} comparisons");
    }

    [Theory]
    [InlineData("alpine-310.tar.gz", "Alpine:v3.10")]
    [InlineData("alpine-311.tar.gz", "Alpine:v3.11")]
    public async Task Real_images_of_docker_save_are_scanned_as_a_plain_loop_over_their_packages_says(string archive, string ecosystem)
    {
        var data = AlpineData.Read();
        await _fixture.ImportAsync(_fixture.Source(AlpineData.ToOsv(data), "alpine.jsonl"));
        var store = new ImageStoreRouter(new ImageStoreOptions());
        var reader = new ImagePackageReader(new LayerSource(store, null, new LayerLimits()));
        using var scanner = new EmbeddedScanner(new ImageResolver(store), reader, _fixture.Catalog, TimeProvider.System);
        var image = ImageReference.Parse($"docker-archive:{Conformance.Path("trivy", "images", archive)}");
        var results = new List<ImageScanResult>();
        await foreach (var result in scanner.ScanAsync(new ScanTarget { Image = image, Name = archive }, _fixture.Notices, AdvisoryFixture.Token))
        {
            results.Add(result);
        }

        var platform = Assert.Single((await new ImageResolver(store).ResolveAsync(image, AdvisoryFixture.Token)).Platforms);
        var packages = (await reader.ReadAsync(image, platform, AdvisoryFixture.Token)).Packages;
        var expected = packages.SelectMany(p => data[ecosystem].GetValueOrDefault(p.SourceName, [])
            .Where(c => ApkVersion.Parse(p.SourceVersion) < ApkVersion.Parse(c.Value)).Select(c => $"{c.Key} {p.Name} {p.Version} {c.Value}")).ToArray();
        var actual = Assert.Single(results);
        Assert.Empty(actual.Unassessed);
        Assert.Equal(packages.Count, actual.PackageCount);
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Findings.Select(f => $"{f.Id} {f.Package} {f.Version} {f.FixedVersion}").Order(StringComparer.Ordinal));
        Assert.All(actual.Findings, f => Assert.Equal(platform.Manifest.Layers[0].Digest.ToString(), f.Layer));
    }

    public void Dispose() => _fixture.Dispose();
}
