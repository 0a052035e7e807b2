using System.Text.Json;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>Reports that Grype wrote for others: read, and counted again in the raw file.</summary>
public sealed class GrypeConformanceTests
{
    private static readonly string[] Folders = ["real-grype-reports", "grype/report-real", "grype/report-golden/snapshot"];

    public static TheoryData<string> Reports =>
    [
        "real-grype-reports/anchore_grype_epss_problem.json", "real-grype-reports/check_all_fields.json",
        "real-grype-reports/fix_available.json", "real-grype-reports/fix_not_available.json", "real-grype-reports/issue_9618.json",
        "real-grype-reports/issue_9942.json", "real-grype-reports/many_vulns4.json", "real-grype-reports/many_vulns_with_epss_values.json",
        "real-grype-reports/no_vuln.json", "real-grype-reports/same_cve_different_paths.json",
        "grype/report-real/chainguard-ruby-test.json", "grype/report-real/ghsa-test.json", "grype/report-real/keycloak-test.json",
        "grype/report-golden/snapshot/TestJsonDirsPresenter.golden", "grype/report-golden/snapshot/TestJsonImgsPresenter.golden",
    ];

    [Fact]
    public void Every_report_there_is_is_read() => Assert.Equal(
        Reports.Select(r => Conformance.Path("grype-syft", r.Data)).Order(StringComparer.Ordinal),
        Folders.SelectMany(f => Directory.GetFiles(Conformance.Path("grype-syft", f))).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Reports))]
    public void A_report_has_the_findings_of_the_raw_file(string report)
    {
        var path = Conformance.Path("grype-syft", report);
        var raw = ReportBench.Raw(path);
        var isBare = !raw.TryGetProperty("descriptor", out var descriptor);
        var result = Assert.Single(ReportBench.ReadFile(path, image: isBare ? "docker.io/library/app:1" : string.Empty));
        var matches = raw.GetProperty("matches").EnumerateArray().ToArray();
        ReportBench.AssertCounts(result, matches.Select(m => (
            m.GetProperty("vulnerability").TryGetProperty("severity", out var word) ? word.GetString() : null,
            m.GetProperty("vulnerability").GetProperty("fix").GetProperty("state").GetString() == "fixed")));
        Assert.Equal(
            matches.Select(m => (Id(m.GetProperty("vulnerability")), Text(m, "name"), Text(m, "version"), Text(m, "purl"))).Order(),
            result.Findings.Select(f => (f.Id, f.Package, f.Version, f.Purl)).Order());
        Assert.Equal(
            matches.Select(m => string.Join(", ", m.GetProperty("vulnerability").GetProperty("fix").GetProperty("versions").EnumerateArray())).Order(),
            result.Findings.Select(f => f.FixedVersion).Order());
        Assert.Equal(matches.Count(m => m.GetProperty("vulnerability").TryGetProperty("epss", out _)), result.Findings.Count(f => f.Epss is not null));
        Assert.Equal(matches.Count(m => m.GetProperty("vulnerability").TryGetProperty("risk", out _)), result.Findings.Count(f => f.Risk is not null));
        Assert.Equal(
            matches.Count(m => m.GetProperty("vulnerability").TryGetProperty("knownExploited", out _)),
            result.Findings.Count(f => f.KnownExploited == true));
        Assert.Equal("Grype", result.Scanner.Name);
        Assert.False(result.IsGateOnly);
        if (!isBare)
        {
            Assert.Equal(raw.GetProperty("distro").GetProperty("name").GetString(), result.Os.Family);
            Assert.Equal(descriptor.GetProperty("version").GetString()!.TrimStart('[').Replace("not provided]", "", StringComparison.Ordinal), result.Scanner.Version);
        }
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void A_report_that_ends_early_is_an_error(string report) => ReportBench.AssertCutIsError(Conformance.Path("grype-syft", report), "Grype", "app:1");

    [Theory]
    [InlineData("not-fixed", FixState.NotFixed)]
    [InlineData("wont-fix", FixState.WontFix)]
    [InlineData("unknown", FixState.Unknown)]
    public void States_of_fixes_are_kept_apart(string word, FixState state)
    {
        var found = 0;
        foreach (var report in Reports.Where(r => !r.Data.Contains("epss_problem", StringComparison.Ordinal)))
        {
            var path = Conformance.Path("grype-syft", report.Data);
            var raw = ReportBench.Raw(path).GetProperty("matches").EnumerateArray()
                .Count(m => (m.GetProperty("vulnerability").GetProperty("fix").GetProperty("state").GetString() is { Length: > 0 } s ? s : "unknown") == word);
            Assert.Equal(raw, ReportBench.ReadFile(path).Single().Findings.Count(f => f.FixState == state));
            found += raw;
        }

        Assert.True(found > 0);
    }

    [Fact]
    public void What_was_scanned_and_with_what_is_told()
    {
        var result = ReportBench.ReadFile(Conformance.Path("grype-syft", "real-grype-reports", "many_vulns_with_epss_values.json")).Single();
        Assert.Equal("busybox:1.32.1", result.Image);
        Assert.Equal("sha256:ae39a6f5c07297d7ab64dbd4f82c77c874cc6a94cea29fdec309d0992574b4f7", result.Digest);
        Assert.Equal("linux/amd64", result.Platform);
        Assert.Equal("0.94.0", result.Scanner.Version);
        Assert.Equal(new DateTimeOffset(2025, 6, 19, 4, 12, 38, TimeSpan.Zero), result.Scanner.DatabaseTime);
        Assert.Equal(new DateTimeOffset(2025, 6, 19, 11, 43, 35, TimeSpan.Zero), result.ScannedAt, TimeSpan.FromSeconds(1));
        Assert.All(result.Findings, f => Assert.Equal(false, f.KnownExploited));
        Assert.Equal(0.0719, result.Findings.Single(f => f.Id == "CVE-2022-28391" && f.Package == "busybox").Epss);
    }

    /// <summary>Taken from an engine, its manifest was made for the scan; no registry knows its digest.</summary>
    [Fact]
    public void The_digest_of_a_manifest_that_an_engine_made_up_is_not_taken()
    {
        var result = ReportBench.ReadFile(Conformance.Path("grype-syft", "grype", "report-real", "keycloak-test.json")).Single();
        Assert.Equal("sha256:347a0d748d05a050dc64b92de2246d2240db6eb38afbc17c3c08d0acb0db1b50", result.Digest);
        Assert.Empty(result.ManifestDigest);
    }

    [Fact]
    public void A_manifest_of_a_registry_gives_its_digest_and_its_layers()
    {
        var path = Conformance.Path("grype-syft", "real-grype-reports", "fix_available.json");
        var result = ReportBench.ReadFile(path).Single();
        Assert.Equal("sha256:4e1c538085614cbc0c9affbb206abbec3220118425409662e46b3d4bb71d1b6d", result.ManifestDigest);
        using var manifest = JsonDocument.Parse(ReportBench.Raw(path).GetProperty("source").GetProperty("target").GetProperty("manifest").GetBytesFromBase64());
        Assert.Equal(manifest.RootElement.GetProperty("layers")[2].GetProperty("digest").GetString(), result.Findings.Single().Layer);
    }

    private static string Text(JsonElement match, string name) => match.GetProperty("artifact").GetProperty(name).GetString()!;

    private static string Id(JsonElement vulnerability) => vulnerability.GetProperty("id").GetString()!;
}
