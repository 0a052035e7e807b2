using PatchContainers.Core.Tests.Advisories;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.TestKit.Advisories;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning;

public sealed class EmbeddedScannerTests : IDisposable
{
    private readonly ImageWorld _world = new();
    private readonly AdvisoryFixture _advisories = new();
    private readonly EmbeddedScanner _scanner;

    public EmbeddedScannerTests() => _scanner = new EmbeddedScanner(
        new ImageResolver(_world.Store), new ImagePackageReader(new LayerSource(_world.Store, null, new LayerLimits())), _advisories.Catalog, _world.Clock);

    [Fact]
    public async Task A_finding_carries_what_is_known_of_it()
    {
        await _advisories.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2023-5678", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "3.0.11-1~deb12u3"))
                .WithCvss("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"),
            OsvJson.Record("DSA-5532-1", "2024-05-02T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "3.0.11-1~deb12u3"))
                .With("upstream", "CVE-2023-5678", "DEBIAN-CVE-2023-5678", "CVE-2023-5363"));
        var image = ImageWorld.BaseBuilder("3.0.11-1~deb12u2").Build();
        var digest = await _world.PushAsync(ImageWorld.Base, image);
        var result = Assert.Single(await ScanAsync(ImageWorld.Base));
        Assert.Equal((ImageWorld.Base, digest.ToString(), digest.ToString(), "linux/amd64"), (result.Image, result.Digest, result.ManifestDigest, result.Platform));
        Assert.Equal(("debian", "12", null), (result.Os.Family, result.Os.Version, result.Os.EndOfLife));
        Assert.Equal(("Embedded", new DateTimeOffset(2024, 5, 2, 0, 0, 0, TimeSpan.Zero)), (result.Scanner.Name, result.Scanner.DatabaseTime));
        Assert.Equal((2, _world.Clock.GetUtcNow()), (result.PackageCount, result.ScannedAt));
        Assert.Empty(result.Unassessed);
        Assert.Equal(2, result.Findings.Count);
        Assert.Equivalent(new Finding
        {
            Id = "CVE-2023-5678",
            Aliases = ["DEBIAN-CVE-2023-5678", "DSA-5532-1"],
            Severity = Severity.High,
            SeveritySource = "cvss",
            Package = "libssl3",
            Version = "3.0.11-1~deb12u2",
            FixedVersion = "3.0.11-1~deb12u3",
            FixState = FixState.Fixed,
            SourcePackage = "openssl",
            Purl = "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12",
            Type = "deb",
            Layer = image.Layers[0].Descriptor.Digest.ToString(),
            Cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
            Url = "https://osv.dev/vulnerability/DEBIAN-CVE-2023-5678",
        }, result.Findings[0], strict: true);
        Assert.Equal(("CVE-2023-5363", Severity.Unknown, ""), (result.Findings[1].Id, result.Findings[1].Severity, result.Findings[1].SeveritySource));
        Assert.Equal((1, 1, 2), (result.HighCount, result.UnknownCount, result.FixableCount));
    }

    [Fact]
    public async Task Without_advisories_for_the_release_a_scan_is_an_error_that_says_how_to_import()
    {
        await _world.PushAsync(ImageWorld.Base, ImageWorld.BaseBuilder("1").Build());
        await _advisories.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2023-0001", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:11", "openssl", null), OsvJson.Affected("Debian", "openssl", null)));
        var error = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(ImageWorld.Base));
        Assert.Equal((PatchErrorCode.NotFound, ImageWorld.Base), (error.Code, error.Target));
        Assert.Contains("there are no advisories for Debian:12", error.Message, StringComparison.Ordinal);
        Assert.Contains("patchcontainers advisories update, ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_release_says_goes_before_what_is_said_of_no_release()
    {
        await _world.PushAsync(ImageWorld.Base, ImageWorld.BaseBuilder("1.5").Build());
        await _advisories.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2023-0001", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "1.6")),
            OsvJson.Record("DEBIAN-CVE-2023-0002", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "1.4")),
            OsvJson.Record("X-1", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian", "openssl", "2.0"))
                .With("aliases", "CVE-2023-0001", "CVE-2023-0002", "CVE-2023-0003"));
        var result = Assert.Single(await ScanAsync(ImageWorld.Base));
        Assert.Equal(["CVE-2023-0001 1.6", "CVE-2023-0003 2.0"], result.Findings.Where(f => f.Package == "libssl3").Select(f => $"{f.Id} {f.FixedVersion}"));
        Assert.Empty(result.Unassessed);
    }

    [Fact]
    public async Task The_advisories_of_another_release_under_this_one_s_name_are_an_error()
    {
        await _world.PushAsync(ImageWorld.Base, ImageWorld.BaseBuilder("1").Build());
        await _advisories.ImportTextAsync(OsvJson.Record("DEBIAN-CVE-2023-0001", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:11", "openssl", null)));
        File.Move(_advisories.Catalog.PathOf("Debian:11"), _advisories.Catalog.PathOf("Debian:12"));
        var error = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(ImageWorld.Base));
        Assert.Equal((PatchErrorCode.InvalidData, _advisories.Catalog.PathOf("Debian:12")), (error.Code, error.Target));
        Assert.Contains("holds the advisories of Debian:11", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_database_is_an_error_and_no_clean_scan()
    {
        await _world.PushAsync(ImageWorld.Base, ImageWorld.BaseBuilder("1").Build());
        Directory.CreateDirectory(_advisories.State.Advisories);
        File.WriteAllText(_advisories.Catalog.PathOf("Debian:12"), new string('x', 500));
        Assert.Equal(PatchErrorCode.InvalidData, (await Assert.ThrowsAsync<PatchException>(() => ScanAsync(ImageWorld.Base))).Code);
    }

    [Fact]
    public async Task Every_package_of_a_distribution_without_advisories_is_unassessed()
    {
        await _world.PushAsync(ImageWorld.Base, new TestImageBuilder().Layer("rootfs", l =>
        {
            l.AddOsRelease("kali", "2024.1", "kali-rolling");
            l.AddDpkg(("a", "1.0-1", null), ("b", "2.0-1", null));
        }).Build());
        var result = Assert.Single(await ScanAsync(ImageWorld.Base));
        Assert.Empty(result.Findings);
        Assert.Equal(["a 1.0-1", "b 2.0-1"], result.Unassessed.Select(u => $"{u.Package} {u.Version}"));
        Assert.All(result.Unassessed, u => Assert.Contains("no advisories are known for the distribution 'kali 2024.1'", u.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_without_packages_is_not_clean_but_unassessed()
    {
        await _world.PushAsync(ImageWorld.App, new TestImageBuilder().Layer("COPY app /", l => l.AddFile("app", "static binary")).Build());
        Assert.NotEmpty(Assert.Single(await ScanAsync(ImageWorld.App)).Unassessed);
    }

    [Fact]
    public async Task A_version_that_is_none_leaves_its_package_unassessed_with_the_reason()
    {
        await _advisories.ImportTextAsync(
            OsvJson.Record("DEBIAN-CVE-2023-0001", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "a", null), OsvJson.Affected("Debian:12", "b", "not-a-version")),
            OsvJson.Record("DEBIAN-CVE-2023-0002", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "b", "3.0")));
        await _world.PushAsync(ImageWorld.Base, new TestImageBuilder().Layer("rootfs", l =>
        {
            l.AddOsRelease();
            l.AddDpkg(("a", "vendored", null), ("b", "2.0-1", null));
        }).Build());
        var result = Assert.Single(await ScanAsync(ImageWorld.Base));
        Assert.Equal("CVE-2023-0002", Assert.Single(result.Findings).Id);
        Assert.Contains(result.Unassessed, u => u.Package == "a" && u.Version == "vendored");
        Assert.Contains(result.Unassessed, u => u.Package == "b"
            && u.Reason.StartsWith("CVE-2023-0001: DEBIAN-CVE-2023-0001 names the version 'not-a-version', which is no version of a Debian package", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Alpine_is_matched_by_origin()
    {
        await _advisories.ImportTextAsync(
            OsvJson.Record("ALPINE-CVE-2023-0001", "2024-05-01T00:00:00Z", OsvJson.Affected("Alpine:v3.19", "openssl", "3.1.4-r3"), OsvJson.Affected("Alpine:v3.18", "openssl", "9.9.9-r0")));
        await _world.PushAsync(ImageWorld.Base, new TestImageBuilder().Layer("rootfs", l =>
        {
            l.AddOsRelease("alpine", "3.19.1", string.Empty);
            l.AddApk(("libssl3", "3.1.4-r2", "openssl"), ("libcrypto3", "3.1.4-r3", "openssl"));
        }).Build());
        var finding = Assert.Single(Assert.Single(await ScanAsync(ImageWorld.Base)).Findings);
        Assert.Equal(("libssl3", "3.1.4-r3", "apk", "openssl"), (finding.Package, finding.FixedVersion, finding.Type, finding.SourcePackage));
    }

    [Fact]
    public async Task A_package_of_Ubuntu_Pro_is_judged_by_the_advisories_of_Ubuntu_Pro()
    {
        await _advisories.ImportTextAsync(
            OsvJson.Record("UBUNTU-CVE-2023-0001", "2024-05-01T00:00:00Z",
                OsvJson.Affected("Ubuntu:22.04:LTS", "vips", null), OsvJson.Affected("Ubuntu:Pro:22.04:LTS", "vips", "8.12.1-1ubuntu0.1~esm1")),
            OsvJson.Record("UBUNTU-CVE-2023-0002", "2024-05-01T00:00:00Z",
                OsvJson.Affected("Ubuntu:22.04:LTS", "vips", null), OsvJson.Affected("Ubuntu:Pro:22.04:LTS", "vips", "8.12.1-1ubuntu0.1~esm2")),
            OsvJson.Record("UBUNTU-CVE-2023-0003", "2024-05-01T00:00:00Z", OsvJson.Affected("Ubuntu:22.04:LTS", "vips", null)));
        await _world.PushAsync(ImageWorld.Base, Ubuntu("8.12.1-1ubuntu0.1~esm1"));
        await _world.PushAsync(ImageWorld.App, Ubuntu("8.12.1-1build1"));
        Assert.Equal(["CVE-2023-0002 8.12.1-1ubuntu0.1~esm2", "CVE-2023-0003 "], Findings(await ScanAsync(ImageWorld.Base)));
        Assert.Equal(["CVE-2023-0001 ", "CVE-2023-0002 ", "CVE-2023-0003 "], Findings(await ScanAsync(ImageWorld.App)));

        static string[] Findings(List<ImageScanResult> results) => results[0].Findings.Select(f => $"{f.Id} {f.FixedVersion}").ToArray();

        static TestImage Ubuntu(string version) => new TestImageBuilder().Layer("rootfs", l =>
        {
            l.AddOsRelease("ubuntu", "22.04", "jammy");
            l.AddDpkg(("libvips42", version, "vips"));
        }).Build();
    }

    [Theory]
    [InlineData("recorded", FindingOrigin.Base, FindingOrigin.Application)]
    [InlineData("current", FindingOrigin.Base, FindingOrigin.Application)]
    [InlineData("none", FindingOrigin.Unknown, FindingOrigin.Unknown)]
    [InlineData("another", FindingOrigin.Unknown, FindingOrigin.Unknown)]
    [InlineData("gone", FindingOrigin.Unknown, FindingOrigin.Unknown)]
    public async Task The_origin_of_a_finding_follows_the_layers_of_the_base_and_nothing_else(string known, FindingOrigin fromBase, FindingOrigin fromApplication)
    {
        await _advisories.ImportTextAsync(OsvJson.Record("DEBIAN-CVE-2023-0001", "2024-05-01T00:00:00Z",
            OsvJson.Affected("Debian:12", "openssl", null), OsvJson.Affected("Debian:12", "curl", null)));
        var baseBuilder = ImageWorld.BaseBuilder("1.0-1");
        var baseDigest = await _world.PushAsync(ImageWorld.Base, baseBuilder.Build());
        var other = await _world.PushAsync("registry.example/debian:other", ImageWorld.BaseBuilder("2.0-1").Build());
        var image = new TestImageBuilder(baseBuilder.Build()).Layer("apt-get install", l =>
            l.AddDpkg(("libssl3", "1.0-1", "openssl"), ("base-files", "12.4", null), ("curl", "8.0-1", null))).Build();
        await _world.PushAsync(ImageWorld.App, image);
        var info = new BaseImageInfo { Name = ImageWorld.Base, Method = BaseEvidence.LayerPrefix };
        info = known switch
        {
            "recorded" => info with { RecordedDigest = baseDigest.ToString(), CurrentDigest = other.ToString() },
            "current" => info with { CurrentDigest = baseDigest.ToString() },
            "another" => info with { RecordedDigest = other.ToString() },
            "gone" => info with { RecordedDigest = "sha256:" + new string('0', 64) },
            _ => info,
        };
        var result = Assert.Single(await ScanAsync(ImageWorld.App, info));
        Assert.Equal(
            [("curl", image.Layers[1].Descriptor.Digest.ToString(), fromApplication), ("libssl3", image.Layers[0].Descriptor.Digest.ToString(), fromBase)],
            result.Findings.Select(f => (f.Package, f.Layer, f.Origin)));
        Assert.Equal(known == "another" ? 1 : 0, _advisories.Notices.Warnings.Count);
    }

    [Fact]
    public async Task Every_platform_of_an_index_has_its_result_and_a_platform_can_be_chosen()
    {
        await _advisories.ImportTextAsync(OsvJson.Record("DEBIAN-CVE-2023-0001", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "1.1")));
        var index = new TestIndex(ImageWorld.BaseBuilder("1.0-1").Build(), ImageWorld.BaseBuilder("1.1-1", "linux/arm64").Build());
        var digest = await _world.PushAsync(ImageWorld.Base, index);
        var results = await ScanAsync(ImageWorld.Base);
        Assert.Equal(["linux/amd64 1", "linux/arm64 0"], results.Select(r => $"{r.Platform} {r.Findings.Count}"));
        Assert.All(results, r => Assert.Equal(digest.ToString(), r.Digest));
        Assert.Equal(2, results.Select(r => r.ManifestDigest).Distinct().Count());
        Assert.Equal("linux/arm64", Assert.Single(await ScanAsync(ImageWorld.Base, platforms: "linux/arm64/v8")).Platform);
        Assert.Equal(PatchErrorCode.NotFound, (await Assert.ThrowsAsync<PatchException>(() => ScanAsync(ImageWorld.Base, platforms: "linux/s390x"))).Code);
    }

    [Fact]
    public async Task A_database_that_was_imported_again_counts_from_the_next_scan_on()
    {
        await _world.PushAsync(ImageWorld.Base, ImageWorld.BaseBuilder("1.0-1").Build());
        await _advisories.ImportTextAsync(OsvJson.Record("DEBIAN-CVE-2023-0001", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "1.1")));
        Assert.Single((await ScanAsync(ImageWorld.Base))[0].Findings);
        await _advisories.ImportTextAsync(OsvJson.Record("DEBIAN-CVE-2023-0002", "2024-05-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "1.1")));
        Assert.Equal(2, (await ScanAsync(ImageWorld.Base))[0].Findings.Count);
    }

    [Theory]
    [InlineData("debian", "12", "", "Debian:12")]
    [InlineData("debian", "10.13", "", "Debian:10")]
    [InlineData("debian", "", "forky", "Debian:14")]
    [InlineData("debian", "", "sid", null)]
    [InlineData("debian", "", "", null)]
    [InlineData("ubuntu", "22.04", "jammy", "Ubuntu:22.04:LTS Ubuntu:22.04")]
    [InlineData("ubuntu", "23.10", "mantic", "Ubuntu:23.10")]
    [InlineData("ubuntu", "25.04", "plucky", "Ubuntu:25.04")]
    [InlineData("ubuntu", "", "", null)]
    [InlineData("alpine", "3.19.1", "", "Alpine:v3.19")]
    [InlineData("alpine", "3.22.0_alpha20250108", "", "Alpine:edge")]
    [InlineData("alpine", "", "", null)]
    [InlineData("fedora", "40", "", null)]
    public void A_distribution_has_its_ecosystem(string id, string version, string codename, string? expected)
    {
        var distribution = DistributionAdvisories.Of(new OsRelease(id, version, codename, id), out var reason);
        Assert.Equal(expected, distribution is null ? null : string.Join(' ', distribution.Ecosystems));
        Assert.Equal(expected is null, reason.Length > 0);
    }

    public void Dispose()
    {
        _scanner.Dispose();
        _advisories.Dispose();
        _world.Dispose();
    }

    private async Task<List<ImageScanResult>> ScanAsync(string image, BaseImageInfo? info = null, params string[] platforms)
    {
        var results = new List<ImageScanResult>();
        var target = new ScanTarget
        {
            Image = ImageReference.Parse(image),
            Name = image,
            Base = info ?? new BaseImageInfo(),
            Platforms = platforms.Select(Platform.Parse).ToArray(),
        };
        await foreach (var result in _scanner.ScanAsync(target, _advisories.Notices, AdvisoryFixture.Token))
        {
            results.Add(result);
        }

        return results;
    }
}
