using System.Text.Json;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class ClairReportTests
{
    private const string Manifest = "sha256:fc84b5febd328eccaa913807716887b3eb5ed08bc22cc6933a9ebf82766725e3";
    private const string Layer = "sha256:2f077db56abccc19f16f140f629ae98e904b4b7d563957a7fc319bd11b82ba36";

    [Fact]
    public void The_real_report_of_a_RHEL_image_is_read_whole()
    {
        var path = Conformance.Path("clair", "reports", "vulnerabilityreport.json");
        var result = TextReport.ReadFile(path);
        using var raw = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = raw.RootElement;

        // A flaw stands in it once for each repository: by package, name, severity and fix, what is there to count.
        var expected = root.GetProperty("package_vulnerabilities").EnumerateObject().SelectMany(p => p.Value.EnumerateArray().Select(id =>
        {
            var v = root.GetProperty("vulnerabilities").GetProperty(id.GetString()!);
            return (Package: p.Name, Name: v.GetProperty("name").GetString(), Severity: v.GetProperty("normalized_severity").GetString(),
                Fix: v.GetProperty("fixed_in_version").GetString());
        })).Distinct().ToArray();
        Assert.Equal(89, expected.Length);
        Assert.Equal(expected.Length, result.Findings.Count);
        Assert.All(Enum.GetValues<Severity>(), s => Assert.Equal(expected.Count(e => e.Severity == s.ToString()), result.Findings.Count(f => f.Severity == s)));
        Assert.Equal(expected.Count(e => e.Fix!.Length > 0), result.FixableCount);
        Assert.Equal(expected.Select(e => e.Fix).Order(StringComparer.Ordinal), result.Findings.Select(f => f.FixedVersion).Order(StringComparer.Ordinal));
        Assert.Equal(root.GetProperty("packages").EnumerateObject().Count(), result.PackageCount);
        Assert.Equal(root.GetProperty("manifest_hash").GetString(), result.ManifestDigest);
        Assert.Equal((string.Empty, "Clair"), (result.Digest, result.Scanner.Name));
        Assert.Equal(("rhel", "8"), (result.Os.Family, result.Os.Version));
        Assert.All(result.Findings, f => Assert.StartsWith("sha256:", f.Layer));
        Assert.All(result.Findings, f => Assert.DoesNotContain(' ', f.Id));

        var http2 = Assert.Single(result.Findings, f => f.Id == "RHSA-2023:5837");
        Assert.Equal(["CVE-2023-44487"], http2.Aliases);
        Assert.Equal(("libnghttp2", "nghttp2", "rpm", "0:1.33.0-5.el8_8"), (http2.Package, http2.SourcePackage, http2.Type, http2.FixedVersion));
        Assert.Equal((Severity.High, "Important", "RHEL8-rhel-8"), (http2.Severity, http2.SeverityText, http2.SeveritySource));
        Assert.Equal("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", http2.Cvss);
        Assert.Null(http2.KnownExploited);

        // An advisory of three CVEs is none of them; a title is no id, and the CVE that its link leads to is.
        Assert.All(result.Findings.Where(f => f.Id == "RHSA-2023:7877"), f => Assert.Empty(f.Aliases));
        Assert.Contains(result.Findings, f => f.Id == "CVE-2020-19188" && f.Package.StartsWith("ncurses", StringComparison.Ordinal));
        var go = Assert.Single(result.Findings, f => f.Id == "GHSA-jq35-85cj-fj4p");
        Assert.Equal(("golang", FixState.Unknown, Severity.Unknown, string.Empty), (go.Type, go.FixState, go.Severity, go.SeveritySource));
        Assert.StartsWith("usr/bin/clair", go.Path);
    }

    [Theory]
    [InlineData("debian", "testdata", "indexreport-buster-jackson-databind.json")]
    [InlineData("docker.io-library-debian-10.index.json")]
    [InlineData("rhacs-main-rhel8.index.json")]
    [InlineData("ubuntu-bionic.index.json")]
    [InlineData("rhel", "testdata", "clair-rhel8-v3.5.5-4-indexreport.json")]
    [InlineData("rhel", "testdata", "clair-rhel8-v3.5.5-4-labels-indexreport.json")]
    [InlineData("rhel", "testdata", "rook-ceph-operator-container-4.6-115.d1788e1.release_4.6-indexreport.json")]
    [InlineData("rhel", "testdata", "rook-ceph-operator-container-4.7-159.76b9b11.release_4.7-indexreport.json")]
    public void Real_index_reports_are_refused_for_what_they_are(params string[] path)
    {
        var file = Conformance.Path(["clair", "index-reports", .. path]);
        var fault = Assert.Throws<PatchException>(() => TextReport.ReadFile(file));
        Assert.Contains("it is an index report of Clair", fault.Message);
    }

    [Fact]
    public void Tables_are_joined_in_any_order()
    {
        var forwards = Members();
        var backwards = forwards.AsEnumerable().Reverse().ToArray();
        var finding = Assert.Single(TextReport.Read($"{{{string.Join(',', forwards)}}}").Findings);
        var same = Assert.Single(TextReport.Read($"{{{string.Join(',', backwards)}}}").Findings);
        Assert.Equal(finding with { Aliases = [] }, same with { Aliases = [] });
        Assert.Equal(("CVE-2009-5155", "libapt-pkg5.0", "1.6.11", "apt", "2.28-0ubuntu1"),
            (finding.Id, finding.Package, finding.Version, finding.SourcePackage, finding.FixedVersion));
        Assert.Equal((Layer, "deb", string.Empty, "ubuntu", FixState.Fixed), (finding.Layer, finding.Type, finding.Path, finding.SeveritySource, finding.FixState));
        Assert.Equal("https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2009-5155", finding.Url);
    }

    [Fact]
    public void Null_tables_and_ids_as_numbers_are_read()
    {
        Assert.Empty(TextReport.Read(Report("\"environments\":null,\"distributions\":null,\"packages\":null,\"vulnerabilities\":null,"
            + "\"package_vulnerabilities\":null,\"enrichments\":null")).Findings);
        var found = TextReport.Read(Report(Package, Environments, Vulnerabilities("""{"name":"CVE-2024-1"}"""), """ "package_vulnerabilities":{"10":[42]} """));
        Assert.Equal((Severity.Unknown, string.Empty, FixState.Unknown, 1),
            (found.Findings[0].Severity, found.Findings[0].SeveritySource, found.Findings[0].FixState, found.UnknownCount));
    }

    [Theory]
    [InlineData("2.10.0", "2.10.0", FixState.Fixed)]
    [InlineData("", "", FixState.Unknown)]
    [InlineData("fixed=2.10.0&introduced=2.0.0", "2.10.0", FixState.Fixed)]
    [InlineData("fixed=1.2%2Bbuild.1&fixed=2.0", "1.2+build.1, 2.0", FixState.Fixed)]
    [InlineData("introduced=0&lastAffected=1.4", "", FixState.Unknown)]
    [InlineData("lastAffected=1.4", "", FixState.Unknown)]
    [InlineData("0:1.33.0-5.el8_8", "0:1.33.0-5.el8_8", FixState.Fixed)]
    public void A_fix_is_a_version_or_the_query_that_claircore_makes_of_a_range(string fix, string version, FixState state)
    {
        var finding = ReadOne($$"""{"name":"CVE-2024-1","fixed_in_version":"{{fix}}"}""");
        Assert.Equal((version, state), (finding.FixedVersion, finding.FixState));
    }

    [Theory]
    [InlineData("High", "Important", Severity.High, "Important", "", "u")]
    [InlineData("Low", "Low", Severity.Low, "", "", "u")]
    [InlineData("Unknown", "Moderate", Severity.Medium, "Moderate", "", "u")]
    [InlineData("Unknown", "not yet assigned", Severity.Unknown, "not yet assigned", "", "")]
    [InlineData("", "", Severity.Unknown, "", "", "")]
    [InlineData("Critical", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Severity.Critical, "", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "u")]
    [InlineData("Unknown", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Severity.Critical, "", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "u")]
    [InlineData("Unknown", "CVSS:9.0/AV:N", Severity.Unknown, "", "CVSS:9.0/AV:N", "")]
    public void The_normalized_severity_wins_and_the_updaters_word_is_kept(string normalized, string word, Severity severity, string text, string cvss, string source)
    {
        var finding = ReadOne($$"""{"name":"CVE-2024-1","updater":"u","normalized_severity":"{{normalized}}","severity":"{{word}}"}""");
        Assert.Equal((severity, text, cvss, source), (finding.Severity, finding.SeverityText, finding.Cvss, finding.SeveritySource));
    }

    [Theory]
    [InlineData("CVE-2021-1234 on Ubuntu 18.04 LTS (bionic) - low.", "", "CVE-2021-1234", "")]
    [InlineData("RHSA-2021:1234: kernel security update (Important)", "https://access.redhat.com/errata/RHSA-2021:1234 https://x/CVE-2021-1 https://x/CVE-2021-11111", "RHSA-2021:1234", "CVE-2021-11111")]
    [InlineData("ELSA-2021-1234:  kernel security update (IMPORTANT)", "https://linux.oracle.com/cve/CVE-2021-1000.html https://linux.oracle.com/cve/CVE-2021-1001.html", "ELSA-2021-1234", "")]
    [InlineData("ALAS2023-2023-001: important", "", "ALAS2023-2023-001", "")]
    [InlineData("DSA-1234-1 openssl", "", "DSA-1234-1", "")]
    [InlineData("python-certifi: Removal of e-Tugra root certificate (low)", "https://access.redhat.com/security/cve/CVE-2023-37920", "CVE-2023-37920", "")]
    [InlineData("GLib-2.0: a flaw with two numbers", "https://x/CVE-2023-1000 https://x/CVE-2023-1001", "GLib-2.0: a flaw with two numbers", "")]
    [InlineData("GO-2023-1571", "https://go.dev/issue/57855", "GO-2023-1571", "")]
    [InlineData("GHSA-jq35-85cj-fj4p", "https://nvd.nist.gov/vuln/detail/cve-2023-12345", "GHSA-jq35-85cj-fj4p", "CVE-2023-12345")]
    [InlineData("CVE-2023-12345", "https://github.com/advisories/GHSA-JQ35-85cj-fj4p", "CVE-2023-12345", "")]
    [InlineData("CVE-2023-12345", "https://github.com/advisories/GHSA-jq35-85cj-fj4p https://x/CVE-2023-12345", "CVE-2023-12345", "GHSA-jq35-85cj-fj4p")]
    [InlineData("CVE-2023-12345", "https://x/CVE-2023-99999 https://x/GHSA-jq35-85cj-fj4p", "CVE-2023-12345", "")]
    public void An_id_is_found_in_the_name_or_by_the_one_link_and_aliases_only_where_they_are_sure(string name, string links, string id, string aliases)
    {
        var finding = ReadOne($$"""{"name":"{{name}}","links":"{{links}}"}""");
        Assert.Equal((id, aliases), (finding.Id, string.Join(' ', finding.Aliases)));
    }

    [Fact]
    public void Enrichments_give_the_worst_vector_EPSS_and_KEV_and_without_a_CVE_nothing_is_known()
    {
        var result = TextReport.Read(Report(Package, Environments, """
            "enrichments":{
              "message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=none":[{"1":[
                {"version":"3.1","vectorString":"CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H","baseScore":6.2},
                {"version":"3.1","vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H","baseScore":7.5}]},null],
              "message/vnd.clair.map.vulnerability; enricher=clair.epss schema=none":[{"1":[{"cve":"CVE-2024-1001","epss":0.25},{"epss":0.5},{"epss":0.1}]}],
              "message/vnd.clair.map.vulnerability; enricher=clair.kev schema=none":[{"1":[{"cve":"CVE-2024-1001"}]}],
              "message/vnd.clair.map.layer; enricher=clair.rhcc schema=none":[{"sha256:00":["1"]}],
              "other":17}
            """, Vulnerabilities("""{"name":"CVE-2024-1001"}""", """{"name":"CVE-2024-1002"}""", """{"name":"OSV-1"}"""),
            """ "package_vulnerabilities":{"10":["1","2","3"]} """));
        var byId = result.Findings.ToDictionary(f => f.Id);
        Assert.Equal(("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 0.5, true),
            (byId["CVE-2024-1001"].Cvss, byId["CVE-2024-1001"].Epss, byId["CVE-2024-1001"].KnownExploited));
        Assert.Equal((string.Empty, null, false), (byId["CVE-2024-1002"].Cvss, byId["CVE-2024-1002"].Epss, byId["CVE-2024-1002"].KnownExploited));
        Assert.Null(byId["OSV-1"].KnownExploited);
    }

    [Fact]
    public void What_a_distribution_says_not_to_be_affected_is_kept_and_does_not_count()
    {
        var finding = Assert.Single(TextReport.Read(Report(Package, Environments, Vulnerabilities("""{"name":"CVE-2024-1","normalized_severity":"High"}"""),
            """ "package_vulnerabilities":{},"PackageNotVulnerable":{"10":["42"]} """)).Findings);
        Assert.Equal((FixState.NotAffected, Severity.High), (finding.FixState, finding.Severity));
        Assert.NotEmpty(finding.Suppressed);
    }

    [Fact]
    public void A_flaw_that_several_repositories_list_is_one_finding_and_with_another_fix_another()
    {
        const string flaw = """{"name":"CVE-2024-1","fixed_in_version":"1","links":"https://a/GHSA-jq35-85cj-fj4p"}""";
        var result = TextReport.Read(Report(Package, Environments, Vulnerabilities(flaw, flaw, """{"name":"CVE-2024-1","fixed_in_version":"2"}"""),
            """ "package_vulnerabilities":{"10":["1","2","3"]} """));
        Assert.Equal(["1", "2"], result.Findings.Select(f => f.FixedVersion).Order());
    }

    [Theory]
    [InlineData("go:usr/bin/clair", "golang", "usr/bin/clair")]
    [InlineData("maven:opt/a.jar", "maven", "opt/a.jar")]
    [InlineData("file:opt/a.jar", "maven", "opt/a.jar")]
    [InlineData("python:usr/lib/python3/a.egg-info", "pypi", "usr/lib/python3/a.egg-info")]
    [InlineData("nodejs:app/package.json", "npm", "app/package.json")]
    [InlineData("ruby:gems/a.gemspec", "gem", "gems/a.gemspec")]
    [InlineData("sqlite:var/lib/rpm", "rpm", "")]
    [InlineData("var/lib/dpkg/status.d", "deb", "")]
    [InlineData("lib/apk/db/installed", "apk", "")]
    [InlineData("root/buildinfo/Dockerfile-x", "deb", "root/buildinfo/Dockerfile-x")]
    public void The_kind_and_the_file_are_those_of_the_finder(string database, string kind, string path)
    {
        var finding = Assert.Single(TextReport.Read(Report(Package, Environments.Replace("var/lib/dpkg/status", database, StringComparison.Ordinal),
            Vulnerabilities("""{"name":"CVE-2024-1"}"""), """ "package_vulnerabilities":{"10":["42"]} """)).Findings);
        Assert.Equal((kind, path), (finding.Type, finding.Path));
    }

    [Theory]
    [InlineData("\"state\":\"IndexError\",\"success\":false,\"err\":\"no such layer\"", "did not index the image ('no such layer')")]
    [InlineData("\"state\":\"CheckManifest\",\"success\":false,\"err\":\"\"", "did not index the image.")]
    [InlineData("\"state\":\"IndexFinished\",\"success\":true,\"err\":\"\",\"packages\":{}", "it is an index report of Clair")]
    [InlineData("\"packages\":{},\"vulnerabilities\":{}", "it has no 'package_vulnerabilities'")]
    [InlineData("\"packages\":{},\"vulnerabilities\":{},\"package_vulnerabilities\":{\"1\":[]}", "a package '1', which is not among its packages")]
    [InlineData("\"packages\":{\"1\":{}},\"vulnerabilities\":{},\"package_vulnerabilities\":{\"1\":[\"7\"]}", "a vulnerability '7', which is not among")]
    [InlineData("\"packages\":{\"1\":{}},\"vulnerabilities\":{\"7\":{\"name\":\"CVE-1\"}},\"package_vulnerabilities\":{}", "it describes CVE-1, and does not say which package")]
    [InlineData("\"packages\":[],\"vulnerabilities\":{},\"package_vulnerabilities\":{}", "(at 'packages'): there is a list where an object should be")]
    public void A_report_that_failed_or_is_not_whole_is_refused(string members, string fault) => Assert.Contains(fault, TextReport.Refuse(Report(members)));

    [Fact]
    public void A_report_that_ends_too_early_is_refused() =>
        Assert.Contains("report.json", TextReport.Refuse($$"""{"manifest_hash":"{{Manifest}}","packages":{"1":{"name":"""));

    private const string Package = """ "packages":{"10":{"id":"10","name":"libapt-pkg5.0","version":"1.6.11","kind":"binary","source":{"name":"apt"}}} """;

    private const string Environments = "\"environments\":{\"10\":[{\"package_db\":\"var/lib/dpkg/status\",\"introduced_in\":\"" + Layer
        + "\",\"distribution_id\":\"1\",\"repository_ids\":null}]},\"distributions\":{\"1\":{\"id\":\"1\",\"did\":\"ubuntu\",\"version_id\":\"18.04\"}}";

    private static string[] Members() =>
    [
        $"\"manifest_hash\":\"{Manifest}\"", Package, Environments, """
        "vulnerabilities":{"356835":{"id":"356835","updater":"ubuntu","name":"CVE-2009-5155","severity":"Low","normalized_severity":"Low",
        "links":"https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-2009-5155 http://people.canonical.com/x.html","fixed_in_version":"2.28-0ubuntu1"}}
        """, """ "package_vulnerabilities":{"10":["356835"]} """, "\"enrichments\":{}",
    ];

    private static string Report(params string[] members) => $"{{\"manifest_hash\":\"{Manifest}\",{string.Join(',', members)}}}";

    // One has the id 42; several are numbered from 1 on.
    private static string Vulnerabilities(params string[] entries) => "\"vulnerabilities\":{"
        + string.Join(',', entries.Select((e, i) => $"\"{(entries.Length == 1 ? 42 : i + 1)}\":{e}")) + "}";

    private static Finding ReadOne(string vulnerability) =>
        Assert.Single(TextReport.Read(Report(Package, Environments, Vulnerabilities(vulnerability), """ "package_vulnerabilities":{"10":["42"]} """)).Findings);
}
