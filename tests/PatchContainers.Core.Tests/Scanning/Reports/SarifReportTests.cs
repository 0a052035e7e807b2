using System.Text.Json;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class SarifReportTests
{
    private const string Image = "docker.io/library/app:1";

    /// <summary>Of one image, Trivy's SARIF and its JSON.</summary>
    [Fact]
    public void Trivys_SARIF_has_the_findings_of_its_JSON()
    {
        var result = Assert.Single(ReportBench.ReadFile(Conformance.Path("trivy", "goldens", "alpine-310.sarif.golden")));
        var raw = ReportBench.Raw(Conformance.Path("trivy", "goldens", "alpine-310.json.golden"))
            .GetProperty("Results").EnumerateArray().SelectMany(r => r.GetProperty("Vulnerabilities").EnumerateArray()).ToArray();
        ReportBench.AssertCounts(result, raw.Select(v => (v.GetProperty("Severity").GetString(), v.TryGetProperty("FixedVersion", out _))));
        Assert.Equal(
            raw.Select(v => (Text(v, "VulnerabilityID"), Text(v, "PkgName"), Text(v, "InstalledVersion"), Text(v, "FixedVersion"))).Order(),
            result.Findings.Select(f => (f.Id, f.Package, f.Version, f.FixedVersion)).Order());
        Assert.All(result.Findings, f => Assert.StartsWith("CVSS:3.1/", f.Cvss, StringComparison.Ordinal));
        Assert.All(result.Findings, f => Assert.Empty(f.Path));
        Assert.Equal(("Trivy", "dev", true), (result.Scanner.Name, result.Scanner.Version, result.IsGateOnly));
        Assert.Equal("testdata/fixtures/images/alpine-310.tar.gz", result.Image);
    }

    [Fact]
    public void A_log_that_ends_early_is_an_error() =>
        ReportBench.AssertCutIsError(Conformance.Path("trivy", "goldens", "alpine-310.sarif.golden"), string.Empty, Image);

    [Theory]
    [InlineData("image", "user-input")]
    [InlineData("directory", "")]
    public void Grypes_SARIF_has_the_findings_of_the_raw_file(string kind, string image)
    {
        var path = Conformance.Path("grype-syft", "grype", "sarif", "snapshot", $"TestSarifPresenter_{kind}.golden");
        var results = ReportBench.Raw(path).GetProperty("runs")[0].GetProperty("results").EnumerateArray().ToArray();
        var result = Assert.Single(ReportBench.ReadFile(path, image: image.Length > 0 ? string.Empty : Image));
        var texts = results.Select(r => r.GetProperty("message").GetProperty("text").GetString()!.Split(' ')).ToArray();
        ReportBench.AssertCounts(result, texts.Select(t => ((string?)t[1], t[1] == "low")));
        Assert.Equal(["CVE-1999-0002", "CVE-1999-0001"], result.Findings.Select(f => f.Id));
        Assert.Equal(["package-2 2.2.2 deb ", "package-1 1.1.1 rpm 1.2.1, 2.1.3, 3.4.0"], result.Findings.Select(f => $"{f.Package} {f.Version} {f.Type} {f.FixedVersion}"));
        Assert.Equal("pkg:deb/package-2@2.2.2", result.Findings[0].Purl);
        Assert.EndsWith("/somefile-2.txt", result.Findings[0].Path, StringComparison.Ordinal);
        Assert.Equal(("grype", image.Length > 0 ? image : Image), (result.Scanner.Name, result.Image));
    }

    [Theory]
    [InlineData(""" "properties": { "security-severity": "9.1" } """, "", Severity.Critical, "security-severity")]
    [InlineData(""" "properties": { "security-severity": 7 } """, "", Severity.High, "security-severity")]
    [InlineData(""" "properties": { "security-severity": "0.0" } """, """ "level": "note", """, Severity.Low, "level")]
    [InlineData(""" "properties": { "security-severity": "9.1", "tags": ["security", "LOW"] } """, "", Severity.Low, "")]
    [InlineData(""" "properties": { "tags": ["UNKNOWN"] }, "defaultConfiguration": { "level": "error" } """, "", Severity.Unknown, "")]
    [InlineData(""" "defaultConfiguration": { "level": "error" } """, "", Severity.High, "level")]
    [InlineData(""" "name": "x" """, """ "level": "none", """, Severity.Unknown, "")]
    [InlineData(""" "name": "x" """, "", Severity.Medium, "level")]
    public void A_severity_is_the_scanners_word_else_its_score_else_the_level(string rule, string result, Severity severity, string source)
    {
        var finding = Read($$""" "results": [{ {{result}} "ruleId": "CVE-2024-1", "message": { "text": "x" } }] """, rule).Findings.Single();
        Assert.Equal((severity, source, "", FixState.Unknown), (finding.Severity, finding.SeveritySource, finding.Package, finding.FixState));
    }

    /// <summary>Of one package in two versions there is one rule, whose text is of one of them.</summary>
    [Theory]
    [InlineData("1.0", "1.1")]
    [InlineData("2.0", "")]
    public void A_rules_fixed_version_is_of_the_version_that_it_names(string version, string expected)
    {
        var finding = Read(
            $$""" "results": [{ "ruleIndex": 0, "message": { "text": "A high vulnerability in npm package: a, version {{version}} was found in image app:1 at: /a/package.json" } }] """,
            """ "help": { "text": "Vulnerability CVE-2024-1\nSeverity: high\nPackage: a\nVersion: 1.0\nFix Version: 1.1\nType: npm" } """, "CVE-2024-1-a").Findings.Single();
        Assert.Equal(("CVE-2024-1", Severity.High, "npm", expected), (finding.Id, finding.Severity, finding.Type, finding.FixedVersion));
    }

    [Theory]
    [InlineData("""[{ "kind": "external", "justification": "accepted by ops" }]""", "accepted by ops")]
    [InlineData("""[{ "kind": "inSource", "status": "accepted" }]""", "inSource")]
    [InlineData("""[{ "kind": "external", "status": "underReview" }]""", "")]
    [InlineData("""[{ "kind": "external" }, { "kind": "external", "status": "rejected" }]""", "")]
    [InlineData("[]", "")]
    [InlineData("null", "")]
    public void A_suppression_counts_once_it_is_accepted(string suppressions, string why) => Assert.Equal(why,
        Read($$""" "results": [{ "ruleId": "CVE-2024-1", "suppressions": {{suppressions}} }] """).Findings.Single().Suppressed);

    [Fact]
    public void What_passed_is_gone_or_is_no_vulnerability_is_no_finding() => Assert.Equal(["CVE-2024-1"], Read("""
        "results": [{ "ruleId": "A", "kind": "pass" }, { "ruleId": "B", "baselineState": "absent" }, { "ruleId": "secret" }, { "ruleId": "CVE-2024-1" }]
        """, """ "properties": { "tags": ["secret", "security", "HIGH"] } """, "secret").Findings.Select(f => f.Id));

    [Theory]
    [InlineData(""" "results": [], "invocations": [{ "executionSuccessful": false, "exitCodeDescription": "database is locked" }] """, "database is locked")]
    [InlineData(""" "results": [], "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": [{ "level": "error", "message": { "text": "layer 2 unreadable" } }] }] """, "layer 2 unreadable")]
    [InlineData(""" "results": null """, "no results")]
    [InlineData(""" "invocations": [] """, "no results")]
    public void A_run_that_failed_or_was_not_whole_is_an_error(string run, string fault) =>
        Assert.Contains(fault, ReportBench.Fault(Log(run), image: Image).Message, StringComparison.Ordinal);

    [Fact]
    public void A_run_says_when_it_ended() => Assert.Equal(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Read(
        """ "results": [], "invocations": [{ "executionSuccessful": true, "endTimeUtc": "2026-01-02T03:04:05Z" }] """).ScannedAt);

    [Theory]
    [InlineData("""{ "version": "2.0.0", "runs": [] }""")]
    [InlineData("""{ "version": "2.1.0", "runs": [] }""")]
    [InlineData("""{ "version": "2.1.0", "runs": {} }""")]
    [InlineData("""{ "version": "2.1.0", "runs": [{ "results": [] }] }""")]
    [InlineData("""{ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "x" } }, "results": [{ "ruleId": """)]
    public void What_is_no_log_of_a_scan_is_no_empty_result(string json) => ReportBench.Fault(json, image: Image);

    [Fact]
    public void Two_runs_are_two_results() => Assert.Equal(["Trivy", "grype"], ReportBench.ReadAll("""
        { "version": "2.1.0", "runs": [
          { "results": [], "tool": { "driver": { "name": "Trivy" } } }, { "results": [], "tool": { "driver": { "name": "grype", "version": "1" } } }] }
        """, image: Image).Select(r => r.Scanner.Name));

    private static ImageScanResult Read(string run, string rule = """ "name": "x" """, string ruleId = "CVE-2024-1") =>
        ReportBench.Read(Log(run, rule, ruleId), image: Image);

    private static string Log(string run, string rule = """ "name": "x" """, string ruleId = "CVE-2024-1") => $$"""
        { "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
          "runs": [{ {{run}}, "tool": { "driver": { "name": "scanner", "rules": [{ "id": "{{ruleId}}", {{rule}} }] } } }] }
        """;

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.GetString()! : string.Empty;
}
