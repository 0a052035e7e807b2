using System.Text.Json;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class ClairLegacyTests
{
    private const string Digest = "sha256:2f077db56abccc19f16f140f629ae98e904b4b7d563957a7fc319bd11b82ba36";

    [Theory]
    [InlineData("clair_empty.json", 0)]
    [InlineData("clair_few_vuln.json", 4)]
    [InlineData("clair_many_vul.json", 35)]
    public void Real_reports_of_clair_scanner_are_read_whole(string file, int count)
    {
        var path = Conformance.Path("clair", "legacy-clair-v2-klar", file);
        using var raw = JsonDocument.Parse(File.ReadAllBytes(path));
        var entries = raw.RootElement.GetProperty("vulnerabilities").EnumerateArray().ToArray();
        var result = TextReport.ReadFile(path, image: "");
        Assert.Equal(raw.RootElement.GetProperty("image").GetString(), result.Image);
        Compare(result, count, [.. entries.Select(e => (Text(e, "vulnerability"), Text(e, "severity"), Text(e, "fixedby"), Text(e, "featurename"), Text(e, "featureversion")))]);
        Assert.All(result.Findings, f => Assert.Equal(("deb", string.Empty), (f.Type, f.Suppressed)));
    }

    [Theory]
    [InlineData("clairklar_empty.json", 0)]
    [InlineData("clairklar_high.json", 6)]
    [InlineData("clairklar_mixed.json", 6)]
    public void Real_reports_of_klar_are_read_whole(string file, int count)
    {
        var path = Conformance.Path("clair", "legacy-clair-v2-klar", file);
        using var raw = JsonDocument.Parse(File.ReadAllBytes(path));
        var entries = raw.RootElement.GetProperty("Vulnerabilities").EnumerateObject().SelectMany(s => s.Value.EnumerateArray()).ToArray();
        var result = TextReport.ReadFile(path);
        Compare(result, count, [.. entries.Select(e => (Text(e, "Name"), Text(e, "Severity"), Text(e, "FixedBy"), Text(e, "FeatureName"), Text(e, "FeatureVersion")))]);
        Assert.Equal(count == 0 ? (string.Empty, string.Empty) : ("centos", "7"), (result.Os.Family, result.Os.Version));
        Assert.All(result.Findings, f => Assert.Equal("rpm", f.Type));
    }

    [Fact]
    public void A_layer_of_the_API_is_read_with_its_features()
    {
        var result = TextReport.Read($$"""
            {"Layer":{"Name":"{{Digest}}","NamespaceName":"debian:8","IndexedByVersion":1,"Features":[
              {"Name":"coreutils","NamespaceName":"debian:8","VersionFormat":"dpkg","Version":"8.23-4","AddedBy":"{{Digest}}","Vulnerabilities":[
                {"Name":"CVE-2014-9471","NamespaceName":"debian:8","Link":"https://security-tracker.debian.org/tracker/CVE-2014-9471","Severity":"Low",
                 "Metadata":{"NVD":{"CVSSv2":{"Score":7.5,"Vectors":"AV:N/AC:L/Au:N/C:P/I:P"} } },"FixedBy":"9.23-5"},
                {"Name":"CVE-2016-1","Severity":"Defcon1","FixedBy":"","Metadata":null}]},
              {"Name":"bash","Version":"4.3","AddedBy":"layer-2","Vulnerabilities":null},
              {"Name":"sed","VersionFormat":"rpm","Version":"4.2","AddedBy":"layer-2","Vulnerabilities":[{"Name":"X","Severity":"odd"}]}]} }
            """);
        Assert.Equal((3, "debian", "8"), (result.PackageCount, result.Os.Family, result.Os.Version));
        var byId = result.Findings.ToDictionary(f => f.Id);
        var known = byId["CVE-2014-9471"];
        Assert.Equal(("coreutils", "8.23-4", "9.23-5", FixState.Fixed, Digest, "deb"),
            (known.Package, known.Version, known.FixedVersion, known.FixState, known.Layer, known.Type));
        Assert.Equal(("AV:N/AC:L/Au:N/C:P/I:P", "https://security-tracker.debian.org/tracker/CVE-2014-9471", Severity.Low), (known.Cvss, known.Url, known.Severity));
        Assert.Equal((Severity.Critical, "Defcon1", FixState.Unknown), (byId["CVE-2016-1"].Severity, byId["CVE-2016-1"].SeverityText, byId["CVE-2016-1"].FixState));
        Assert.Equal((Severity.Unknown, "odd", "rpm", string.Empty), (byId["X"].Severity, byId["X"].SeverityText, byId["X"].Type, byId["X"].Layer));
    }

    [Theory]
    [InlineData("""{"image":"app:1","unapproved":["CVE-2"],"vulnerabilities":[{"vulnerability":"CVE-1"},{"vulnerability":"CVE-2"}]}""")]
    [InlineData("""{"vulnerabilities":[{"vulnerability":"CVE-1"},{"vulnerability":"CVE-2"}],"unapproved":["CVE-2"],"image":"app:1"}""")]
    public void What_is_not_unapproved_does_not_count(string text)
    {
        var byId = TextReport.Read(text).Findings.ToDictionary(f => f.Id);
        Assert.Equal("approved in a whitelist, or below the threshold, of clair-scanner", byId["CVE-1"].Suppressed);
        Assert.Equal(string.Empty, byId["CVE-2"].Suppressed);
    }

    [Fact]
    public void Without_a_list_of_the_unapproved_everything_counts() =>
        Assert.Equal(string.Empty, TextReport.Read("""{"image":"app:1","unapproved":null,"vulnerabilities":[{"vulnerability":"CVE-1"}]}""").Findings[0].Suppressed);

    [Fact]
    public void A_severity_that_an_entry_does_not_say_is_that_of_its_list()
    {
        var result = TextReport.Read("""{"LayerCount":1,"Vulnerabilities":{"High":[{"Name":"CVE-1","FeatureName":"a"}],"Low":null}}""");
        Assert.Equal(Severity.High, Assert.Single(result.Findings).Severity);
    }

    [Theory]
    [InlineData("""{"Layer":null,"Error":{"Message":"worker: could not find layer"}}""", "could not find layer")]
    [InlineData("""{"Layer":{"Name":"a"}}""", "?features&vulnerabilities")]
    [InlineData("""{"LayerCount":1,"Vulnerabilities":[]}""", "there is a list where an object should be")]
    [InlineData("""{"LayerCount":1,"Vulnerabilities":{"High":[{"Name":""", "no valid JSON")]
    public void A_failure_and_what_was_not_asked_for_are_refused(string text, string fault) => Assert.Contains(fault, TextReport.Refuse(text));

    private static void Compare(ImageScanResult result, int count, (string Id, string Severity, string Fix, string Package, string Version)[] expected)
    {
        Assert.Equal(count, expected.Length);
        Assert.Equal(expected.Select(e => (e.Id, e.Fix, e.Package, e.Version)).Order(),
            result.Findings.Select(f => (f.Id, f.FixedVersion, f.Package, f.Version)).Order());
        Assert.All(Enum.GetValues<Severity>(), s => Assert.Equal(
            expected.Count(e => (e.Severity == "Defcon1" ? "Critical" : e.Severity) == s.ToString()), result.Findings.Count(f => f.Severity == s)));
        Assert.Equal(expected.Count(e => e.Fix.Length > 0), result.FixableCount);
        Assert.Equal("Clair", result.Scanner.Name);
    }

    private static string Text(JsonElement entry, string name) => entry.GetProperty(name).GetString()!;
}
