using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

/// <summary>Layouts and archives that other tools wrote.</summary>
public sealed class RealImagesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string[]> Archives => new()
    {
        { "apis/oci/docker-save-tars/hello-world-v25.tar", [""] },
        { "apis/oci/docker-save-tars/test_bundle.tar", ["test_image_1", "test_image_2"] },
        { "apis/oci/docker-save-tars/test_image_1.tar", ["bazel/v1/tarball:test_image_1"] },
        { "apis/oci/docker-save-tars/test_image_2.tar", [""] },
        { "apis/oci/docker-save-tars/test_link.tar", ["bazel/v1/tarball:test_image_1", "bazel/v1/tarball:test_image_3"] },
        { "apis/oci/docker-save-tars/test_load_manifest.tar", [""] },
        { "trivy/images/alpine-310.tar.gz", [""] },
        { "trivy/images/alpine-311.tar.gz", [""] },
    };

    [Theory]
    [MemberData(nameof(Archives))]
    public async Task Every_byte_of_a_real_archive_is_read_and_verified(string file, string[] names)
    {
        var path = ConformanceData.Find(file.Split('/'));
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        var store = new ImageStoreRouter(new ImageStoreOptions());
        foreach (var name in names)
        {
            var reference = ImageReference.Parse($"docker-archive:{path}{(name.Length > 0 ? ":" + name : string.Empty)}");
            await ReadAllAsync(store, reference);
        }
    }

    [Fact]
    public async Task The_manifest_that_docker_25_wrote_is_found_though_no_index_lists_it()
    {
        var path = ConformanceData.Find("apis", "oci", "docker-save-tars", "hello-world-v25.tar");
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        var resolved = await new ImageStoreRouter(new ImageStoreOptions()).ResolveAsync(ImageReference.Parse($"docker-archive:{path}"),
            Token);
        Assert.Equal("sha256:411caf340c828657e915a83ed561a79d2b8150dabad4dc079d881cbfe6f86afe", resolved.Digest.ToString());
    }

    [Theory]
    [InlineData("null_manifest.tar", "no list of images")]
    [InlineData("no_manifest.tar", "no manifest.json")]
    [InlineData("content.tar", "no manifest.json")]
    public async Task A_real_archive_that_is_none_says_so(string file, string fault)
    {
        var path = ConformanceData.Find("apis", "oci", "docker-save-tars", file);
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            new ImageStoreRouter(new ImageStoreOptions()).ResolveAsync(ImageReference.Parse($"docker-archive:{path}"), Token));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("apis/oci/regclient-layouts/testrepo", "b1 b2 b3 v1 v2 v3 a-docker a-docker-oci mirror", 2)]
    [InlineData("apis/oci/regclient-layouts/external", "", 0)]
    [InlineData("apis/oci/ggcr-layouts/test_index", "1 3 4", 0)]
    [InlineData("apis/oci/ggcr-layouts/test_gc_index", "1 3 4", 0)]
    [InlineData("apis/oci/ggcr-layouts/test_index_media_type", "", 1)]
    [InlineData("apis/oci/ggcr-layouts/test_index_one_image", "", 1)]
    [InlineData("trivy/images/test.oci", "", 1)]
    public async Task A_real_layout_is_read(string folder, string images, int untagged)
    {
        var path = ConformanceData.Find(folder.Split('/'));
        Assert.SkipWhen(path is null, ConformanceData.SkipReason);
        var store = new ImageStoreRouter(new ImageStoreOptions());
        var layout = ImageReference.Parse($"oci:{path}");
        var tags = await store.ListTagsAsync(layout, Token).ToListAsync(Token);
        Assert.All(images.Split(' ', StringSplitOptions.RemoveEmptyEntries), t => Assert.Contains(t, tags));
        Assert.Equal(untagged, await store.ListUntaggedAsync(layout, Token).CountAsync(Token));
        foreach (var tag in images.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var stored = await store.ReadManifestAsync(layout.WithTag(tag), Token);
            Assert.NotEmpty(ManifestDocument.Children(stored.Content, stored.Descriptor.MediaType, folder));
        }
    }

    private static async Task ReadAllAsync(ImageStoreRouter store, ImageReference reference)
    {
        var resolved = await new ImageResolver(store).ResolveAsync(reference, Token);
        foreach (var layer in resolved.Platforms.SelectMany(p => p.Manifest.Layers))
        {
            await using var stream = await store.OpenBlobAsync(reference, layer, Token);
            await stream.CopyToAsync(Stream.Null, Token);
        }
    }
}
