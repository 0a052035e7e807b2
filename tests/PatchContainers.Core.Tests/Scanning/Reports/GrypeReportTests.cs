using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class GrypeReportTests
{
    private const string Descriptor = """ "descriptor": { "name": "grype", "version": "0.100.0", "timestamp": "2026-01-02T03:04:05+01:00" } """;
    private const string Source = """ "source": { "type": "image", "target": { "userInput": "app:1", "layers": [{ "digest": "sha256:l0" }, { "digest": "sha256:l1" }] } } """;

    [Fact]
    public void An_alias_is_another_name_of_the_same_flaw()
    {
        Assert.Equal(["CVE-2024-1"], Find(""" "id": "GHSA-a" """, related: ["CVE-2024-1"]).Aliases);
        Assert.Equal(["GHSA-a"], Find(""" "id": "CVE-2024-1" """, related: ["CVE-2024-1", "GHSA-a"]).Aliases);
        Assert.Empty(Find(""" "id": "CVE-2024-1" """, related: ["CVE-2024-2"]).Aliases);
        Assert.Empty(Find(""" "id": "ELSA-2024-1" """, related: ["CVE-2024-1", "CVE-2024-2"]).Aliases);
        Assert.Equal("CVE-2024-1", Find(""" "severity": "High" """, related: ["CVE-2024-1"]).Id);
        Assert.Equal("unnamed", Find(""" "severity": "High" """).Id);
    }

    [Theory]
    [InlineData(""" "fix": { "state": "fixed", "versions": ["1.2", "2.3"] } """, FixState.Fixed, "1.2, 2.3")]
    [InlineData(""" "fix": { "state": "not-fixed", "versions": [] } """, FixState.NotFixed, "")]
    [InlineData(""" "fix": { "state": "wont-fix", "versions": null } """, FixState.WontFix, "")]
    [InlineData(""" "fix": { "state": "unknown", "versions": [] } """, FixState.Unknown, "")]
    [InlineData(""" "fix": { "state": "", "versions": [] } """, FixState.Unknown, "")]
    [InlineData(""" "fix": { "versions": ["1.2"] } """, FixState.Fixed, "1.2")]
    [InlineData(""" "fixedInVersion": "1.2,1.3" """, FixState.Fixed, "1.2, 1.3")]
    [InlineData(""" "links": [] """, FixState.Unknown, "")]
    public void The_state_of_a_fix_is_what_the_report_says(string fix, FixState state, string version)
    {
        var finding = Find(fix);
        Assert.Equal((state, version), (finding.FixState, finding.FixedVersion));
    }

    [Theory]
    [InlineData(""" "epss": [{ "cve": "CVE-1", "epss": 0.25, "percentile": 0.9 }, { "cve": "CVE-2", "epss": 0.5 }] """, 0.5)]
    [InlineData(""" "epss": { "epss": "0.25" } """, 0.25)]
    [InlineData(""" "epss": 0.25 """, 0.25)]
    [InlineData(""" "epss": [] """, null)]
    [InlineData(""" "epss": null """, null)]
    public void Epss_is_read_in_each_of_its_forms(string epss, double? probability) => Assert.Equal(probability, Find(epss).Epss);

    [Theory]
    [InlineData(""" "severity": "High", "namespace": "debian:distro:debian:12" """, Severity.High, "debian", "")]
    [InlineData(""" "severity": "Negligible", "namespace": "nvd:cpe" """, Severity.Negligible, "nvd", "")]
    [InlineData(""" "severity": "Odd", "namespace": "nvd:cpe" """, Severity.Unknown, "", "Odd")]
    [InlineData(""" "severity": null, "namespace": "nvd:cpe" """, Severity.Unknown, "", "")]
    public void A_severity_that_nobody_gave_is_unknown(string text, Severity severity, string source, string word)
    {
        var finding = Find(text);
        Assert.Equal((severity, source, word), (finding.Severity, finding.SeveritySource, finding.SeverityText));
    }

    [Fact]
    public void Exploitation_risk_and_vector_are_kept()
    {
        var finding = Find("""
            "risk": 96.25, "knownExploited": [{ "cve": "CVE-1" }], "dataSource": "https://a.example/1",
            "cvss": [{ "version": "2.0", "vector": "AV:N/AC:L/Au:N/C:P/I:P/A:P" }, { "type": "Secondary", "vector": "CVSS:3.1/AV:L" },
                     { "type": "Primary", "vector": "CVSS:3.1/AV:N" }]
            """);
        Assert.Equal((96.25, true, "CVSS:3.1/AV:N", "https://a.example/1"), (finding.Risk, finding.KnownExploited, finding.Cvss, finding.Url));
        Assert.Null(Find(""" "knownExploited": [] """).KnownExploited);
    }

    [Fact]
    public void A_package_has_its_source_its_kind_and_its_file()
    {
        var finding = Find(""" "id": "CVE-2024-1" """, """
            "name": "libc6", "version": "2.36-9", "type": "deb", "purl": "pkg:deb/debian/libc6@2.36-9", "upstreams": [{ "name": "glibc" }],
            "locations": [{ "path": "/var/lib/dpkg/status", "layerID": "sha256:l1" }, { "path": "/usr/share/doc/libc6/copyright", "layerID": "sha256:l0" }]
            """);
        Assert.Equal(("libc6", "2.36-9", "glibc", "deb"), (finding.Package, finding.Version, finding.SourcePackage, finding.Type));
        Assert.Equal(("/var/lib/dpkg/status", "sha256:l0"), (finding.Path, finding.Layer));
    }

    /// <summary>The database of a squashed image lies in the layer that wrote it last, whichever brought the package.</summary>
    [Theory]
    [InlineData("/var/lib/dpkg/status", "sha256:l1", "")]
    [InlineData("/lib/apk/db/installed", "sha256:l1", "")]
    [InlineData("/var/lib/rpm/rpmdb.sqlite", "sha256:l0", "sha256:l0")]
    [InlineData("/var/lib/dpkg/status.d/libc6", "sha256:l1", "sha256:l1")]
    [InlineData("/app/package-lock.json", "sha256:l1", "sha256:l1")]
    public void The_layer_of_a_package_database_is_the_packages_only_in_the_first_layer(string path, string layer, string expected) =>
        Assert.Equal(expected, Find(""" "id": "CVE-2024-1" """, $$""" "locations": [{ "path": "{{path}}", "layerID": "{{layer}}" }] """).Layer);

    [Theory]
    [InlineData("""{ "vulnerability": "CVE-2024-1", "reason": "not reachable" }""", "not reachable")]
    [InlineData("""{ "vex-status": "not_affected", "vex-justification": "component_not_present" }""", "not_affected: component_not_present")]
    [InlineData("""{ "vulnerability": "CVE-2024-1", "fix-state": "unknown", "package": { "name": "kernel-headers", "type": "rpm" } }""", "CVE-2024-1, unknown, kernel-headers, rpm")]
    [InlineData("{}", "ignored")]
    public void An_ignored_match_is_a_finding_that_does_not_count(string rule, string why)
    {
        var result = ReportBench.Read($$"""
            { "matches": [], "ignoredMatches": [{ "vulnerability": { "id": "CVE-2024-1", "severity": "High" }, "artifact": { "name": "a", "version": "1" },
              "appliedIgnoreRules": [{{rule}}] }], {{Source}}, {{Descriptor}} }
            """);
        Assert.Equal(why, Assert.Single(result.Findings).Suppressed);
        Assert.Equal(0, result.HighCount);
    }

    [Fact]
    public void Alerts_tell_of_the_end_of_life_and_of_packages_without_a_verdict()
    {
        var result = ReportBench.Read($$"""
            { "matches": [], "alertsByPackage": [
                { "package": { "name": "a", "version": "1" }, "alerts": [{ "type": "distro-eol", "message": "debian 8 is at its end" }] },
                { "package": { "name": "b", "version": "2" }, "alerts": [{ "type": "distro-disabled", "message": "arch is not looked at" }] }],
              "distro": { "name": "debian", "version": "8" }, {{Source}}, {{Descriptor}} }
            """);
        Assert.Equal(new ScannedOs { Family = "debian", Version = "8", EndOfLife = true }, result.Os);
        Assert.Equal(("b", "2", "arch is not looked at"), Assert.Single(result.Unassessed) is var u ? (u.Package, u.Version, u.Reason) : default);
    }

    [Theory]
    [InlineData("""{ "built": "2026-01-01T00:00:00Z", "error": null }""", true, null)]
    [InlineData("""{ "status": { "built": "2026-01-01T00:00:00Z", "valid": true }, "providers": { "kev": {} } }""", true, false)]
    [InlineData("""{ "built": "0001-01-01T00:00:00Z" }""", false, null)]
    [InlineData("null", false, null)]
    public void The_time_of_the_database_is_read_in_each_of_its_forms(string database, bool hasTime, bool? exploited)
    {
        var result = ReportBench.Read($$"""
            { "descriptor": { "name": "grype", "version": "[not provided]", "timestamp": "", "db": {{database}} }, {{Source}},
              "matches": [{ "vulnerability": { "id": "CVE-2024-1" }, "artifact": { "name": "a" } }] }
            """);
        Assert.Equal(hasTime ? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) : null, result.Scanner.DatabaseTime);
        Assert.Empty(result.Scanner.Version);
        Assert.Equal(exploited, result.Findings.Single().KnownExploited);
    }

    [Theory]
    [InlineData("""{ "status": { "valid": false } }""")]
    [InlineData("""{ "status": { "valid": true, "error": "checksum mismatch" } }""")]
    [InlineData("""{ "built": "2026-01-01T00:00:00Z", "error": {} }""")]
    public void A_database_that_was_not_good_is_an_error(string database) => Assert.Contains("database", ReportBench.Fault($$"""
        { "descriptor": { "name": "grype", "version": "1", "db": {{database}} }, {{Source}}, "matches": [] }
        """).Message, StringComparison.Ordinal);

    [Fact]
    public void A_folder_is_named_as_it_was_asked_for()
    {
        var result = ReportBench.Read($$"""{ "matches": [], "source": { "type": "directory", "target": "/src" }, {{Descriptor}} }""");
        Assert.Equal(("/src", "", new DateTimeOffset(2026, 1, 2, 2, 4, 5, TimeSpan.Zero)), (result.Image, result.Digest, result.ScannedAt));
    }

    [Fact]
    public void The_digest_is_that_of_the_name()
    {
        var (one, two) = ("sha256:" + new string('1', 64), "sha256:" + new string('2', 64));
        Assert.Equal(two, Digest("b.example/app:1", $"a.example/app@{one}", $"b.example/app@{two}"));
        Assert.Equal(one, Digest("app:1", $"a.example/app@{one}"));
        Assert.Equal(two, Digest($"app@{two}", $"a.example/app@{one}"));
        Assert.Empty(Digest("app:1", $"a.example/app@{one}", $"b.example/app@{two}"));
        Assert.Empty(Digest("app:1", "REDACTED"));
    }

    [Theory]
    [InlineData("""{ "source": { "target": "." }, "matches": [] }""")]
    [InlineData("""{ "matches": [] }""")]
    [InlineData("""{ "descriptor": { "name": "grype" }, "source": { "target": "." }, "matches": {} }""")]
    [InlineData("""{ "descriptor": { "name": "grype" }, "source": { "target": "." }, "matches": [{ """)]
    public void A_report_without_matches_that_was_cut_short_or_is_anything_else_is_no_empty_result(string json) =>
        ReportBench.Fault(json, "Grype", "app:1");

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    public void Nothing_is_no_report_of_Grypes(string json) => ReportBench.Fault(json, "Grype", "app:1");

    private static string Digest(string name, params string[] pinned) => ReportBench.Read($$"""
        { "matches": [], {{Descriptor}}, "source": { "type": "image", "target": { "userInput": "{{name}}",
          "repoDigests": [{{string.Join(", ", pinned.Select(p => $"\"{p}\""))}}] } } }
        """).Digest;

    private static Finding Find(string vulnerability, string artifact = """ "name": "a", "version": "1" """, params string[] related) =>
        ReportBench.Read($$"""
            { "matches": [{ "vulnerability": { {{vulnerability}} }, "artifact": { {{artifact}} },
              "relatedVulnerabilities": [{{string.Join(", ", related.Select(r => $$"""{ "id": "{{r}}" }"""))}}] }], {{Source}}, {{Descriptor}} }
            """).Findings.Single();
}
