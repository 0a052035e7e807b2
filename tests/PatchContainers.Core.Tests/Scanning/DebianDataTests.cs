using PatchContainers.Advisories.Database;
using PatchContainers.Core.Tests.Advisories;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Versions;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning;

/// <summary>The importer, the database and the matcher against a plain loop over all of Debian 10 to 12's data.</summary>
public sealed class DebianDataTests : IClassFixture<DebianDatabases>
{
    private readonly DebianDatabases _databases;

    public DebianDataTests(DebianDatabases databases) => _databases = databases;

    [Fact]
    public async Task All_of_Debian_10_to_12_matches_as_a_plain_loop_does()
    {
        var result = await _databases.ImportAsync();
        Assert.Equal(0, result.Rejected);
        var compared = 0;
        foreach (var (codename, ecosystem) in DebianData.Releases)
        {
            var packages = DebianData.Read(codename);
            Assert.Equal(packages.Count, result.Ecosystems.Single(e => e.Name == ecosystem).Packages);
            using var database = _databases.Fixture.Open(ecosystem);
            foreach (var (package, cves) in packages)
            {
                // Every fixed version is a border: that version, and what lies right before and behind it.
                var borders = cves.Values.OfType<string>().Distinct().ToArray();
                var versions = borders.Concat(borders.Select(b => b + "~")).Concat(borders.Select(b => b + "+b1")).Append("0~").Append("99:1-1").ToArray();
                foreach (var version in versions.Length > 60 ? versions.Where((_, i) => i % (versions.Length / 60) == 0) : versions)
                {
                    AssertSame(database, package, version, cves);
                    compared += cves.Count;
                }
            }
        }

        Assert.True(compared > 1_000_000, $"{compared:N0} comparisons");
    }

    [Theory]
    [InlineData("pkgdb", "dpkg-status", "texlive.status.gz")]
    [InlineData("pkgdb", "dpkg-status", "postgresql.status")]
    [InlineData("trivy", "pkgdb", "dpkg", "testdata", "valid.txtar")]
    [InlineData("grype-syft", "grype", "match-coverage-fs", "image-debian-match-coverage", "var", "lib", "dpkg", "status")]
    public async Task Real_package_lists_match_as_a_plain_loop_does(params string[] status)
    {
        var installed = ReadStatus(status).ToArray();
        Assert.NotEmpty(installed);
        await _databases.ImportAsync();
        foreach (var (codename, ecosystem) in DebianData.Releases)
        {
            var packages = DebianData.Read(codename);
            using var database = _databases.Fixture.Open(ecosystem);
            Assert.All(installed, p => AssertSame(database, p.Source, p.Version, packages.GetValueOrDefault(p.Source) ?? []));
        }
    }

    private static void AssertSame(AdvisoryDatabase database, string package, string version, Dictionary<string, string?> cves)
    {
        var parsed = DebianVersion.Parse(version);
        var expected = cves.Where(c => c.Value is null || parsed < DebianVersion.Parse(c.Value)).Select(c => (c.Key, c.Value)).Order().ToArray();
        var verdicts = new List<AdvisoryVerdict>();
        new AdvisoryMatcher(VersionOrder.Debian).Match(database, package, version, includeUnaffected: false, verdicts);
        var actual = verdicts.Select(v => (v.Vulnerability, v.Fix switch
        {
            FixState.Fixed => database.Text(v.FixedVersion),
            FixState.NotFixed => null,
            _ => v.Fix.ToString(),
        })).Order().ToArray();
        if (!expected.SequenceEqual(actual))
        {
            Assert.Fail($"{package} {version} in {database.Ecosystem}: expected {string.Join(", ", expected)}; got {string.Join(", ", actual)}");
        }
    }

    private static IEnumerable<(string Source, string Version)> ReadStatus(string[] parts)
    {
        using var reader = new StreamReader(Conformance.Open(parts));
        foreach (var paragraph in reader.ReadToEnd().Split("\n\n"))
        {
            var fields = paragraph.Split('\n').Where(l => l.Length > 0 && !char.IsWhiteSpace(l[0]) && l.Contains(": ", StringComparison.Ordinal))
                .DistinctBy(l => l.Split(':', 2)[0]).ToDictionary(l => l.Split(':', 2)[0], l => l.Split(':', 2)[1].Trim());
            if (!fields.TryGetValue("Package", out var name) || !fields.TryGetValue("Version", out var version))
            {
                continue;
            }

            // "Source: glibc" or "Source: glibc (2.36-9)", where the source's version is another than the binary's.
            var source = fields.GetValueOrDefault("Source", name).Split(' ');
            yield return (source[0], source.Length > 1 ? source[1].Trim('(', ')') : version);
        }
    }
}
