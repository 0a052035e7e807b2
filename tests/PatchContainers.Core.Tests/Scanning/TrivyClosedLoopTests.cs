using System.Text.Json;
using PatchContainers.Core.Tests.Advisories;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.TestKit.Advisories;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning;

/// <summary>
/// Trivy's whole test database, as OSV through importer, database and matcher, must give the findings that Trivy expects of itself.
/// </summary>
public sealed class TrivyClosedLoopTests : IDisposable
{
    private readonly AdvisoryFixture _fixture = new();

    [Theory]
    [InlineData("alpine-310", "alpine", "3.10.2")]
    [InlineData("debian-buster", "debian", "10")]
    public async Task The_whole_inventory_gives_the_expected_findings(string image, string distribution, string version)
    {
        using var inventory = JsonDocument.Parse(File.ReadAllBytes(Conformance.Path("trivy", "package-inventories", image + ".json.golden")));
        var packages = inventory.RootElement.EnumerateArray().Select(p => Package(distribution, p)).ToArray();
        Assert.True(packages.Length > 10);
        await AssertSameAsync(image, new OsRelease(distribution, version, string.Empty, string.Empty), packages);
    }

    /// <summary>Where only the report is there, its vulnerable packages are the inventory.</summary>
    [Theory]
    [InlineData("alpine-39", "alpine", "3.9.4")]
    [InlineData("debian-stretch", "debian", "9")]
    [InlineData("distroless-python27", "debian", "9")]
    [InlineData("ubuntu-gp2-x86-vm", "ubuntu", "22.04")]
    public async Task The_vulnerable_packages_give_the_expected_findings(string image, string distribution, string version)
    {
        var os = new OsRelease(distribution, version, string.Empty, string.Empty);
        var sources = Fixtures(distribution).Where(f => f.Ecosystem == Ecosystem(os)).ToLookup(f => f.Cve, f => f.Package);
        var packages = Golden(image).Select(v => (v.Package, v.Version, Source: sources[v.Id].Single())).Distinct().Select(p => new InstalledPackage
        {
            Type = distribution == "alpine" ? "apk" : "deb",
            Name = p.Package,
            Version = p.Version,
            SourceName = p.Source,
            SourceVersion = p.Version,
            DatabasePath = string.Empty,
        }).ToArray();
        await AssertSameAsync(image, os, packages);
    }

    public void Dispose() => _fixture.Dispose();

    private async Task AssertSameAsync(string image, OsRelease os, InstalledPackage[] packages)
    {
        await _fixture.ImportTextAsync(Fixtures(os.Id).GroupBy(f => f.Cve).Select(g => (object)OsvJson.Record(
            $"{os.Id.ToUpperInvariant()}-{g.Key}", "2024-01-01T00:00:00Z", g.Select(f => OsvJson.Affected(f.Ecosystem, f.Package, f.Fixed, f.Urgency)).ToArray()).ToJsonString()).ToArray());
        var distribution = DistributionAdvisories.Of(os, out _)!;
        using var database = _fixture.Open(distribution.Ecosystems[0]);
        var findings = new List<Finding>();
        var unassessed = new List<UnassessedPackage>();
        var assessment = new PackageAssessment(distribution, [database], null);
        foreach (var package in packages)
        {
            assessment.Assess(package, os, string.Empty, FindingOrigin.Unknown, findings, unassessed);
        }

        Assert.Empty(unassessed);
        var golden = Golden(image);
        Assert.NotEmpty(golden);
        Assert.Equal(
            golden.Select(v => $"{v.Id} {v.Package} {v.Version} {v.Fixed} {v.State}").Order(StringComparer.Ordinal),
            findings.Select(f => $"{f.Id} {f.Package} {f.Version} {f.FixedVersion} {f.FixState}").Order(StringComparer.Ordinal));
    }

    private static string Ecosystem(OsRelease os) => DistributionAdvisories.Of(os, out _)!.Ecosystems[0];

    private static (string Id, string Package, string Version, string Fixed, FixState State)[] Golden(string image)
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(Conformance.Path("trivy", "goldens", image + ".json.golden")));
        return report.RootElement.GetProperty("Results").EnumerateArray()
            .Where(r => r.GetProperty("Class").GetString() == "os-pkgs" && r.TryGetProperty("Vulnerabilities", out _))
            .SelectMany(r => r.GetProperty("Vulnerabilities").EnumerateArray())
            .Select(v => (Text(v, "VulnerabilityID"), Text(v, "PkgName"), Text(v, "InstalledVersion"), Text(v, "FixedVersion"), Text(v, "Status") switch
            {
                "fixed" => FixState.Fixed,
                "affected" => FixState.NotFixed,
                "end_of_life" or "will_not_fix" => FixState.WontFix,
                _ => FixState.Unknown,
            })).ToArray();
    }

    private static InstalledPackage Package(string distribution, JsonElement package) => new()
    {
        Type = distribution == "alpine" ? "apk" : "deb",
        Name = Text(package, "Name"),
        Version = Version(package, string.Empty),
        SourceName = Text(package, "SrcName"),
        SourceVersion = Version(package, "Src"),
        DatabasePath = string.Empty,
    };

    private static string Version(JsonElement package, string prefix)
    {
        var epoch = package.TryGetProperty(prefix + "Epoch", out var number) ? $"{number.GetInt32()}:" : string.Empty;
        var release = Text(package, prefix + "Release");
        return epoch + Text(package, prefix + "Version") + (release.Length > 0 ? "-" + release : string.Empty);
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString()! : string.Empty;

    /// <summary>The fixture's YAML, whose shape is always the same: releases, packages, vulnerabilities.</summary>
    private static List<(string Ecosystem, string Package, string Cve, string? Fixed, string? Urgency)> Fixtures(string distribution)
    {
        var fixtures = new List<(string, string, string, string?, string?)>();
        string release = string.Empty, package = string.Empty;
        foreach (var line in File.ReadLines(Conformance.Path("trivy", "fixtures-db", distribution + ".yaml")))
        {
            var text = line.Split('#')[0].Trim();
            var value = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            switch (line.Length - line.TrimStart().Length)
            {
                case 0 when text.StartsWith("- bucket:", StringComparison.Ordinal):
                    var number = value.Split(' ')[^1];
                    release = distribution switch
                    {
                        "alpine" => number == "edge" ? "Alpine:edge" : $"Alpine:v{number}",
                        "debian" => $"Debian:{number}",
                        _ => $"Ubuntu:{number}:LTS",
                    };
                    break;
                case 4 when text.StartsWith("- bucket:", StringComparison.Ordinal):
                    package = value;
                    break;
                case 8 when text.StartsWith("- key:", StringComparison.Ordinal):
                    fixtures.Add((release, package, value, null, null));
                    break;
                case 12 when text.StartsWith("FixedVersion:", StringComparison.Ordinal):
                    fixtures[^1] = fixtures[^1] with { Item4 = value };
                    break;
                case 12 when text == "Status: 7":
                    fixtures[^1] = fixtures[^1] with { Item5 = "end-of-life" };
                    break;
            }
        }

        return fixtures;
    }
}
