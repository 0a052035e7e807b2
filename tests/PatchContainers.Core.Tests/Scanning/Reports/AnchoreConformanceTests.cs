using System.Text.Json;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>Reports that Anchore and its tools wrote for others: read, and counted again in the raw file.</summary>
public sealed class AnchoreConformanceTests
{
    private const string Image = "docker.io/library/app:1";
    private static readonly string[] Folders = ["reports-defectdojo", "policy-engine-expected"];

    public static TheoryData<string> Rows =>
    [
        "reports-defectdojo/anchore_engine/many_vulns.json", "reports-defectdojo/anchore_engine/many_vulns_2.4.1.json",
        "reports-defectdojo/anchore_engine/no_vuln.json", "reports-defectdojo/anchore_engine/one_vuln.json",
        "reports-defectdojo/anchore_engine/one_vuln_many_files.json",
        "reports-defectdojo/anchorectl_vulns/many_vulns.json", "reports-defectdojo/anchorectl_vulns/one_vuln.json",
    ];

    public static TheoryData<string> Matches =>
    [
        "grype/sha256_406413437f26223183d133ccc7186f24c827729e1b21adc7330dd43fcdc030b3.json",
        "grype/sha256_80a31c3ce2e99c3691c27ac3b1753163214494e9b2ca07bfdccf29a5cca2bfbe.json",
        "grype/sha256_fe3ca35038008b0eac0fa4e686bd072c9430000ab7d7853001bde5f5b8ccf60c.json",
        "legacy/sha256_406413437f26223183d133ccc7186f24c827729e1b21adc7330dd43fcdc030b3.json",
        "legacy/sha256_80a31c3ce2e99c3691c27ac3b1753163214494e9b2ca07bfdccf29a5cca2bfbe.json",
        "legacy/sha256_fe3ca35038008b0eac0fa4e686bd072c9430000ab7d7853001bde5f5b8ccf60c.json",
    ];

    /// <summary>Of each: the action, the rows that name a vulnerability, and those that do not.</summary>
    public static TheoryData<string, string, int, int> Policies => new()
    {
        { "anchore_enterprise/many_checks.json", "stop", 56, 1 },
        { "anchore_enterprise/no_checks.json", "stop", 0, 0 },
        { "anchore_enterprise/one_check.json", "stop", 0, 1 },
        { "anchorectl_policies/many_violations.json", "stop", 2, 1 },
        { "anchorectl_policies/new_format_many_violations.json", "stop", 2, 1 },
        { "anchorectl_policies/new_format_no_violation.json", "go", 0, 0 },
        { "anchorectl_policies/new_format_one_violation.json", "stop", 0, 1 },
        { "anchorectl_policies/new_format_one_violation_description_severity.json", "stop", 0, 1 },
        { "anchorectl_policies/one_violation.json", "stop", 0, 1 },
        { "anchorectl_policies/one_violation_description_severity.json", "stop", 0, 1 },
    };

    public static TheoryData<string> Queries =>
    [
        "multiple_cves.json", "multiple_cves_filter_affected_package.json", "multiple_cves_multiple_filters.json", "single_cve.json",
        "single_cve_filter_affected_package.json", "single_cve_multiple_filters.json", "single_cve_multiple_filters_2.json",
    ];

    public static TheoryData<string> EmptyLists =>
    [
        "reports-defectdojo/anchorectl_vulns/no_vuln.json", "reports-defectdojo/anchorectl_policies/no_violation.json",
        "policy-engine-expected/test_query_vulnerabilities/expected_empty_incorrect_version.json",
    ];

    [Fact]
    public void Every_report_there_is_is_read_or_refused() => Assert.Equal(
        Folders.SelectMany(f => Directory.GetFiles(Conformance.Path("anchore", f), "*.json", SearchOption.AllDirectories)).Order(StringComparer.Ordinal),
        Rows.Select(r => r.Data).Concat(EmptyLists.Select(r => r.Data))
            .Concat(Matches.Select(m => "policy-engine-expected/test_vulnerability_scanner/" + m.Data))
            .Concat(Policies.Select(p => "reports-defectdojo/" + p.Data.Item1))
            .Concat(Queries.Select(q => "policy-engine-expected/test_query_vulnerabilities/" + q.Data))
            .Concat(["reports-defectdojo/anchore_engine/new_format_issue_11552.json", "reports-defectdojo/anchore_enterprise/invalid_checks_format.json"])
            .Select(r => Conformance.Path("anchore", r)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_list_of_vulnerabilities_has_the_findings_of_the_raw_file(string report)
    {
        var (path, raw) = Open(report);
        var result = Assert.Single(ReportBench.ReadFile(path, image: Image));
        var rows = (raw.ValueKind == JsonValueKind.Array ? raw : raw.GetProperty("vulnerabilities")).EnumerateArray().ToArray();
        ReportBench.AssertCounts(result, rows.Select(r => (r.GetProperty("severity").GetString(), r.GetProperty("fix").GetString() is not ("None" or ""))));
        Assert.Equal(
            rows.Select(r => (Text(r, "vuln"), Text(r, "package_name", "packageName"), Text(r, "package_version", "packageVersion"))).Order(),
            result.Findings.Select(f => (f.Id, f.Package, f.Version)).Order());
        Assert.Equal(rows.Count(r => r.TryGetProperty("inherited_from_base", out var b) && b.GetBoolean()), result.Findings.Count(f => f.Origin == FindingOrigin.Base));
        Assert.Equal(rows.Count(r => r.TryGetProperty("inherited_from_base", out var b) && !b.GetBoolean()), result.Findings.Count(f => f.Origin == FindingOrigin.Application));
        Assert.Equal(rows.Count(r => r.TryGetProperty("extra", out var e) && e.GetRawText().Contains("\"vector_string\": \"", StringComparison.Ordinal)), result.Findings.Count(f => f.Cvss.Length > 0));
        Assert.Equal("Anchore", result.Scanner.Name);
        Assert.False(result.IsGateOnly);
    }

    [Theory]
    [InlineData("reports-defectdojo/anchore_engine/many_vulns.json")]
    [InlineData("reports-defectdojo/anchore_engine/new_format_issue_11552.json")]
    [InlineData("reports-defectdojo/anchorectl_vulns/many_vulns.json")]
    [InlineData("reports-defectdojo/anchore_enterprise/many_checks.json")]
    [InlineData("reports-defectdojo/anchorectl_policies/new_format_many_violations.json")]
    public void A_report_that_ends_early_is_an_error(string report) => ReportBench.AssertCutIsError(Open(report).Path, "Anchore", Image);

    [Fact]
    public void The_digest_of_an_image_is_that_of_its_manifest()
    {
        var result = ReportBench.ReadFile(Open("reports-defectdojo/anchore_engine/many_vulns_2.4.1.json").Path, image: Image).Single();
        Assert.Equal("sha256:e010a676dba57f2110960b4e81a1d9098585ed6a8ac79e8c4a552ba4018d1674", result.Digest);
        Assert.Equal(result.Digest, result.ManifestDigest);
        Assert.Empty(ReportBench.ReadFile(Open("reports-defectdojo/anchore_engine/one_vuln.json").Path, image: Image).Single().Digest);
    }

    [Fact]
    public void A_security_evaluation_has_the_findings_of_the_raw_file()
    {
        var (path, raw) = Open("reports-defectdojo/anchore_engine/new_format_issue_11552.json");
        var result = Assert.Single(ReportBench.ReadFile(path));
        var rows = raw.GetProperty("securityEvaluation").EnumerateArray().ToArray();
        ReportBench.AssertCounts(result, rows.Select(r => (r.GetProperty("severity").GetString(), r.GetProperty("fixAvailable").GetString() != "None")));
        Assert.Equal(
            rows.Select(r => r.GetProperty("package").GetString()).Order(StringComparer.Ordinal),
            result.Findings.Select(f => f.Version.Length > 0 ? $"{f.Package}-{f.Version}" : f.Package).Order(StringComparer.Ordinal));
        Assert.All(result.Findings, f => Assert.NotEmpty(f.Version));
        Assert.Contains(result.Findings, f => f is { Package: "java-11-openjdk-headless", Version: "1:11.0.25.0.9-2.el8", Type: "rpm" });
        Assert.Contains(result.Findings, f => f is { Package: "jgroups-kubernetes", Version: "1.0.17.Final", FixedVersion: "1.28.12, 1.29.7, 1.30.3" });
        Assert.Equal("docker.io/myimage:new", result.Image);
        Assert.Equal(new DateTimeOffset(2025, 1, 13, 10, 9, 59, 971, TimeSpan.Zero), result.ScannedAt);
    }

    [Theory]
    [MemberData(nameof(Matches))]
    public void A_report_of_the_policy_engine_has_the_findings_of_the_raw_file(string report)
    {
        var (path, raw) = Open("policy-engine-expected/test_vulnerability_scanner/" + report);
        var result = Assert.Single(ReportBench.ReadFile(path, image: Image));
        var rows = raw.EnumerateArray().ToArray();
        ReportBench.AssertCounts(result, rows.Select(r => (
            r.GetProperty("vulnerability").GetProperty("severity").GetString(), r.GetProperty("fix").GetProperty("versions").GetArrayLength() > 0)));
        Assert.Equal(
            rows.Select(r => r.GetProperty("artifact")).Select(a => (a.GetProperty("name").GetString()!, a.GetProperty("version").GetString()!)).Order(),
            result.Findings.Select(f => (f.Package, f.Version)).Order());
        Assert.DoesNotContain(result.Findings, f => f.Path == "pkgdb");
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_policy_evaluation_has_its_action_and_a_finding_for_each_vulnerability(string report, string action, int vulnerabilities, int others)
    {
        var result = Assert.Single(ReportBench.ReadFile(Open("reports-defectdojo/" + report).Path));
        Assert.Equal(action, result.Policy!.Action);
        Assert.NotEmpty(result.Policy.Id);
        Assert.Contains($"policy_evaluation; {vulnerabilities} rows name a vulnerability, {others} do not", result.Policy.Detail, StringComparison.Ordinal);
        Assert.Equal(others > 0, result.Policy.Detail.Contains(" dockerfile/", StringComparison.Ordinal));
        Assert.Equal(vulnerabilities, result.Findings.Count);
        Assert.True(result.IsGateOnly);
        Assert.NotEqual(default, result.ScannedAt);
    }

    [Fact]
    public void The_rows_of_a_policy_evaluation_have_the_severities_of_the_raw_file()
    {
        var (path, raw) = Open("reports-defectdojo/anchore_enterprise/many_checks.json");
        var table = raw[0].EnumerateObject().Single().Value.EnumerateObject().Single().Value[0]
            .GetProperty("detail").GetProperty("result").GetProperty("result").EnumerateObject()
            .Single(m => m.Value.ValueKind == JsonValueKind.Object).Value.GetProperty("result");
        var texts = table.GetProperty("rows").EnumerateArray().Where(r => r[3].GetString() == "vulnerabilities").Select(r => r[5].GetString()!).ToArray();
        var result = ReportBench.ReadFile(path).Single();
        ReportBench.AssertCounts(result, texts.Select(t => ((string?)t.Split(' ')[0], t.Contains("fixed in", StringComparison.Ordinal))));
        Assert.Equal("gcr.io/jenkinsxio/builder-maven:latest", result.Image);
        Assert.Equal("sha256:8fdd536f0caa79bb924b9c1b9451b49957322d1b07ab23def8c9a49448e5d462", result.Digest);
        Assert.Contains(result.Findings, f => f is { Id: "RHSA-2020:0227", Package: "sqlite", Type: "rpm", Path: "", Url: "https://access.redhat.com/errata/RHSA-2020:0227" });
    }

    [Fact]
    public void A_policy_evaluation_whose_rows_are_not_there_is_an_error() => Assert.Contains("no rows", Refused(
        "reports-defectdojo/anchore_enterprise/invalid_checks_format.json").Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Queries))]
    public void An_answer_about_vulnerabilities_is_not_read_as_a_scan(string report) => Assert.Contains("is of no image", Refused(
        "policy-engine-expected/test_query_vulnerabilities/" + report).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(EmptyLists))]
    public void An_empty_list_needs_its_scanner_and_an_image(string report)
    {
        var path = Open(report).Path;
        Assert.Equal(PatchErrorCode.InvalidData, Assert.Throws<PatchException>(() => ReportBench.ReadFile(path, image: Image)).Code);
        Assert.Equal(PatchErrorCode.InvalidData, Assert.Throws<PatchException>(() => ReportBench.ReadFile(path, "Anchore")).Code);
        var result = Assert.Single(ReportBench.ReadFile(path, "Anchore", Image));
        Assert.Equal(("Anchore", Image, 0), (result.Scanner.Name, result.Image, result.Findings.Count));
    }

    private static (string Path, JsonElement Raw) Open(string report)
    {
        var path = Conformance.Path("anchore", report);
        return (path, ReportBench.Raw(path));
    }

    private static string Text(JsonElement row, params string[] names) =>
        names.Select(n => row.TryGetProperty(n, out var text) ? text.GetString() : null).First(t => t is not null)!;

    private static PatchException Refused(string report)
    {
        var fault = Assert.Throws<PatchException>(() => ReportBench.ReadFile(Open(report).Path, image: Image));
        Assert.Equal(PatchErrorCode.InvalidData, fault.Code);
        return fault;
    }
}
