using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class AnchoreReportTests
{
    private const string Image = "docker.io/library/app:1";
    private static readonly string Digest = "sha256:" + new string('a', 64);

    [Theory]
    [InlineData(""" "fix": "1.2" """, FixState.Fixed, "1.2")]
    [InlineData(""" "fix": "1.2,2.3, 3.4" """, FixState.Fixed, "1.2, 2.3, 3.4")]
    [InlineData(""" "fix": ["1.2", "2.3"] """, FixState.Fixed, "1.2, 2.3")]
    [InlineData(""" "fix": "None" """, FixState.Unknown, "")]
    [InlineData(""" "fix": "" """, FixState.Unknown, "")]
    [InlineData(""" "fix": null """, FixState.Unknown, "")]
    [InlineData(""" "fix": "None", "will_not_fix": true """, FixState.WontFix, "")]
    [InlineData(""" "fix": "None", "willNotFix": true """, FixState.WontFix, "")]
    public void That_no_fix_is_known_is_not_that_there_is_none(string row, FixState state, string version)
    {
        var finding = Find(row);
        Assert.Equal((state, version), (finding.FixState, finding.FixedVersion));
    }

    [Theory]
    [InlineData(""" "package_name": "a", "package_version": "1", "package_type": "dpkg", "package_path": "pkgdb", "feed_group": "debian:9" """, "a", "1", "deb", "", "debian")]
    [InlineData(""" "packageName": "a", "packageVersion": "1", "packageType": "APKG", "packagePath": "None", "feedGroup": "alpine:3" """, "a", "1", "apk", "", "alpine")]
    [InlineData(""" "package_name": "a", "package_version": "1", "package_type": "java", "package_path": "/a.war:a.jar", "feed": "nvdv2" """, "a", "1", "maven", "/a.war:a.jar", "nvdv2")]
    [InlineData(""" "package": "a-1.0-2.el8", "packageType": "RPM" """, "a", "1.0-2.el8", "rpm", "", "")]
    public void A_package_is_read_in_both_cases(string row, string package, string version, string kind, string path, string source)
    {
        var finding = Find($""" "severity": "High", {row} """);
        Assert.Equal((package, version, kind, path, source), (finding.Package, finding.Version, finding.Type, finding.Path, finding.SeveritySource));
    }

    /// <summary>An RPM's version and release have no hyphens of their own, and an apk package's version has none.</summary>
    [Theory]
    [InlineData("RPM", "java-11-openjdk-headless-1:11.0.25.0.9-2.el8", "java-11-openjdk-headless", "1:11.0.25.0.9-2.el8")]
    [InlineData("APKG", "gtk+3.0-3.24.1-r0", "gtk+3.0", "3.24.1-r0")]
    [InlineData("Java", "tomcat-embed-el-9.0.97", "tomcat-embed-el", "9.0.97")]
    [InlineData("Java", "guava-30.0-jre", "guava", "30.0-jre")]
    [InlineData("dpkg", "libgnutls30-3.5.8-5+deb9u4", "libgnutls30-3.5.8-5+deb9u4", "")]
    [InlineData("Java", "noversion", "noversion", "")]
    [InlineData("RPM", "odd-1", "odd-1", "")]
    public void A_name_with_its_version_is_taken_apart_only_where_it_is_clear(string kind, string text, string package, string version)
    {
        var finding = ReportBench.Read($$"""
            { "metadata": { "registry": "docker.io", "repository": "library/app", "tag": "1" },
              "securityEvaluation": [{ "vulnerabilityId": "CVE-2024-1", "packageType": "{{kind}}", "package": "{{text}}" }] }
            """).Findings.Single();
        Assert.Equal((package, version), (finding.Package, finding.Version));
    }

    [Fact]
    public void What_the_base_brought_is_known_only_where_a_base_is()
    {
        const string Rows = """ "vulnerabilities": [{ "vuln": "A", "inherited_from_base": true }, { "vuln": "B", "inherited_from_base": false }, { "vuln": "C", "inherited_from_base": null }] """;
        Assert.Equal([FindingOrigin.Base, FindingOrigin.Application, FindingOrigin.Unknown], Origins($$"""{ "image_digest": "x", {{Rows}}, "base_digest": "{{Digest}}" }"""));
        Assert.Equal([FindingOrigin.Base, FindingOrigin.Application, FindingOrigin.Unknown], Origins($$"""{ "image_digest": "x", {{Rows}} }"""));
        Assert.All(Origins($$"""{ "image_digest": "x", {{Rows}}, "base_digest": null }"""), o => Assert.Equal(FindingOrigin.Unknown, o));

        FindingOrigin[] Origins(string json) => [.. ReportBench.Read(json, image: Image).Findings.OrderBy(f => f.Id).Select(f => f.Origin)];
    }

    [Fact]
    public void Vectors_are_the_vendors_before_those_of_NVD_and_ids_of_NVD_are_aliases()
    {
        var finding = Find("""
            "nvd_data": [{ "id": "CVE-2024-1", "cvss_v3": { "base_score": 9.8, "vector_string": "CVSS:3.1/AV:N" } }],
            "vendor_data": [{ "id": "VULNDB-1", "cvss_v2": { "vector_string": "AV:L" }, "cvss_v3": { "vector_string": "CVSS:3.0/AV:L" } }]
            """, id: "VULNDB-1");
        Assert.Equal(("VULNDB-1", "CVE-2024-1", "CVSS:3.0/AV:L"), (finding.Id, Assert.Single(finding.Aliases), finding.Cvss));
        Assert.Empty(Find(""" "nvd_data": [{ "id": "CVE-2024-1" }, { "id": "CVE-2024-2" }] """, id: "RHSA-2024:1").Aliases);
        Assert.Empty(Find(""" "nvd_data": null, "vendor_data": null """).Cvss);
    }

    [Fact]
    public void The_policy_engines_whole_report_is_read_and_its_problems_are_an_error()
    {
        const string Match = """{ "artifact": { "name": "a", "version": "1", "pkg_type": "gem" }, "fix": { "versions": [], "will_not_fix": true }, "vulnerability": { "vulnerability_id": "GHSA-a", "severity": "Odd" }, "nvd": [{ "vulnerability_id": "CVE-2024-1" }] }""";
        var finding = ReportBench.Read($$"""{ "account_id": "a", "image_id": "b", "results": [{{Match}}], "problems": [] }""", image: Image).Findings.Single();
        Assert.Equal((FixState.WontFix, Severity.Unknown, "Odd", "CVE-2024-1"), (finding.FixState, finding.Severity, finding.SeverityText, finding.Aliases.Single()));
        Assert.Contains("feed is gone", ReportBench.Fault(
            $$"""{ "image_id": "b", "results": [{{Match}}], "problems": [{ "details": "feed is gone" }] }""", image: Image).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "imageDigest": "x", "vulnerabilities": [{ "id": "CVE-2024-1" }] }""")]
    [InlineData("""{ "imageDigest": "x", "vulnerabilities": ["CVE-2024-1"] }""")]
    [InlineData("""{ "imageDigest": "x", "vulnerabilities": {} }""")]
    [InlineData("""{ "imageDigest": "x", "vulnerabilities": [{ "vuln": "CVE-2024-1" """)]
    [InlineData("""{ "page": "1", "returned_count": 0, "vulnerabilities": [] }""")]
    [InlineData("""{ "imageDigest": "x" }""")]
    [InlineData("{}")]
    [InlineData("null")]
    public void What_is_no_list_of_an_images_vulnerabilities_is_no_empty_result(string json) => ReportBench.Fault(json, "Anchore", Image);

    /// <summary>Names of version 2 of the API, as its description has them.</summary>
    [Fact]
    public void What_Enterprise_knows_besides_is_kept()
    {
        var finding = Find("""
            "fix": "None", "suggested_fix_version": "1.2", "purl": "pkg:deb/debian/curl@1?arch=amd64", "is_kev": true,
            "epss": [{ "epss": 0.2, "percentile": 0.9 }, { "epss": 0.4, "percentile": 0.95 }]
            """);
        Assert.Equal(("1.2", FixState.Fixed, "pkg:deb/debian/curl@1?arch=amd64", true, 0.4), (finding.FixedVersion, finding.FixState, finding.Purl, finding.KnownExploited, finding.Epss));
        finding = Find(""" "is_kev": false, "epss": null """);
        Assert.Equal((false, null), (finding.KnownExploited, finding.Epss));
        Assert.Null(Find(""" "is_kev": null """).KnownExploited);
    }

    [Theory]
    [InlineData("not_affected", "annotated as not_affected", FixState.NotAffected)]
    [InlineData("fixed", "annotated as fixed", FixState.Fixed)]
    [InlineData("affected", "", FixState.Fixed)]
    [InlineData("under_investigation", "", FixState.Fixed)]
    public void What_somebody_annotated_as_not_affected_or_fixed_does_not_count(string status, string suppressed, FixState state)
    {
        var finding = Find($""" "fix": "1.2", "annotation_status": "{status}" """);
        Assert.Equal((suppressed, state), (finding.Suppressed, finding.FixState));
    }

    [Theory]
    [InlineData("""
        "details": { "policy_action": "stop", "findings": [
          { "trigger_id": "CVE-2024-1+curl", "gate": "vulnerabilities", "trigger": "package", "message": "x", "action": "stop", "allowlisted": true, "allowlist_match": { "id": "a1", "name": "known" } },
          { "trigger_id": "b2", "gate": "dockerfile", "trigger": "effective_user", "message": "root", "action": "warn", "allowlisted": false, "allowlist_match": null }] },
        "number_of_findings": 2
        """, "1 rows name a vulnerability, 1 do not; warn dockerfile/effective_user: root")]
    [InlineData(""" "details": null, "number_of_findings": 0 """, "0 rows name a vulnerability, 0 do not")]
    public void An_evaluation_of_version_2_is_read(string details, string detail)
    {
        var result = ReportBench.Read($$"""
            { "image_digest": "{{Digest}}", "evaluated_tag": "app:1", "policy_id": "p", "evaluations": [
              { "evaluation_time": "2026-01-02T00:00:00Z", "final_action": "go", "final_action_reason": "allowlisted", {{details}}, "evaluation_problems": [{ "severity": "warn", "details": "y" }] }] }
            """);
        Assert.Equal(("app:1", Digest, "go", "p"), (result.Image, result.Digest, result.Policy!.Action, result.Policy.Id));
        Assert.Equal("allowlisted; " + detail, result.Policy.Detail);
        Assert.All(result.Findings, f => Assert.Equal(("CVE-2024-1", "curl", "allowed by known"), (f.Id, f.Package, f.Suppressed)));
    }

    [Fact]
    public void Of_several_evaluations_the_newest_counts()
    {
        var result = ReportBench.Read($$"""
            { "evaluations": [
                { "evaluationTime": "2026-01-01T00:00:00Z", "finalAction": "stop", "details": [] },
                { "evaluationTime": "2026-01-02T00:00:00Z", "finalAction": "go", "finalActionReason": "policy_evaluation", "details": [] }],
              "evaluatedTag": "app:1", "policyId": "p", "imageDigest": "{{Digest}}" }
            """);
        Assert.Equal(("app:1", Digest, "go", "p"), (result.Image, result.Digest, result.Policy!.Action, result.Policy.Id));
    }

    [Fact]
    public void Several_tags_are_several_results() => Assert.Equal(["a:1", "b:1"], ReportBench.ReadAll($$"""
        [{ "{{Digest}}": { "a:1": [{{Evaluation("")}}], "b:1": [{{Evaluation("")}}] } }]
        """).Select(r => r.Image));

    [Fact]
    public void A_row_that_an_allowlist_names_does_not_count()
    {
        var result = ReportBench.Read($$"""
            [{ "{{Digest}}": { "a:1": [{{Evaluation("""
                ["id", "a:1", "CVE-2024-1+curl", "vulnerabilities", "package", "HIGH Vulnerability found in os package type (dpkg) - curl (fixed in: 1.2, 1.3)(CVE-2024-1 - https://a.example/1)", "go", { "whitelist_name": "known" }],
                ["id", "a:1", "CVE-2024-2+curl", "vulnerabilities", "package", "in words of another day", "stop", false]
                """)}}] } }]
            """);
        var (allowed, other) = (result.Findings.Single(f => f.Id == "CVE-2024-1"), result.Findings.Single(f => f.Id == "CVE-2024-2"));
        Assert.Equal(("allowed by known", "1.2, 1.3", FixState.Fixed, Severity.High, "deb"), (allowed.Suppressed, allowed.FixedVersion, allowed.FixState, allowed.Severity, allowed.Type));
        Assert.Equal(("", "curl", Severity.Unknown, FixState.Unknown), (other.Suppressed, other.Package, other.Severity, other.FixState));
        Assert.Equal((0, 1), (result.HighCount, result.UnknownCount));
    }

    [Theory]
    [InlineData("""{ "finalAction": "go", "numberOfFindings": 2, "details": [] }""", "2 rows")]
    [InlineData("""{ "finalAction": "go" }""", "no rows")]
    [InlineData("""{ "final_action": "go", "number_of_findings": 1, "details": null }""", "no rows")]
    [InlineData("""{ "final_action": "go", "details": { "findings": [] }, "evaluation_problems": [{ "severity": "error", "details": "gate is gone" }] }""", "gate is gone")]
    [InlineData("""{ "details": [] }""", "no final action")]
    [InlineData("""{ "finalAction": "go", "details": [{ "gate": "vulnerabilities", "triggerName": "vulnerability_data_unavailable", "triggerId": "x" }] }""", "no vulnerability data")]
    public void An_evaluation_that_is_not_whole_is_an_error(string evaluation, string fault) => Assert.Contains(fault, ReportBench.Fault(
        $$"""{ "evaluatedTag": "app:1", "policyId": "p", "evaluations": [{{evaluation}}] }""").Message, StringComparison.Ordinal);

    [Fact]
    public void An_evaluation_with_problems_is_an_error() => Assert.Contains("gate is gone", ReportBench.Fault($$"""
        [{ "{{Digest}}": { "a:1": [{ "detail": { "result": { "final_action": "go", "evaluation_problems": [{ "severity": "error", "details": "gate is gone" }],
          "result": { "id": { "result": { "rows": [] } } } } } }] } }]
        """).Message, StringComparison.Ordinal);

    private static string Evaluation(string rows) => $$"""
        { "policyId": "p", "detail": { "result": { "final_action": "stop", "result": { "id": { "result": {
          "header": ["Image_Id", "Repo_Tag", "Trigger_Id", "Gate", "Trigger", "Check_Output", "Gate_Action", "Whitelisted"], "rows": [{{rows}}] } } } } } }
        """;

    private static Finding Find(string row, string id = "CVE-2024-1") =>
        ReportBench.Read($$"""[{ "vuln": "{{id}}", {{row}} }]""", image: Image).Findings.Single();
}
