using System.Text.Json;
using PatchContainers.Advisories.Osv;
using PatchContainers.Core.Tests.Advisories;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.TestKit.Advisories;
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
        var data = new Dictionary<string, Dictionary<string, Dictionary<string, string>>>();
        foreach (var folder in Directory.GetDirectories(Conformance.Path("vulndata", "alpine-secdb")))
        {
            data.Add("Alpine:" + Path.GetFileName(folder), Read(folder));
        }

        var records = data.SelectMany(e => e.Value.SelectMany(p => p.Value.Select(c => (Cve: c.Key, Ecosystem: e.Key, Package: p.Key, Fixed: c.Value))))
            .ToLookup(x => x.Cve)
            .Select(cve => OsvJson.Record($"ALPINE-{cve.Key}", "2024-01-01T00:00:00Z",
                cve.Select(x => OsvJson.Affected(x.Ecosystem, x.Package, x.Fixed)).ToArray()).ToJsonString());
        var result = await _fixture.ImportAsync(_fixture.Source(string.Join('\n', records), "alpine.jsonl"));
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

    public void Dispose() => _fixture.Dispose();

    // Both repositories of a release; a CVE that a package names twice counts with the version that has it fixed for good.
    private static Dictionary<string, Dictionary<string, string>> Read(string folder)
    {
        var packages = new Dictionary<string, Dictionary<string, string>>();
        foreach (var file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var package in document.RootElement.GetProperty("packages").EnumerateArray().Select(p => p.GetProperty("pkg")))
            {
                if (!package.TryGetProperty("secfixes", out var fixes) || fixes.ValueKind != JsonValueKind.Object)
                {
                    continue;
                }

                var name = package.GetProperty("name").GetString()!;
                if (!packages.TryGetValue(name, out var cves))
                {
                    packages.Add(name, cves = []);
                }

                foreach (var fix in fixes.EnumerateObject().Where(f => f.Value.ValueKind == JsonValueKind.Array))
                {
                    foreach (var cve in fix.Value.EnumerateArray().Select(c => c.GetString()!.Split(' ')[0])
                        .Where(c => OsvNames.CveOf(c) == c))
                    {
                        cves[cve] = fix.Name;
                    }
                }
            }
        }

        return packages;
    }
}
