using PatchContainers.Scanning.Reports;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>A report that names another image than the one that is meant is not taken for its.</summary>
public sealed class OtherImageTests
{
    private const string Digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Other = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    [Theory]
    [InlineData("busybox:latest", "registry.example/shop/web:1.4", true)]
    [InlineData("registry.example/shop/web:1.3", "registry.example/shop/web:1.4", true)]
    [InlineData("registry.example/shop/web", "registry.example/shop/api:1", true)]
    [InlineData("registry.example/shop/web@" + Digest, "registry.example/shop/web:1.4@" + Other, true)]
    [InlineData("registry.example/shop/web:1.4", "registry.example/shop/web:1.4", false)]
    [InlineData("registry.example/shop/web:1.4", "registry.example/shop/web:1.4@" + Digest, false)]
    [InlineData("registry.example/shop/web@" + Digest, "registry.example/shop/web:1.4", false)]
    [InlineData("registry.example/shop/web:1.3@" + Digest, "registry.example/shop/web:1.4@" + Digest, false)]
    [InlineData("index.docker.io/library/nginx:1", "nginx:1", false)]
    [InlineData("web:1.4", "registry.example/shop/web:1.4", false)]
    [InlineData("shop/web:1.4", "registry.example/team/shop/web:1.4", false)]
    [InlineData("web:1.3", "registry.example/shop/web:1.4", true)]
    [InlineData("eb:1.4", "registry.example/shop/web:1.4", true)]
    [InlineData("localhost:5000/web:1.4", "registry.example/shop/web:1.4", true)]
    [InlineData("", "web:1", false)]
    [InlineData("web:1", "", false)]
    [InlineData("app.tar", "web:1", false)]
    [InlineData("/tmp/rootfs", "web:1", false)]
    [InlineData("build/web", "web:1", false)]
    [InlineData("web", "api:1", false)]
    [InlineData("web:1", "oci:/srv/web", false)]
    public void A_name_is_another_s_where_repository_tag_or_digest_say_so(string reported, string meant, bool isOther) =>
        Assert.Equal(isOther, ReportText.IsOtherImage(reported, meant));

    [Fact]
    public void A_report_of_another_image_is_refused_and_a_digest_that_is_the_same_settles_it()
    {
        const string Report = """{"SchemaVersion": 2, "ArtifactName": "shop/web:1.3", "Results": [{"Target": "x", "Class": "os-pkgs", "Type": "debian"}]}""";
        Assert.Contains("is of shop/web:1.3, and not of app:1.", TextReport.Refuse(Report), StringComparison.Ordinal);
        Assert.Equal("shop/web:1.3", TextReport.Read(Report, "shop/web:1.3").Image);
    }

    [Theory]
    [InlineData("""{"SchemaVersion": 2, "ArtifactName": "app:1"}""")]
    [InlineData("""{"manifest_hash": "DIGEST", "packages": {}, "distributions": {}, "environments": {}, "vulnerabilities": {}, "package_vulnerabilities": {}}""")]
    public void Where_a_scanner_recognised_nothing_nothing_is_known(string report)
    {
        var result = TextReport.Read(report.Replace("DIGEST", Digest, StringComparison.Ordinal));
        Assert.Contains("recognised no distribution and no packages", Assert.Single(result.Unassessed).Reason, StringComparison.Ordinal);
    }
}
