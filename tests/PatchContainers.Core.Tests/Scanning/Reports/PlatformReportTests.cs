using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>
/// A record names a multi-arch image by its index, and a scanner may know it by the manifest of one platform alone: whether that is one of the
/// index's is looked up.
/// </summary>
public sealed class PlatformReportTests : IDisposable
{
    private const string Image = "r.example/shop/web:1";

    private readonly TemporaryFolder _folder = new();
    private readonly PatchServices _services;

    public PlatformReportTests()
    {
        File.WriteAllText(_folder[PatchSettings.FileName], """{"registryMap": {"r.example": "oci:registry"}}""");
        _services = new PatchServices(new PatchServicesOptions { State = new PatchState(_folder.Path), Platforms = () => throw new InvalidOperationException() });
    }

    public void Dispose()
    {
        _services.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_report_of_a_platform_s_manifest_is_of_the_index_that_lists_it()
    {
        var (index, arm) = await PushAsync();
        var result = Assert.Single(await ReadAsync(arm, index));
        Assert.Equal((Image, index, arm, "linux/arm64"), (result.Image, result.Digest, result.ManifestDigest, result.Platform));
        Assert.Single(result.Findings);
    }

    [Fact]
    public async Task A_report_of_what_the_index_does_not_list_is_refused()
    {
        var (index, _) = await PushAsync();
        var other = "sha256:" + new string('0', 64);
        var e = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(other, index));
        Assert.Equal($"'{_folder["report.json"]}' is of {other}, and not of {Image}@{index}.", e.Message);

        // Two manifests are two images.
        var single = (await ImageWorld.BaseImage("9").WriteAsync(_services.Store, Image, Token)).Digest.ToString();
        Assert.Equal(PatchErrorCode.InvalidData, (await Assert.ThrowsAsync<PatchException>(() => ReadAsync(other, single))).Code);
    }

    [Fact]
    public async Task Where_the_index_cannot_be_had_that_is_said()
    {
        var (_, arm) = await PushAsync();
        var e = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(arm, "sha256:" + new string('1', 64)));
        Assert.Equal(PatchErrorCode.InvalidData, e.Code);
        Assert.Contains(" Whether that is one of its platforms is not known: ", e.Message, StringComparison.Ordinal);
    }

    // Clair knows a manifest and no image: the report tells no other digest.
    [Fact]
    public async Task A_report_that_tells_a_manifest_alone_is_held_against_the_digest_as_well()
    {
        const string Clair = """
            {"manifest_hash": "DIGEST", "packages": {}, "distributions": {}, "environments": {}, "vulnerabilities": {}, "package_vulnerabilities": {}}
            """;
        var (index, arm) = await PushAsync();
        Assert.Equal("linux/arm64", Assert.Single(await ReadAsync(arm, index, Clair)).Platform);
        Assert.Equal(arm, Assert.Single(await ReadAsync(arm, arm, Clair)).ManifestDigest);
        var other = "sha256:" + new string('0', 64);
        Assert.Contains($"is of {other}, and not of", (await Assert.ThrowsAsync<PatchException>(() => ReadAsync(other, index, Clair))).Message,
            StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<(string Index, string Arm)> PushAsync()
    {
        var index = new TestIndex(ImageWorld.BaseImage("1"), ImageWorld.BaseImage("1", "linux/arm64"));
        var digest = (await index.WriteAsync(_services.Store, Image, Token)).Digest.ToString();
        var platforms = (await new PatchContainers.Stores.ImageResolver(_services.Store).ResolveAsync(ImageReference.Parse(Image), Token)).Platforms;
        return (digest, platforms.Single(p => p.Platform.Architecture == "arm64").ManifestDescriptor.Digest.ToString());
    }

    private async Task<List<ImageScanResult>> ReadAsync(
        string reported, string named, string report = """{ "imageDigest": "DIGEST", "vulnerabilities": [{ "vuln": "CVE-2024-0001" }] }""")
    {
        File.WriteAllText(_folder["report.json"], report.Replace("DIGEST", reported, StringComparison.Ordinal));
        var target = new ScanTarget { Image = ImageReference.Parse($"{Image}@{named}"), Name = Image };
        return await _services.ScanReports.ReadAsync(new ScanReportRun { Paths = [_folder["report.json"]], Options = ScanReportOptions.Of(target) },
            new NoticeList(), Token).ToListAsync(Token);
    }
}
