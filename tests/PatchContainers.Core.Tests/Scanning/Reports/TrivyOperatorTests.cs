using System.Text.Json;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class TrivyOperatorTests
{
    private const string Folder = "real-reports-trivy-operator";
    private const string Digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123";

    public static TheoryData<string, string> Files => TrivyReading.Files(Folder, "*.json");

    [Theory]
    [MemberData(nameof(Files))]
    public void Vulnerability_reports_are_read_and_others_are_no_scan(string folder, string file)
    {
        var path = Conformance.Path("trivy", folder, file);
        using var raw = JsonDocument.Parse(File.ReadAllBytes(path));
        var reports = Resources(raw.RootElement).Where(r => r.GetProperty("kind").GetString() == "VulnerabilityReport").ToArray();
        if (reports.Length == 0)
        {
            Assert.Contains("it holds no VulnerabilityReport, but ", TrivyReading.Fault(File.ReadAllText(path)));
            return;
        }

        var results = TrivyReading.Read(path);

        var vulnerabilities = reports.SelectMany(r => r.GetProperty("report").List("vulnerabilities")).ToArray();
        Assert.Equal(reports.Length, results.Count);
        Assert.Equal(TrivyReading.Count(vulnerabilities, "severity", "fixedVersion"), TrivyReading.Count(results));
        Assert.Equal(vulnerabilities.Select(v => $"{v.GetProperty("vulnerabilityID")} {v.GetProperty("resource")}").Order(),
            results.SelectMany(r => r.Findings).Select(f => $"{f.Id} {f.Package}").Order());
    }

    [Fact]
    public void A_real_report_names_its_image_its_workload_and_its_scanner()
    {
        var result = Assert.Single(TrivyReading.Read(Conformance.Path("trivy", Folder, "vulnerabilityreport_extended.json")));

        Assert.Equal("index.docker.io/library/ubuntu:20.04", result.Image);
        Assert.Equal("sha256:f78909c2b360d866b3220655c0b079838258b8891a12ac25fc670f0cbb54229f", result.Digest);
        Assert.Equal(new ScannedOs { Family = "ubuntu", Version = "20.04" }, result.Os);
        Assert.Equal(new ScannerInfo { Name = "TrivyOperator", Version = "0.48.3" }, result.Scanner);
        Assert.Equal(new DateTimeOffset(2024, 1, 23, 13, 43, 55, TimeSpan.Zero), result.ScannedAt);
        var workload = Assert.Single(result.Workloads);
        Assert.Equal(("kubernetes:///lbc/Pod/ubuntu#ubuntu", "Kubernetes", "lbc", "Pod", "ubuntu", "ubuntu", result.Image),
            (workload.Id, workload.Platform, workload.Namespace, workload.Kind, workload.Name, workload.Container, workload.Image));
        Assert.All(result.Findings, f => Assert.Equal(("deb", ""), (f.Type, f.Path)));
    }

    [Fact]
    public void The_list_that_kubectl_gives_is_one_result_an_image()
    {
        var results = TrivyReading.ReadText($$"""
            {"apiVersion":"v1","items":[{{Report("web", "one")}},{{Report("api", "two")}},
             {"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"ConfigAuditReport","metadata":{},"report":{"checks":[]} },
             {{Report("old", "three").Replace("CVE-1", "CVE-2")}}],"kind":"List","metadata":{"resourceVersion":""} }
            """);

        Assert.Equal(
            ["kubernetes:///shop/ReplicaSet/web#one", "kubernetes:///shop/ReplicaSet/api#two"], results[0].Workloads.Select(w => w.Id));
        Assert.Equal(["CVE-1", "CVE-2"], results.Select(r => Assert.Single(r.Findings).Id));
    }

    [Theory]
    [InlineData("""[@]""")]
    [InlineData("""{"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"VulnerabilityReportList","items":[@]}""")]
    [InlineData("""{"vulnerabilityreports.aquasecurity.github.io":[@],"configauditreports.aquasecurity.github.io":[]}""")]
    [InlineData("@")]
    public void One_or_several_may_stand_in_any_list(string json) =>
        Assert.Equal("reg.example/shop/web:1", Assert.Single(TrivyReading.ReadText(json.Replace("@", Report("web", "one")))).Image);

    [Fact]
    public void Reports_of_the_cluster_and_items_without_a_kind_are_scans()
    {
        var cluster = Report("web", "one").Replace("\"VulnerabilityReport\"", "\"ClusterVulnerabilityReport\"");
        var plain = Report("api", "two").Replace("\"kind\":\"VulnerabilityReport\",", string.Empty).Replace("CVE-1", "CVE-2");

        Assert.Equal(2, TrivyReading.ReadText($$"""{"apiVersion":"v1","kind":"List","items":[{{cluster}},{{plain}}]}""").Count);
    }

    [Theory]
    [InlineData("""{"repository":"a/b","tag":"1","digest":"D"}""", """{"server":"reg.example"}""", "reg.example/a/b:1", Digest)]
    [InlineData("""{"repository":"a/b","digest":"D"}""", """{"server":"reg.example"}""", "reg.example/a/b@D", Digest)]
    [InlineData("""{"repository":"a/b","digest":"none"}""", "{}", "a/b", "")]
    [InlineData("""{"digest":"D"}""", """{"server":"reg.example"}""", "kubernetes:///shop/ReplicaSet/web#one", Digest)]
    public void The_image_is_registry_repository_and_tag_or_digest(string artifact, string registry, string image, string digest)
    {
        var result = Assert.Single(TrivyReading.ReadText(Report("web", "one", artifact.Replace("\"D\"", $"\"{Digest}\""), registry)));

        Assert.Equal((image.Replace("@D", "@" + Digest), digest), (result.Image, result.Digest));
    }

    [Fact]
    public void A_name_that_no_label_can_hold_is_an_annotation()
    {
        var json = Report("web", "one").Replace("\"trivy-operator.resource.name\":\"web\"", "\"trivy-operator.resource.name-hash\":\"77\"")
            .Replace("\"labels\"", "\"annotations\":{\"trivy-operator.resource.name\":\"a-very-long-name\"},\"labels\"");

        Assert.Equal("a-very-long-name", Assert.Single(Assert.Single(TrivyReading.ReadText(json)).Workloads).Name);
    }

    [Fact]
    public void Findings_carry_all_that_the_operator_tells()
    {
        var finding = Assert.Single(Assert.Single(TrivyReading.ReadText(Report("web", "one", vulnerabilities: """
            {"vulnerabilityID":"GHSA-1","resource":"a","installedVersion":"1","fixedVersion":"2, 3","severity":"UNKNOWN","class":"lang-pkgs",
             "target":"app/yarn.lock","packageType":"yarn","packagePURL":"pkg:npm/a@1","primaryLink":"","links":["https://two"],
             "cvsssource":"ghsa","cvss":{"nvd":{"V3Vector":"n3"},"ghsa":{"V3Vector":"g3"}}}
            """))).Findings);

        Assert.Equal(("GHSA-1", "a", "1", "2, 3", FixState.Fixed),
            (finding.Id, finding.Package, finding.Version, finding.FixedVersion, finding.FixState));
        Assert.Equal(("npm", "pkg:npm/a@1", "app/yarn.lock", "g3", "https://two"),
            (finding.Type, finding.Purl, finding.Path, finding.Cvss, finding.Url));
        Assert.Equal((Severity.Unknown, ""), (finding.Severity, finding.SeveritySource));
    }

    [Theory]
    [InlineData("\"criticalCount\":0", "\"criticalCount\":3", "report shop/r-web counts 3 vulnerabilities, and lists 1")]
    [InlineData("\"vulnerabilities\"", "\"others\"", "report shop/r-web has no list of vulnerabilities")]
    [InlineData("\"VulnerabilityReport\"", "\"SbomReport\"", "it holds no VulnerabilityReport, but SbomReport")]
    public void What_is_cut_short_or_no_scan_is_refused(string from, string to, string fault) =>
        Assert.Contains(fault, TrivyReading.Fault(Report("web", "one").Replace(from, to)));

    [Fact]
    public void An_empty_list_is_no_result_of_nothing() => Assert.Contains("it holds no VulnerabilityReport.",
        TrivyReading.Fault("""{"apiVersion":"v1","items":[],"kind":"List","metadata":{}}"""));

    private static string Report(string name, string container, string artifact = """{"repository":"shop/web","tag":"1"}""",
        string registry = """{"server":"reg.example"}""",
        string vulnerabilities = """{"vulnerabilityID":"CVE-1","severity":"LOW"}""") => $$"""
        {"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"VulnerabilityReport",
         "metadata":{"name":"r-{{name}}","namespace":"shop","labels":{
         "trivy-operator.resource.kind":"ReplicaSet","trivy-operator.resource.name":"{{name}}","trivy-operator.resource.namespace":"shop",
         "trivy-operator.container.name":"{{container}}"} },"report":{"artifact":{{artifact}},"registry":{{registry}},
         "scanner":{"name":"Trivy","version":"0.50"},"summary":{"criticalCount":0,"noneCount":9},"vulnerabilities":[{{vulnerabilities}}]} }
        """;

    private static IEnumerable<JsonElement> Resources(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Resources),
        JsonValueKind.Object when element.TryGetProperty("kind", out _) => [element],
        JsonValueKind.Object => element.EnumerateObject().SelectMany(m => Resources(m.Value)),
        _ => [],
    };
}
