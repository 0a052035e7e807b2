using System.Text.Json;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

public sealed class TrivyClusterTests
{
    private const string Digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123";
    private const string Alpine =
        """{"Target":"app:1 (alpine 3.9)","Class":"os-pkgs","Type":"alpine","Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]}""";

    private const string Debian =
        """{"Target":"side:1 (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[{"VulnerabilityID":"CVE-2"}]}""";

    private const string Config =
        """{"Target":"Deployment/web","Class":"config","Type":"kubernetes","Misconfigurations":[{"ID":"KSV001"}]}""";

    [Fact]
    public void The_counts_of_a_clusters_report_are_those_of_the_file()
    {
        var path = Conformance.Path("trivy", "real-reports-defectdojo", "kubernetes.json");
        using var raw = JsonDocument.Parse(File.ReadAllBytes(path));
        var vulnerabilities = raw.RootElement.List("Vulnerabilities").SelectMany(r => r.List("Results"))
            .SelectMany(t => t.List("Vulnerabilities"));

        var results = TrivyReading.Read(path);

        Assert.Equal(TrivyReading.Count(vulnerabilities, "Severity", "FixedVersion"), TrivyReading.Count(results));
        Assert.Equal(["gcr.io/google_samples/gb-redis-follower:v2", "docker.io/redis:6.0.5"], results.Select(r => r.Image));
        Assert.All(results, r => Assert.Equal(new ScannedOs { Family = "debian", Version = "10.4" }, r.Os));
        var workload = Assert.Single(results[0].Workloads);
        Assert.Equal(
            "kubernetes://arn:aws:eks:us-east-1:576036489467:cluster%2Fmonitoring-test-cluster/default/Deployment/redis-follower",
            workload.Id);
        Assert.Equal(("Kubernetes", "default", "Deployment", "redis-follower", results[0].Image),
            (workload.Platform, workload.Namespace, workload.Kind, workload.Name, workload.Image));
    }

    [Theory]
    [InlineData("issue_9170.json")]
    [InlineData("issue_10991.json")]
    public void A_cluster_whose_configuration_alone_was_looked_at_is_refused(string file) => Assert.Contains(
        "none of its 13 resources is the scan of an image",
        Assert.Throws<PatchException>(() => TrivyReading.Read(Conformance.Path("trivy", "real-reports-defectdojo", file))).Message);

    [Fact]
    public void An_image_of_many_workloads_is_one_result_with_all_of_them()
    {
        var results = Read("Resources", Resource("web", Alpine), Resource("api", Alpine), Resource("db", Debian), Resource("web", Config));

        Assert.Equal(["app:1", "side:1"], results.Select(r => r.Image));
        Assert.Equal(
            ["kubernetes://prod/shop/Deployment/web", "kubernetes://prod/shop/Deployment/api"], results[0].Workloads.Select(w => w.Id));
        Assert.Single(results[0].Findings);
    }

    [Fact]
    public void An_image_whose_scans_differ_keeps_each_of_them()
    {
        var results = Read("Resources", Resource("web", Alpine), Resource("api", Alpine.Replace("CVE-1", "CVE-9")));

        Assert.Equal(["CVE-1", "CVE-9"], results.Select(r => Assert.Single(r.Findings).Id));
        Assert.All(results, r => Assert.Single(r.Workloads));
    }

    [Theory]
    [InlineData("""{"OS":@,"ImageID":"sha256:1","RepoTags":["app:1"],"RepoDigests":["app@D"]}""")]
    [InlineData("""[{"ImageConfig":{}},{"OS":@,"ImageID":"sha256:1","RepoDigests":["app@D"]}]""")]
    public void Metadata_is_an_object_or_a_list(string metadata)
    {
        var filled = metadata.Replace("@D", "@" + Digest).Replace(":@,", """:{"Family":"alpine","Name":"3.9.1","EOSL":true},""");
        var result = Assert.Single(Read("Resources", Resource("web", Alpine + "," + Java("sha256:7"), filled)));

        Assert.Equal(("app:1", Digest, 2), (result.Image, result.Digest, result.Findings.Count));
        Assert.Equal(new ScannedOs { Family = "alpine", Version = "3.9.1", EndOfLife = true }, result.Os);
        Assert.Empty(result.Unassessed);
    }

    [Fact]
    public void An_image_without_a_distribution_is_named_by_its_metadata()
    {
        const string Metadata = """[{"ImageID":"sha256:1","RepoTags":["tool:2"]}]""";
        var result = Assert.Single(Read("Resources", Resource("web", Java("sha256:7"), Metadata)));

        Assert.Equal(("tool:2", "opt/a.jar"), (result.Image, Assert.Single(result.Findings).Path));
    }

    [Fact]
    public void An_image_in_which_nothing_was_found_is_a_result_too() => Assert.Equal("tool:2",
        Assert.Single(Read("Resources", Resource("web", string.Empty, """[{"ImageID":"sha256:1","RepoTags":["tool:2"]}]"""))).Image);

    [Fact]
    public void In_a_summary_packages_go_to_the_image_whose_layers_they_are_in()
    {
        const string Metadata = """
            [{"ImageID":""},{"ImageID":"sha256:1","RepoTags":["app:1"],"DiffIDs":["sha256:6","sha256:7"]},
             {"ImageID":"sha256:2","RepoTags":["side:1"],"DiffIDs":["sha256:8"]}]
            """;
        var targets = string.Join(',', Config, Alpine, Debian, Java("sha256:7"), Java("sha256:8"));
        var results = Read("Findings", Resource("web", targets, Metadata));

        Assert.Equal(["app:1", "side:1"], results.Select(r => r.Image));
        Assert.Equal([["CVE-1", "CVE-3"], ["CVE-2", "CVE-3"]], results.Select(r => r.Findings.Select(f => f.Id).Order().ToArray()));
        Assert.All(results, r => Assert.Empty(r.Unassessed));
    }

    [Fact]
    public void In_a_summary_packages_whose_image_is_not_told_are_neither_lost_nor_given_to_one()
    {
        var results = Read("Findings", Resource("web", string.Join(',', Alpine, Debian, Java("sha256:7"))));

        Assert.Equal(["app:1", "side:1", "kubernetes://prod/shop/Deployment/web"], results.Select(r => r.Image));
        Assert.Equal("CVE-3", Assert.Single(results[2].Findings).Id);
        Assert.All(results.Take(2), r => Assert.Equal("a", Assert.Single(r.Unassessed).Package));
        Assert.Equal(PolicyVerdict.Inconclusive, new ScanPolicy(Severity.Critical, OnlyFixable: false).Evaluate(results[0]).Verdict);
    }

    [Fact]
    public void What_is_part_of_the_cluster_itself_is_named_by_its_place_in_it()
    {
        var result = Assert.Single(Read("Resources", """
            {"Kind":"NodeComponents","Name":"node-1","Metadata":[{"ImageConfig":{}}],"Results":[{"Target":"node-1","Class":"lang-pkgs",
             "Type":"kubernetes","Vulnerabilities":[{"VulnerabilityID":"CVE-4","PkgName":"k8s.io/kubelet"}]}]}
            """));

        Assert.Equal("kubernetes://prod//NodeComponents/node-1", result.Image);
        Assert.Equal("CVE-4", Assert.Single(result.Findings).Id);
    }

    [Fact]
    public void A_resource_whose_scan_failed_makes_the_report_one_of_a_part() => Assert.Contains(
        "could not scan all of the cluster (Deployment shop/api: no such image)", TrivyReading.Fault(Report("Resources",
            Resource("web", Alpine), """{"Namespace":"shop","Kind":"Deployment","Name":"api","Error":"no such image"}""")));

    [Fact]
    public void A_clusters_report_is_not_that_of_the_one_image_that_is_named() => Assert.Contains("is of several images",
        TrivyReading.Fault(Report("Resources", Resource("web", Alpine), Resource("db", Debian)), new ScanReportOptions { Image = "app:1" }));

    private static IReadOnlyList<ImageScanResult> Read(string list, params string[] resources) =>
        TrivyReading.ReadText(Report(list, resources));

    private static string Report(string list, params string[] resources) =>
        $$"""{"ClusterName":"prod","{{list}}":[{{string.Join(',', resources)}}],"Misconfigurations":null}""";

    private static string Resource(string name, string results, string metadata = "null") =>
        $$"""{"Namespace":"shop","Kind":"Deployment","Name":"{{name}}","Metadata":{{metadata}},"Results":[{{results}}]}""";

    private static string Java(string layer) => $$"""
        {"Target":"Java","Class":"lang-pkgs","Type":"jar","Vulnerabilities":[{"VulnerabilityID":"CVE-3","PkgName":"a","PkgPath":"opt/a.jar",
         "Layer":{"DiffID":"{{layer}}"} }]}
        """;
}
