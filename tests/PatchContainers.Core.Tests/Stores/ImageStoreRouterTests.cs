using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class ImageStoreRouterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ImageStoreRouter Router(params string[] hosts) =>
        new(new ImageStoreOptions { RegistryMap = hosts.ToDictionary(h => h, h => $"oci:{_folder["registries", h.Replace(':', '_')]}") });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_mapped_registry_is_one_layout_per_repository_and_keeps_its_public_name()
    {
        var store = Router("registry.example");
        var image = new TestImageBuilder().Layer("COPY app /", l => l.AddFile("app", "1")).Build();
        await image.WriteAsync(store, "registry.example/team/app:1.0", Token);
        Assert.True(File.Exists(_folder["registries", "registry.example", "team", "app", "oci-layout"]));
        Assert.Equal(image.Digest, (await store.ResolveAsync(ImageReference.Parse("registry.example/team/app:1.0"), Token)).Digest);
        Assert.Equal(["1.0"], await store.ListTagsAsync(ImageReference.Parse("registry.example/team/app"), Token).ToListAsync(Token));

        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.ResolveAsync(ImageReference.Parse("registry.example/team/app:2.0"), Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        Assert.Contains("registry.example/team/app:2.0", e.Message, StringComparison.Ordinal);
        Assert.Contains(_folder["registries", "registry.example", "team", "app"], e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Docker_hub_is_mapped_under_all_its_names()
    {
        var store = Router("docker.io");
        var image = new TestImageBuilder().Layer("COPY app /", l => l.AddFile("app", "1")).Build();
        await image.WriteAsync(store, "debian:12", Token);
        foreach (var name in new[] { "docker.io/debian:12", "docker.io/library/debian:12", "index.docker.io/library/debian:12",
            "docker://debian:12" })
        {
            Assert.Equal(image.Digest, (await store.ResolveAsync(ImageReference.Parse(name), Token)).Digest);
        }

        Assert.Equal(["docker.io/library/debian"], await store.ListRepositoriesAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task All_repositories_of_all_mapped_registries_are_listed()
    {
        var store = Router("b.example:5000", "a.example");
        var image = new TestImageBuilder().Layer("COPY app /", l => l.AddFile("app", "1")).Build();
        foreach (var name in new[] { "a.example/z:1", "a.example/team/app:1", "a.example/team/app/debug:1", "b.example:5000/app:1" })
        {
            await image.WriteAsync(store, name, Token);
        }

        Directory.CreateDirectory(_folder["registries", "a.example", "no-layout"]);
        Assert.Equal(["a.example/team/app", "a.example/team/app/debug", "a.example/z", "b.example:5000/app"],
            await store.ListRepositoriesAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Blobs_are_mounted_between_mapped_registries_and_layouts()
    {
        var store = Router("registry.example");
        var image = new TestImageBuilder().Layer("COPY app /", l => l.AddFile("app", "1")).Build();
        await image.WriteAsync(store, "registry.example/base:1", Token);
        var layer = image.Layers[0].Descriptor;
        foreach (var target in new[] { "registry.example/app:1", $"oci:{_folder["elsewhere"]}:1" })
        {
            Assert.True(await store.TryMountBlobAsync(ImageReference.Parse(target), layer, ImageReference.Parse("registry.example/base"),
                Token));
            Assert.True(await store.BlobExistsAsync(ImageReference.Parse(target), layer, Token));
        }
    }

    [Theory]
    [InlineData("registry", "oci:dir", "host or host:port")]
    [InlineData("registry.example/team", "oci:dir", "host or host:port")]
    [InlineData("https://registry.example", "oci:dir", "host or host:port")]
    [InlineData("../registry.example", "oci:dir", "host or host:port")]
    [InlineData("registry.example", "dir", "oci:DIR")]
    [InlineData("registry.example", "oci:", "oci:DIR")]
    public void A_bad_map_is_an_error(string host, string target, string fault)
    {
        var e = Assert.Throws<PatchException>(() =>
            new ImageStoreRouter(new ImageStoreOptions { RegistryMap = new Dictionary<string, string> { [host] = target } }));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_reference_goes_to_the_store_of_its_transport_and_bytes_move_between_them()
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = Router("registry.example");
        var image = RandomImages.Create(1);
        var references = new[] { $"{server.Host}/app:1", "registry.example/app:1",
            $"oci:{_folder["layout"]}:1" }.Select(ImageReference.Parse).ToArray();
        foreach (var reference in references)
        {
            await image.WriteAsync(store, reference, Token);
            Assert.Equal(image.Manifest.Descriptor, await store.ResolveAsync(reference, Token));
        }

        Assert.False(await store.TryMountBlobAsync(references[1], image.Layers[0].Descriptor, references[0], Token));
        Assert.False(await store.TryMountBlobAsync(references[0], image.Layers[0].Descriptor, references[1], Token));
    }

    [Fact]
    public async Task An_index_inside_of_an_index_is_read()
    {
        using var store = Router("registry.example");
        var inner = RandomImages.CreateIndex(1, "linux/amd64", "linux/arm64");
        await inner.WriteAsync(store, "registry.example/app:inner", Token);
        var outer = System.Text.Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.OciIndex}}","manifests":[{"mediaType":"{{MediaTypes.OciIndex}}","digest":"{{inner.Digest}}","size":{{inner.Index.Content.Length}}}]}
            """);
        await store.WriteManifestAsync(ImageReference.Parse("registry.example/app:outer"), MediaTypes.OciIndex, outer, Token);
        var resolved = await new ImageResolver(store).ResolveAsync(ImageReference.Parse("registry.example/app:outer"), Token);
        Assert.Equal(["linux/amd64", "linux/arm64"], resolved.Platforms.Select(p => p.Platform.ToString()));
    }

    [Fact]
    public async Task Where_no_engine_can_be_asked_its_images_are_refused_with_what_to_do_instead()
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => Router().ResolveAsync(ImageReference.Parse("docker-daemon:web:2"), Token));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
        Assert.Contains("docker save", e.Message, StringComparison.Ordinal);
        Assert.Contains("docker-archive:", e.Message, StringComparison.Ordinal);
    }
}
