using System.Text.Json;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class CycloneDxReportTests
{
    private const string Digest = "sha256:ca738abb87a8d58f112d3400ebb079b61ceae7dc290beb34bda735be4b1941d5";

    // The severity: by the vulnerability's own source, else NVD's newest, as in Trivy's JSON report of the same scan.
    [Theory]
    [InlineData("pom-cyclonedx.json.golden", "CVE-2020-9548 Critical ghsa 2.9.10.4|CVE-2021-20190 High nvd 2.9.10.7")]
    [InlineData("npm-cyclonedx.json.golden", "CVE-2019-11358 Medium ghsa 3.4.0")]
    [InlineData("fluentd-multiple-lockfiles-short.cdx.json.golden",
        "CVE-2019-18224 Critical nvd 2.0.5-1+deb10u1|CVE-2019-18276 Low debian |CVE-2020-8165 High ghsa 6.0.3.1, 5.2.4.3")]
    public void Real_BOMs_of_Trivy_with_vulnerabilities_are_read_whole(string file, string expected)
    {
        var path = Conformance.Path("trivy", "goldens", file);
        var result = TextReport.ReadFile(path, image: "");
        using var raw = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = raw.RootElement;
        var affects = root.GetProperty("vulnerabilities").EnumerateArray()
            .SelectMany(v => v.GetProperty("affects").EnumerateArray().Select(a => (Id: v.GetProperty("id").GetString(), Ref: a.GetProperty("ref").GetString(),
                Fix: v.TryGetProperty("recommendation", out var r) ? r.GetString()!.Split(" to version ")[1] : string.Empty))).ToArray();
        var components = root.GetProperty("components").EnumerateArray().ToDictionary(c => c.GetProperty("bom-ref").GetString()!);
        Assert.Equal(affects.Select(a => (a.Id, a.Fix, components[a.Ref!].GetProperty("purl").GetString())).Order(),
            result.Findings.Select(f => (f.Id, f.FixedVersion, f.Purl)).ToArray().Order()!);
        Assert.Equal(affects.Count(a => a.Fix.Length > 0), result.FixableCount);
        Assert.Equal(expected.Split('|').Order(StringComparer.Ordinal),
            result.Findings.Select(f => $"{f.Id} {f.Severity} {f.SeveritySource} {f.FixedVersion}").Order(StringComparer.Ordinal));
        Assert.Equal(("Trivy", "dev"), (result.Scanner.Name, result.Scanner.Version));
        Assert.Equal(root.GetProperty("metadata").GetProperty("component").GetProperty("name").GetString(), result.Image);
        Assert.Equal(components.Values.Count(c => c.GetProperty("type").GetString() == "library"), result.PackageCount);
        Assert.Equal(new DateTimeOffset(2021, 8, 25, 12, 20, 30, TimeSpan.Zero), result.ScannedAt);
    }

    [Theory]
    [InlineData("pom-cyclonedx.json.golden", "pom.json.golden")]
    [InlineData("npm-cyclonedx.json.golden", "npm.json.golden")]
    [InlineData("fluentd-multiple-lockfiles-short.cdx.json.golden", "fluentd-multiple-lockfiles.json.golden")]
    public void A_real_BOM_of_Trivy_says_what_its_JSON_report_of_the_same_scan_says(string bom, string report)
    {
        var result = TextReport.ReadFile(Conformance.Path("trivy", "goldens", bom));
        Assert.Equal(Facts(TextReport.ReadFile(Conformance.Path("trivy", "goldens", report))), Facts(result));

        static IEnumerable<string> Facts(ImageScanResult r) => r.Findings
            .Select(f => $"{f.Id} {f.Package} {f.Version} {f.FixedVersion} {f.Severity} {f.SeveritySource} {f.Cvss} {f.Type} {f.Layer}");
    }

    [Fact]
    public void Packages_of_a_real_BOM_have_their_sources_and_the_distribution()
    {
        var result = TextReport.ReadFile(Conformance.Path("trivy", "goldens", "fluentd-multiple-lockfiles-short.cdx.json.golden"));
        Assert.Equal(("debian", "10.2"), (result.Os.Family, result.Os.Version));
        Assert.Contains(result.Findings, f => (f.Package, f.SourcePackage, f.Type, f.Path) == ("libidn2-0", "libidn2", "deb", string.Empty));
        Assert.Contains(result.Findings, f => (f.Type, f.Path) == ("gem", "var/lib/gems/2.5.0/specifications/activesupport-6.0.2.1.gemspec"));
    }

    [Theory]
    [InlineData("fixtures-sbom", "centos-7-cyclonedx.json", "no 'vulnerabilities'")]
    [InlineData("fixtures-sbom", "fluentd-multiple-lockfiles-cyclonedx.json", "no 'vulnerabilities'")]
    [InlineData("fixtures-sbom", "license-cyclonedx.json", "vulnerabilities is empty")]
    [InlineData("fixtures-sbom", "minikube-kbom.json", "vulnerabilities is empty")]
    [InlineData("goldens", "conda-cyclonedx.json.golden", "vulnerabilities is empty")]
    [InlineData("goldens", "conda-environment-cyclonedx.json.golden", "vulnerabilities is empty")]
    [InlineData("goldens", "fluentd-multiple-lockfiles.cdx.json.golden", "vulnerabilities is empty")]
    public void Real_BOMs_that_nobody_scanned_are_refused(string folder, string file, string fault) =>
        Assert.Contains(fault, Assert.Throws<PatchException>(() => TextReport.ReadFile(Conformance.Path("trivy", folder, file))).Message);

    [Fact]
    public void An_empty_list_of_a_tool_that_does_nothing_but_scan_is_a_result() =>
        Assert.Empty(TextReport.Read(Bom("""{"tools":{"components":[{"name":"grype","version":"0.100.0"}]} }""", "[]", "[]")).Findings);

    // The form that Grype writes, of 1.7: EPSS and KEV among the ratings, fixed versions as ranges that are unaffected.
    [Fact]
    public void A_BOM_of_Grype_is_read()
    {
        var result = TextReport.Read(Bom($$"""
            {"timestamp":"2026-06-22T14:23:19+09:00","tools":{"components":[{"type":"application","author":"anchore","name":"grype","version":"0.100.0"}]},
             "component":{"bom-ref":"x","type":"container","name":"user-input","version":"{{Digest}}"} }
            """, """
            [{"bom-ref":"a","type":"library","name":"package-1","version":"1.1.1","properties":[{"name":"syft:package:type","value":"rpm"},
              {"name":"syft:location:0:path","value":"/var/lib/rpm/rpmdb.sqlite"},{"name":"syft:location:0:layerID","value":"sha256:1"},
              {"name":"syft:location:1:layerID","value":"sha256:2"},{"name":"syft:metadata:sourceRpm","value":"some-source-1.1-2.el9.src.rpm"}]},
             {"bom-ref":"b","type":"library","name":"gin","version":"1.0","purl":"pkg:golang/github.com/gin@1.0",
              "properties":[{"name":"syft:location:0:path","value":"/usr/bin/app"}]},
             {"bom-ref":"os","type":"operating-system","name":"rhel","version":"9"}]
            """, """
            [{"id":"CVE-1","source":{"name":"redhat-distro-redhat-9","url":"https://a"},"references":[{"id":"CVE-1"},{"id":"RHSA-1"}],
              "ratings":[{"score":8.2,"severity":"low","method":"CVSSv31","vector":"CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:H"},
               {"source":{"name":"FIRST","url":"https://www.first.org/epss/"},"score":0.03,"method":"other"},
               {"source":{"name":"CISA KEV Catalog","url":"https://www.cisa.gov/known-exploited-vulnerabilities-catalog"},"score":1,"method":"other"}],
              "affects":[{"ref":"a","versions":[{"version":"1.1.1","status":"affected"},{"range":"vers:rpm/>=1.2.1","status":"unaffected"},
               {"range":"vers:rpm/>=2%3A2.1","status":"unaffected"}]}]},
             {"id":"CVE-2","source":{},"ratings":[{"severity":"none"}],"affects":[{"ref":"b"}]}]
            """), image: "");
        Assert.Equal(("user-input", string.Empty, Digest, "Grype", 2), TextOf(result));
        Assert.Equal("rhel", result.Os.Family);
        var byId = result.Findings.ToDictionary(f => f.Id);
        var first = byId["CVE-1"];
        Assert.Equal(("package-1", "1.2.1, 2:2.1", FixState.Fixed, "some-source", "rpm", ""),
            (first.Package, first.FixedVersion, first.FixState, first.SourcePackage, first.Type, first.Path));
        Assert.Equal((Severity.Low, "redhat-distro-redhat-9", "CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:H", 0.03, true, "sha256:1", "https://a"),
            (first.Severity, first.SeveritySource, first.Cvss, first.Epss, first.KnownExploited, first.Layer, first.Url));
        Assert.Equal(["RHSA-1"], first.Aliases);
        Assert.Equal((Severity.Negligible, FixState.Unknown, "golang", "usr/bin/app", null),
            (byId["CVE-2"].Severity, byId["CVE-2"].FixState, byId["CVE-2"].Type, byId["CVE-2"].Path, byId["CVE-2"].KnownExploited));

        static (string, string, string, string, int) TextOf(ImageScanResult r) => (r.Image, r.Digest, r.ManifestDigest, r.Scanner.Name, r.PackageCount);
    }

    [Fact]
    public void The_digest_is_that_of_the_package_URL_else_that_of_the_name_that_was_asked_for()
    {
        var other = Digest.Replace("ca7", "000", StringComparison.Ordinal);
        var encoded = Digest.Replace(":", "%3A", StringComparison.Ordinal);
        const string flaw = """[{"id":"CVE-1"}]""";
        Assert.Equal(Digest, TextReport.Read(Bom(
            $$"""{"component":{"type":"container","name":"debian:12","purl":"pkg:oci/debian@{{encoded}}?arch=amd64"} }""", "[]", flaw), "debian:12").Digest);
        Assert.Equal(Digest, TextReport.Read(Bom($$"""
            {"component":{"type":"container","name":"debian:12","properties":[
              {"name":"aquasecurity:trivy:RepoDigest","value":"mirror/x@{{other}}"},{"name":"aquasecurity:trivy:RepoDigest","value":"debian@{{Digest}}"}]} }
            """, "null", flaw), "debian:12").Digest);
        Assert.Equal(string.Empty, TextReport.Read(Bom("""{"component":{"type":"application","name":"a","version":"1"} }""", "null", flaw)).Digest);
    }

    [Fact]
    public void Components_may_be_nested_come_after_the_vulnerabilities_and_be_named_by_group()
    {
        var result = TextReport.Read("""
            {"bomFormat":"CycloneDX","specVersion":"1.4","vulnerabilities":[{"id":"CVE-1","affects":[{"ref":"j"},{"ref":"n"},{"ref":"d"}]}],
             "components":[{"bom-ref":"o","type":"application","name":"app","components":[
               {"bom-ref":"j","type":"library","group":"org.x","name":"y","version":"1","purl":"pkg:maven/org.x/y@1"},
               {"bom-ref":"k","type":"library","name":"z","components":[
                 {"bom-ref":"n","type":"library","group":"@angular","name":"core","version":"2","purl":"pkg:npm/%40angular/core@2"}]}]},
               {"bom-ref":"d","type":"library","group":"debian","name":"bash","version":"5","purl":"pkg:deb/debian/bash@5"}],
             "metadata":{"tools":[{"vendor":"aquasecurity","name":"trivy","version":"0.40"}]}}
            """);
        Assert.Equal(["@angular/core 2 npm", "bash 5 deb", "org.x:y 1 maven"],
            result.Findings.Select(f => $"{f.Package} {f.Version} {f.Type}").Order(StringComparer.Ordinal));
        Assert.Equal(("Trivy", "0.40", 4), (result.Scanner.Name, result.Scanner.Version, result.PackageCount));
    }

    [Theory]
    [InlineData("pkg:maven/org.x/y@1.0?type=jar", "org.x:y", "1.0", "maven")]
    [InlineData("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg:deb/debian/bash@5.0%2B1?distro=10", "bash", "5.0+1", "deb")]
    [InlineData("urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#pkg%3Anpm%2F%2540angular%2Fcore%402", "@angular/core", "2", "npm")]
    [InlineData("3ff14136-e09f", "3ff14136-e09f", "", "")]
    public void What_a_vulnerability_affects_outside_of_the_BOM_is_named_by_its_reference(string reference, string name, string version, string kind)
    {
        var finding = Assert.Single(TextReport.Read(Bom("{}", "[]", $$"""[{"id":"CVE-1","affects":[{"ref":"{{reference}}"}]}]""")).Findings);
        Assert.Equal((name, version, kind), (finding.Package, finding.Version, finding.Type));
    }

    [Theory]
    [InlineData("""{"state":"not_affected","justification":"code_not_reachable","detail":"never called"}""", "not_affected: code_not_reachable: never called", FixState.NotAffected)]
    [InlineData("""{"state":"false_positive"}""", "false_positive", FixState.Unknown)]
    [InlineData("""{"state":"resolved"}""", "resolved", FixState.Unknown)]
    [InlineData("""{"state":"resolved_with_pedigree"}""", "resolved_with_pedigree", FixState.Unknown)]
    [InlineData("""{"state":"exploitable","response":["update"]}""", "", FixState.Unknown)]
    [InlineData("""{"state":"exploitable","response":["will_not_fix"]}""", "", FixState.WontFix)]
    [InlineData("""{"state":"in_triage"}""", "", FixState.Unknown)]
    [InlineData("null", "", FixState.Unknown)]
    public void An_analysis_says_what_does_not_count(string analysis, string suppressed, FixState state)
    {
        var finding = ReadOne($$"""{"id":"CVE-1","analysis":{{analysis}},"affects":[{"ref":"a"}]}""");
        Assert.Equal((suppressed, state), (finding.Suppressed, finding.FixState));
    }

    [Theory]
    [InlineData("Upgrade lib to version 2.0.1", "2.0.1")]
    [InlineData("Upgrade lib to version 2.0.1, 1.9", "2.0.1, 1.9")]
    [InlineData("Upgrade other to version 9; Upgrade lib to version 2.0.1", "2.0.1")]
    [InlineData("Upgrade to version 2.0.1.", "2.0.1")]
    [InlineData("Upgrade other to version 9; Upgrade third to version 8", "")]
    [InlineData("Stop using it", "")]
    public void A_recommendation_to_upgrade_names_the_fix(string text, string fix)
    {
        var finding = ReadOne($$"""{"id":"CVE-1","recommendation":"{{text}}","affects":[{"ref":"a"}]}""");
        Assert.Equal((fix, fix.Length > 0 ? FixState.Fixed : FixState.Unknown), (finding.FixedVersion, finding.FixState));
    }

    [Fact]
    public void A_version_that_is_unaffected_is_a_fix_and_the_installed_one_being_so_is_no_finding_that_counts()
    {
        var fixedOne = ReadOne("""{"id":"CVE-1","affects":[{"ref":"a","versions":[{"version":"1","status":"affected"},{"version":"3","status":"unaffected"}]}]}""");
        Assert.Equal(("3", FixState.Fixed, ""), (fixedOne.FixedVersion, fixedOne.FixState, fixedOne.Suppressed));
        var unaffected = ReadOne("""{"id":"CVE-1","affects":[{"ref":"a","versions":[{"version":"1","status":"unaffected"}]}]}""");
        Assert.Equal((FixState.NotAffected, "unaffected: this version"), (unaffected.FixState, unaffected.Suppressed));
    }

    [Theory]
    [InlineData("""[{"source":{"name":"x"},"severity":"low"},{"source":{"name":"y"},"severity":"high"}]""", Severity.High, "y", "", "")]
    [InlineData("""[{"severity":"medium"},{"source":{"name":"nvd"},"severity":"high"}]""", Severity.Medium, "own", "", "")]
    [InlineData("""[{"source":{"name":"NVD"},"severity":"high","vector":"AV:N/AC:L/Au:N/C:P/I:P/A:P"},{"source":{"name":"NVD"},"severity":"critical","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]""", Severity.Critical, "NVD", "", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")]
    [InlineData("""[{"source":{"name":"nvd"},"method":"CVSSv31","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]""", Severity.Critical, "nvd", "", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")]
    [InlineData("""[{"severity":"unknown"},{"severity":"odd"}]""", Severity.Unknown, "", "", "")]
    [InlineData("""[{"severity":"odd"}]""", Severity.Unknown, "", "odd", "")]
    [InlineData("null", Severity.Unknown, "", "", "")]
    public void The_severity_is_that_of_the_own_source_else_of_NVD_else_the_worst(string ratings, Severity severity, string source, string text, string cvss)
    {
        var finding = ReadOne($$"""{"id":"CVE-1","source":{"name":"own"},"ratings":{{ratings}},"affects":[{"ref":"a"}]}""");
        Assert.Equal((severity, source, text, cvss), (finding.Severity, finding.SeveritySource, finding.SeverityText, finding.Cvss));
    }

    [Fact]
    public void A_vulnerability_that_says_neither_its_id_nor_what_it_affects_is_kept()
    {
        var finding = Assert.Single(TextReport.Read(Bom("{}", "[]", """[{"references":null,"affects":null}]""")).Findings);
        Assert.Equal(("unnamed", string.Empty), (finding.Id, finding.Package));
    }

    [Theory]
    [InlineData("""{"bomFormat":"CycloneDX","components":[]}""", "a list of parts (an SBOM), and no scan")]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":null}""", "vulnerabilities is empty")]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":{}}""", "(at 'vulnerabilities'): there is an object where a list should be")]
    [InlineData("""{"bomFormat":"CycloneDX","vulnerabilities":[{"id":""", "no valid JSON")]
    public void What_is_no_scan_and_what_is_broken_is_refused(string text, string fault) => Assert.Contains(fault, TextReport.Refuse(text));

    private static string Bom(string metadata, string components, string vulnerabilities) =>
        $"{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"metadata\":{metadata},\"components\":{components},\"vulnerabilities\":{vulnerabilities}}}";

    private static Finding ReadOne(string vulnerability) => Assert.Single(TextReport.Read(Bom("{}",
        """[{"bom-ref":"a","type":"library","name":"lib","version":"1","purl":"pkg:npm/lib@1"}]""", $"[{vulnerability}]")).Findings);
}
