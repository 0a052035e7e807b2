using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class RegistryStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_that_was_pushed_is_pulled_alike()
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = new RegistryStore(new ImageStoreOptions());
        var index = RandomImages.CreateIndex(1, "linux/amd64", "linux/arm64");
        var reference = ImageReference.Parse($"{server.Host}/team/app:1.0");
        Assert.Equal(index.Index.Descriptor, await index.WriteAsync(store, reference, Token));
        Assert.Equal(index.Digest, server.Content["team/app"].Tags["1.0"]);

        var resolved = await new ImageResolver(store).ResolveAsync(reference, Token);
        Assert.Equal(index.Images.Select(i => i.Digest), resolved.Platforms.Select(p => p.ManifestDescriptor.Digest));
        var layer = index.Images[0].Layers[1];
        Assert.Equal(layer.Content, await ReadAsync(store, reference, layer.Descriptor));
        Assert.Equal(index.Images[1].Manifest.Descriptor, await store.ResolveAsync(reference.AtDigest(index.Images[1].Digest), Token));
        Assert.Equal(index.Index.Descriptor, await store.ResolveAsync(reference.WithDigest(index.Digest), Token));
    }

    [Fact]
    public async Task Resolving_is_one_HEAD_that_says_what_is_accepted()
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = new RegistryStore(new ImageStoreOptions());
        var image = RandomImages.Create(1);
        await image.WriteAsync(store, $"{server.Host}/app:1", Token);
        server.ClearRequests();
        Assert.Equal(image.Manifest.Descriptor, await store.ResolveAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        var request = Assert.Single(server.Requests);
        Assert.Equal(("HEAD", string.Join(", ", MediaTypes.AcceptedManifests)), (request.Method, request.Accept));
    }

    [Fact]
    public async Task A_registry_that_tells_no_digest_with_HEAD_is_asked_with_GET()
    {
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { DigestOnHead = false });
        using var store = new RegistryStore(new ImageStoreOptions());
        var image = RandomImages.Create(1);
        await image.WriteAsync(store, $"{server.Host}/app:1", Token);
        server.ClearRequests();
        Assert.Equal(image.Manifest.Descriptor, await store.ResolveAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Equal(["HEAD", "GET"], server.Requests.Select(r => r.Method));
    }

    [Fact]
    public async Task An_old_registry_converts_nothing_since_all_forms_are_accepted()
    {
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { Old = true });
        using var store = new RegistryStore(new ImageStoreOptions());
        var image = new TestImageBuilder().Docker().Layer("COPY", l => l.AddFile("a", "b")).Build();
        await image.WriteAsync(store, $"{server.Host}/app:1", Token);
        Assert.Equal(image.Digest, (await store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token)).Descriptor.Digest);
    }

    [Fact]
    public async Task Schema_1_is_refused_with_what_to_do()
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = new RegistryStore(new ImageStoreOptions());
        await RandomImages.Create(1).WriteAsync(store, $"{server.Host}/app:1", Token);
        server.Lies.Schema1 = true;
        var reference = ImageReference.Parse($"{server.Host}/app:1");
        foreach (var ask in new Func<Task>[] { () => store.ResolveAsync(reference, Token),
            () => store.ReadManifestAsync(reference, Token) })
        {
            var e = await Assert.ThrowsAsync<PatchException>(ask);
            Assert.Equal(PatchErrorCode.NotSupported, e.Code);
            Assert.Contains("Push the image again", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Tags_come_in_pages()
    {
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { TagPageSize = 3 });
        using var store = new RegistryStore(new ImageStoreOptions());
        var image = RandomImages.Create(1);
        var tags = Enumerable.Range(0, 10).Select(i => $"v{i}").ToArray();
        foreach (var tag in tags)
        {
            await image.WriteAsync(store, $"{server.Host}/app:{tag}", Token);
        }

        server.ClearRequests();
        Assert.Equal(tags, await store.ListTagsAsync(ImageReference.Parse($"{server.Host}/app"), Token).ToListAsync(Token));
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_blob_is_mounted_with_one_request_or_not_at_all()
    {
        await using var server = await RegistryServer.StartAsync();
        await using var other = await RegistryServer.StartAsync(new RegistryServerOptions { Mounts = false });
        using var store = new RegistryStore(new ImageStoreOptions());
        var image = RandomImages.Create(1);
        await image.WriteAsync(store, $"{server.Host}/base:1", Token);
        await image.WriteAsync(store, $"{other.Host}/base:1", Token);
        server.ClearRequests();
        var layer = image.Layers[0].Descriptor;
        Assert.True(await Mount(server.Host, server.Host));
        Assert.Equal("POST", Assert.Single(server.Requests).Method);
        Assert.True(await store.BlobExistsAsync(ImageReference.Parse($"{server.Host}/app"), layer, Token));
        Assert.False(await Mount(other.Host, other.Host));
        Assert.False(await Mount(other.Host, server.Host));

        Task<bool> Mount(string target, string source) =>
            store.TryMountBlobAsync(ImageReference.Parse($"{target}/app"), layer, ImageReference.Parse($"{source}/base"), Token);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1000, 0, 0)]
    [InlineData(RegistryUpload.PieceSize, 0, 0)]
    [InlineData(RegistryUpload.PieceSize + 1, 0, 2)]
    [InlineData((2 * RegistryUpload.PieceSize) + 5, 0, 3)]
    [InlineData((2 * RegistryUpload.PieceSize) + 5, RegistryUpload.PieceSize + 7, 2)]
    public async Task A_blob_is_pushed_in_one_piece_or_in_chunks(int size, int least, int chunks)
    {
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { ChunkMinLength = least });
        using var store = new RegistryStore(new ImageStoreOptions());
        var (content, descriptor) = RandomBlob(size);
        await store.WriteBlobAsync(ImageReference.Parse($"{server.Host}/app"), descriptor, new MemoryStream(content), Token);
        Assert.Equal(content, server.Content["app"].Blobs[descriptor.Digest]);
        Assert.Equal((1, chunks, 1), (server.Count("POST"), server.Count("PATCH"), server.Count("PUT")));
    }

    [Fact]
    public async Task A_chunk_that_was_lost_is_sent_again_from_where_the_registry_stands()
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = new RegistryStore(new ImageStoreOptions { TimeProvider = new FakeClock() });
        var (content, descriptor) = RandomBlob((2 * RegistryUpload.PieceSize) + 5);
        server.Lies.LostChunks = 2;
        await store.WriteBlobAsync(ImageReference.Parse($"{server.Host}/app"), descriptor, new MemoryStream(content), Token);
        Assert.Equal(content, server.Content["app"].Blobs[descriptor.Digest]);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(RegistryUpload.PieceSize + 100)]
    public async Task Bytes_that_are_not_what_was_announced_are_never_committed(int size)
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = new RegistryStore(new ImageStoreOptions());
        var (content, descriptor) = RandomBlob(size);
        var changed = content.ToArray();
        changed[size / 2] ^= 1;
        foreach (var bytes in new[] { changed, content[..^1], [.. content, 0] })
        {
            var e = await Assert.ThrowsAsync<PatchException>(() =>
                store.WriteBlobAsync(ImageReference.Parse($"{server.Host}/app"), descriptor, new MemoryStream(bytes), Token));
            Assert.Equal(PatchErrorCode.DigestMismatch, e.Code);
        }

        Assert.Null(server.Content.Find("app"));
        Assert.Equal((0, server.Count("POST")), (server.Count("PUT"), server.Count("DELETE")));
    }

    [Fact]
    public async Task A_manifest_whose_parts_are_missing_is_refused_by_the_registry_in_its_words()
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = new RegistryStore(new ImageStoreOptions());
        var image = RandomImages.Create(1);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.WriteManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), image.Manifest.MediaType, image.Manifest.Content,
            Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        Assert.Contains("MANIFEST_BLOB_UNKNOWN", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<PatchException>(() =>
            store.WriteManifestAsync(ImageReference.Parse($"{server.Host}/app:1").WithDigest(image.Config.Descriptor.Digest),
            image.Manifest.MediaType, image.Manifest.Content, Token));
        Assert.Equal(PatchErrorCode.DigestMismatch, e.Code);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = new RegistryStore(new ImageStoreOptions());
        var reference = ImageReference.Parse($"{server.Host}/app:1");
        await Assert.ThrowsAsync<PatchException>(() => store.ResolveAsync(reference, Token));
        Assert.Single(server.Requests);
        Assert.False(await store.BlobExistsAsync(reference, RandomImages.Create(1).Layers[0].Descriptor, Token));
        foreach (var ask in new Func<Task>[]
        {
            () => store.ResolveAsync(reference, Token), () => store.ReadManifestAsync(reference, Token),
            () => store.OpenBlobAsync(reference, RandomImages.Create(1).Layers[0].Descriptor, Token), () =>
                store.ListTagsAsync(reference, Token).ToListAsync(Token).AsTask(),
        })
        {
            var e = await Assert.ThrowsAsync<PatchException>(ask);
            Assert.Equal((PatchErrorCode.NotFound, reference.ToString()), (e.Code, e.Target));
        }
    }

    [Fact]
    public async Task A_read_that_is_cancelled_ends_at_once_and_is_not_tried_again()
    {
        await using var server = await RegistryServer.StartAsync();
        server.Lies.Unavailable = int.MaxValue;
        using var cancel = new CancellationTokenSource();
        using var store = new RegistryStore(new ImageStoreOptions { TimeProvider = new FakeClock { SkipsUpTo = TimeSpan.Zero } });
        var read = store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), cancel.Token);
        while (server.Requests.Count == 0)
        {
            await Task.Yield();
        }

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000/", true)]
    [InlineData("http://localhost/", true)]
    [InlineData("http://[::1]:5000/", true)]
    [InlineData("https://registry.example/", false)]
    [InlineData("http://localhost.example/", false)]
    public void A_proxy_is_not_told_what_is_on_this_machine(string address, bool direct)
    {
        var proxy = new ProxyExceptLoopback(new System.Net.WebProxy("http://proxy.example:3128"));
        Assert.Equal(direct, proxy.IsBypassed(new Uri(address)));
        Assert.Equal(direct ? null : new Uri("http://proxy.example:3128"), proxy.GetProxy(new Uri(address)));
    }

    internal static async Task<byte[]> ReadAsync(IImageStore store, ImageReference reference, Descriptor descriptor)
    {
        await using var stream = await store.OpenBlobAsync(reference, descriptor, Token);
        using var content = new MemoryStream();
        await stream.CopyToAsync(content, Token);
        return content.ToArray();
    }

    internal static (byte[] Content, Descriptor Descriptor) RandomBlob(int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        return (content, new Descriptor(MediaTypes.OciLayer, Digest.OfBytes(content), size));
    }
}
