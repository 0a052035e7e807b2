using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class TrivyReportTests
{
    private const string Sha = "sha256:0123456789012345678901234567890123456789012345678901234567890123";

    [Theory]
    [InlineData("CRITICAL", Severity.Critical, "")]
    [InlineData("low", Severity.Low, "")]
    [InlineData("UNKNOWN", Severity.Unknown, "")]
    [InlineData("", Severity.Unknown, "")]
    [InlineData("IMPORTANT", Severity.High, "IMPORTANT")]
    [InlineData("dire", Severity.Unknown, "dire")]
    public void Severities_are_read_and_words_of_others_kept(string word, Severity severity, string text)
    {
        var finding = Finding($$"""{"VulnerabilityID":"CVE-1","Severity":"{{word}}","SeveritySource":"nvd"}""");

        Assert.Equal((severity, text, severity == Severity.Unknown ? "" : "nvd"),
            (finding.Severity, finding.SeverityText, finding.SeveritySource));
    }

    [Theory]
    [InlineData("", "", FixState.Unknown)]
    [InlineData("", "2", FixState.Fixed)]
    [InlineData("fixed", "2, 3", FixState.Fixed)]
    [InlineData("affected", "", FixState.NotFixed)]
    [InlineData("will_not_fix", "", FixState.WontFix)]
    [InlineData("not_affected", "2", FixState.NotAffected)]
    [InlineData("of a later version", "", FixState.Unknown)]
    public void Whether_there_is_a_fix_is_what_status_and_version_say(string status, string version, FixState state)
    {
        var finding = Finding($$"""{"VulnerabilityID":"CVE-1","Status":"{{status}}","FixedVersion":"{{version}}"}""");

        Assert.Equal((state, version), (finding.FixState, finding.FixedVersion));
    }

    [Fact]
    public void Every_field_goes_where_it_belongs()
    {
        var finding = Finding("""
            {"VulnerabilityID":"CVE-1","VendorIDs":["DSA-1","DSA-2"],"PkgID":"a@1","PkgName":"a","InstalledVersion":"1","PkgPath":"opt/a",
             "PkgIdentifier":{"PURL":"pkg:deb/debian/a@1"},"Layer":{"Digest":"sha256:1","DiffID":"sha256:2"},"Severity":"HIGH",
             "SeveritySource":"debian","PrimaryURL":"https://one","References":["https://two"],
             "CVSS":{"nvd":{"V2Vector":"v2","V3Vector":"v3"},"debian":{"V3Vector":"d3","V40Vector":"d4"}}}
            """);

        Assert.Equal(["DSA-1", "DSA-2"], finding.Aliases);
        Assert.Equal(("a", "1", "opt/a", "pkg:deb/debian/a@1", "deb"),
            (finding.Package, finding.Version, finding.Path, finding.Purl, finding.Type));
        Assert.Equal(("sha256:1", "debian", "d4", "https://one"), (finding.Layer, finding.SeveritySource, finding.Cvss, finding.Url));
    }

    [Fact]
    public void What_a_finding_lacks_is_empty()
    {
        var finding = Finding("""{"Title":"no name","VendorIDs":null,"CVSS":null,"Layer":{},"References":null,"PkgName":7}""");

        Assert.Equal(("no name", "", "", "", "", ""),
            (finding.Id, finding.Package, finding.Version, finding.Cvss, finding.Url, finding.Layer));
        Assert.Equal((FixState.Unknown, Severity.Unknown), (finding.FixState, finding.Severity));
        Assert.Null(finding.KnownExploited);
    }

    [Fact]
    public void Source_packages_come_from_the_list_of_packages()
    {
        var result = Assert.Single(TrivyReading.ReadText("""
            {"SchemaVersion":2,"ArtifactName":"a","Results":[{"Target":"a (debian 12.1)","Class":"os-pkgs","Type":"debian",
             "Packages":[{"ID":"libssl3@3","Name":"libssl3","SrcName":"openssl"},{"Name":"libc6","SrcName":"glibc"},{"Name":"x"}],
             "Vulnerabilities":[{"VulnerabilityID":"CVE-1","PkgID":"libssl3@3","PkgName":"libssl3"},
                                {"VulnerabilityID":"CVE-2","PkgName":"libc6"},{"VulnerabilityID":"CVE-3","PkgName":"x"}]}]}
            """));

        Assert.Equal(3, result.PackageCount);
        Assert.Equal(["openssl", "glibc", ""], result.Findings.OrderBy(f => f.Id).Select(f => f.SourcePackage));
    }

    [Theory]
    [InlineData("""{"Target":"app/yarn.lock","Class":"lang-pkgs","Type":"yarn",V}""", "npm", "app/yarn.lock")]
    [InlineData("""{V,"Type":"yarn","Class":"lang-pkgs","Target":"app/yarn.lock"}""", "npm", "app/yarn.lock")]
    [InlineData("""{"Target":"Java","Class":"lang-pkgs","Type":"jar",V}""", "maven", "")]
    [InlineData("""{"Target":"a (slem 5.4)","Class":"os-pkgs","Type":"slem",V}""", "rpm", "")]
    [InlineData("""{"Target":"a (alpine 3.1)","Type":"alpine",V}""", "apk", "")]
    [InlineData("""{"Target":"x","Class":"lang-pkgs","Type":"something-new",V}""", "something-new", "x")]
    public void The_file_and_the_kind_of_a_package_are_its_targets(string target, string type, string path)
    {
        var result = Assert.Single(TrivyReading.ReadText(
            $$"""{"ArtifactName":"a","Results":[{{target.Replace("V", "\"Vulnerabilities\":[{\"VulnerabilityID\":\"CVE-1\"}]")}}]}"""));

        var finding = Assert.Single(result.Findings);
        Assert.Equal((type, path), (finding.Type, finding.Path));
    }

    [Theory]
    [InlineData("app:1", """{"RepoTags":["app:1"],"RepoDigests":["app@D"]}""", "app:1", Sha)]
    [InlineData("docker.io/library/app:1", """{"RepoDigests":["other@sha256:9","x/other@E","app@D"]}""", "docker.io/library/app:1", Sha)]
    [InlineData("app@D", "{}", "app@D", Sha)]
    [InlineData("app:1", """{"RepoDigests":["x/other@D"]}""", "app:1", Sha)]
    [InlineData("app:1", """{"RepoDigests":["x/other@E","y/other@D"]}""", "app:1", "")]
    [InlineData("app:1", """{"RepoDigests":["app@sha256:12"]}""", "app:1", "")]
    [InlineData("dir/app.tar", """{"RepoTags":["app:1"]}""", "app:1", "")]
    [InlineData("dir/app.tar", "{}", "dir/app.tar", "")]
    [InlineData("", """{"Reference":"app:2","RepoTags":["app:1"]}""", "app:2", "")]
    [InlineData("app:1", "null", "app:1", "")]
    public void The_image_and_its_digest_are_what_was_asked_for(string artifact, string metadata, string image, string digest)
    {
        string Fill(string text) => text.Replace("@D", "@" + Sha).Replace("@E", "@" + Sha.Replace('0', 'f'));
        var result = Assert.Single(TrivyReading.ReadText(
            $$"""{"SchemaVersion":2,"ArtifactName":"{{Fill(artifact)}}","Metadata":{{Fill(metadata)}},"Results":[]}"""));

        Assert.Equal((Fill(image), digest), (result.Image, result.Digest));
    }

    [Theory]
    [InlineData("""{"os":"linux","architecture":"arm","variant":"v7"}""", "linux/arm/v7")]
    [InlineData("""{"architecture":"amd64"}""", "")]
    [InlineData("null", "")]
    public void A_platform_that_is_not_told_in_full_is_not_told(string config, string platform) => Assert.Equal(platform,
        Assert.Single(TrivyReading.ReadText($$"""{"SchemaVersion":2,"ArtifactName":"a","Metadata":{"ImageConfig": {{config}} } }""")).Platform);

    [Fact]
    public void A_report_without_results_is_one_of_an_image_in_which_nothing_was()
    {
        var result = Assert.Single(TrivyReading.ReadText(
            """{"SchemaVersion":2,"ArtifactName":"scratch:1","Metadata":{"OS":{"Family":"none","Name":""}}}"""));

        Assert.Equal((0, new ScannedOs()), (result.Findings.Count, result.Os));
    }

    [Theory]
    [InlineData("""{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Target":"d","Class":"config"},{"Target":"s","Class":"secret"}]}""",
        "of class config, secret")]
    [InlineData("""{"SchemaVersion":2,"ArtifactName":"a","Results":{}}""", "an object where a list should be")]
    [InlineData("""{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Vulnerabilities":{}}]}""", "an object where a list should be")]
    [InlineData("""{"SchemaVersion":2,"ArtifactName":"a","Results":["x"]}""", "a text where an object should be")]
    [InlineData("""{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Vulnerabilities":[{"Vulner""", "no valid JSON")]
    [InlineData("""{"SchemaVersion":2,"ArtifactName":"a"} {}""", "no valid JSON")]
    [InlineData("""{"anything":1}""", "no report of a form that is known. Its top has 'anything'")]
    public void What_is_no_report_of_vulnerabilities_is_refused(string json, string fault) =>
        Assert.Contains(fault, TrivyReading.Fault(json));

    [Theory]
    [InlineData("{}", "it has nothing of a report")]
    [InlineData("[{}]", "one of its targets has nothing")]
    public void An_object_with_nothing_in_it_is_no_report_even_where_the_scanner_is_named(string json, string fault) =>
        Assert.Contains(fault, TrivyReading.Fault(json, new() { Scanner = "Trivy", Image = "a" }));

    private static Finding Finding(string json) => Assert.Single(Assert.Single(TrivyReading.ReadText($$"""
        {"SchemaVersion":2,"ArtifactName":"a","Results":[{"Target":"t","Class":"os-pkgs","Type":"debian","Vulnerabilities":[{{json}}]}]}
        """)).Findings);
}
