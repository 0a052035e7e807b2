using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Stores;
using PatchContainers.Stores.OciLayout;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Packages;

public sealed class ImagePackageReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_package_names_the_lowest_layer_that_has_it_in_this_version()
    {
        var packages = await ReadAsync(
            l => { l.AddOsRelease(); l.AddDpkg(("libc6", "2.36-9", "glibc"), ("openssl", "3.0.9-1", null), ("gone", "1", null)); },
            l => l.AddFile("app", "no database"),
            l => l.AddDpkg(("libc6", "2.36-9", "glibc"), ("openssl", "3.0.11-1", null)),
            l => l.AddDpkg(("libc6", "2.36-9", "glibc"), ("openssl", "3.0.11-1", null), ("curl", "7.88", null)));

        Assert.Equal(["libc6 2.36-9 glibc 0", "openssl 3.0.11-1 openssl 2", "curl 7.88 curl 3"],
            packages.Packages.Select(p => $"{p.Name} {p.Version} {p.SourceName} {p.Layer}"));
        Assert.Equal(new OsRelease("debian", "12", "bookworm", "debian 12"), packages.Os);
        Assert.Empty(packages.Unassessed);
    }

    [Fact]
    public async Task Distroless_packages_have_a_file_each()
    {
        var packages = await ReadAsync(
            l => { l.AddFile("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n"); l.AddFile("var/lib/dpkg/status.d/base.md5sums", "00  etc/x"); },
            l => { l.AddFile("var/lib/dpkg/status.d/libssl3", "Package: libssl3\nVersion: 3.0.11-1\nSource: openssl\n"); l.AddFile("var/lib/dpkg/status.d/junk", "junk"); });

        Assert.Equal(["base-files 0", "libssl3 1"], packages.Packages.Select(p => $"{p.Name} {p.Layer}"));
        Assert.Equal("var/lib/dpkg/status.d/junk", Assert.Single(packages.Unassessed).Package);
    }

    [Fact]
    public async Task Os_release_is_read_through_links()
    {
        var packages = await ReadAsync(
            l => { l.AddFile("usr/lib/os-release", "ID=alpine\nVERSION_ID=3.19.1\n"); l.AddApk(("musl", "1.2.4-r2", null)); },
            l => l.AddSymbolicLink("etc/os-release", "../usr/lib/os-release"));

        Assert.Equal(("alpine", "3.19.1"), (packages.Os!.Id, packages.Os.VersionId));
    }

    [Fact]
    public async Task One_database_under_two_names_is_listed_once()
    {
        var packages = await ReadAsync(l =>
        {
            l.AddFile("usr/lib/apk/db/installed", "P:musl\nV:1.2.5-r10\n");
            l.AddSymbolicLink("lib", "usr/lib");
        });
        Assert.Equal("usr/lib/apk/db/installed", Assert.Single(packages.Packages).DatabasePath);
    }

    [Fact]
    public async Task A_removed_database_lists_nothing_and_says_so()
    {
        var packages = await ReadAsync(l => l.AddDpkg(("libc6", "2.36-9", null)), l => l.AddWhiteout("var/lib/dpkg"));
        Assert.Empty(packages.Packages);
        Assert.Contains("no package database", Assert.Single(packages.Unassessed).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app", "no package database")]
    [InlineData("var/lib/rpm/rpmdb.sqlite", "rpm databases are not read")]
    [InlineData("usr/lib/sysimage/rpm/Packages.db", "rpm databases are not read")]
    [InlineData("var/lib/pacman/local/glibc/desc", "pacman databases are not read")]
    [InlineData("var/lib/dpkg/status", "no package is listed")]
    public async Task What_cannot_be_assessed_is_said(string file, string reason)
    {
        var packages = await ReadAsync(l => l.AddFile(file, ""));
        Assert.Empty(packages.Packages);
        Assert.Null(packages.Os);
        Assert.Contains(reason, Assert.Single(packages.Unassessed).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_behind_a_link_to_elsewhere_is_unassessed()
    {
        var packages = await ReadAsync(l => { l.AddFile("opt/status", "Package: a\n"); l.AddSymbolicLink("var/lib/dpkg/status", "/opt/status"); });
        Assert.Equal("opt/status", Assert.Single(packages.Unassessed).Package);
    }

    [Fact]
    public async Task Links_in_a_circle_spoil_what_is_behind_them_alone()
    {
        var packages = await ReadAsync(l =>
        {
            l.AddDpkg(("libc6", "2.36-9", null));
            l.AddSymbolicLink("etc/os-release", "../usr/lib/os-release");
            l.AddSymbolicLink("usr/lib/os-release", "../../etc/os-release");
            l.AddSymbolicLink("var/lib/rpm", "rpm");
        });

        Assert.Single(packages.Packages);
        Assert.Null(packages.Os);
        Assert.Contains(packages.Unassessed, u => u.Package == "etc/os-release" && u.Reason.Contains("circle", StringComparison.Ordinal));
        Assert.Contains(packages.Unassessed, u => u.Package == "var/lib/rpm/Packages" && u.Reason.Contains("circle", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_reading_touches_no_blob()
    {
        var (repository, image, first) = await WriteAsync(l => { l.AddOsRelease(); l.AddDpkg(("libc6", "2.36-9", null)); }, l => l.AddFile("app", "1"));
        var before = await new ImagePackageReader(first).ReadAsync(repository, image, TestContext.Current.CancellationToken);
        var second = new LayerSource(new OciLayoutStore(), new LayerCache(_folder["cache"]), new LayerLimits());
        var after = await new ImagePackageReader(second).ReadAsync(repository, image, TestContext.Current.CancellationToken);

        Assert.Equal((2, 0), (first.BlobReads, second.BlobReads));
        Assert.Equal(before.Packages, after.Packages);
        Assert.Equal(before.Os, after.Os);
    }

    private async Task<ImagePackages> ReadAsync(params Action<LayerWriter>[] layers)
    {
        var (repository, image, source) = await WriteAsync(layers);
        return await new ImagePackageReader(source).ReadAsync(repository, image, TestContext.Current.CancellationToken);
    }

    private async Task<(ImageReference Repository, PlatformImage Image, LayerSource Source)> WriteAsync(params Action<LayerWriter>[] layers)
    {
        var repository = ImageReference.Parse($"oci:{_folder["image"]}:1");
        var store = new OciLayoutStore();
        var written = layers.Select(l => LayerWriter.Create(l)).ToArray();
        foreach (var layer in written)
        {
            await store.WriteBlobAsync(repository, layer.Descriptor, new MemoryStream(layer.Content.ToArray()), TestContext.Current.CancellationToken);
        }

        var config = new ImageConfig { Platform = Platform.Parse("linux/amd64"), DiffIds = written.Select(l => l.DiffId).ToArray(), Content = default };
        var descriptor = new Descriptor(MediaTypes.OciConfig, Digest.OfBytes([]), 0);
        var manifest = new ImageManifest { MediaType = MediaTypes.OciManifest, Config = descriptor, Layers = written.Select(l => l.Descriptor).ToArray(), Content = default };
        return (repository, new PlatformImage(descriptor, manifest, config), new LayerSource(store, new LayerCache(_folder["cache"]), new LayerLimits()));
    }
}
