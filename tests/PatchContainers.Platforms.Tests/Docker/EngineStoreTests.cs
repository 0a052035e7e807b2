using System.Security.Cryptography;
using PatchContainers.Images;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Stores;
using PatchContainers.Stores.DockerEngine;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>Images are read from a real engine, and are the same as in the archive that it saves.</summary>
public sealed class EngineStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_image_is_what_the_engine_saves()
    {
        var engine = RealEngine.Require();
        using var store = Open(engine);
        var reference = ImageReference.Parse($"docker-daemon:{engine.Image}");
        var image = Assert.Single((await new ImageResolver(store).ResolveAsync(reference, Token)).Platforms);
        var inspected = await InspectAsync(engine);
        Assert.Equal(inspected.Text("Id"), image.Manifest.Config.Digest.ToString());
        Assert.Equal(inspected.Items("RootFS", "Layers").Select(l => l.GetString()), image.Config.DiffIds.Select(d => d.ToString()));

        // Layers are stored as they are, so that their digest is that of their content.
        foreach (var (layer, diffId) in image.Manifest.Layers.Zip(image.Config.DiffIds))
        {
            Assert.True(await store.BlobExistsAsync(reference, layer, Token));
            await using var content = await store.OpenBlobAsync(reference, layer, Token);
            Assert.Equal(diffId, Digest.FromHash(HashAlgorithmName.SHA256, await SHA256.HashDataAsync(content, Token)));
        }

        var digest = (await store.ResolveAsync(reference, Token)).Digest;
        Assert.Equal(digest, (await store.ResolveAsync(reference.WithDigest(digest), Token)).Digest);

        var file = _folder["saved.tar"];
        using (var client = engine.Open())
        {
            await using var saved = await client.Images.SaveAsync(engine.Image, Token);
            await using var written = File.Create(file);
            await saved.CopyToAsync(written, Token);
        }

        Assert.Equal(digest, (await store.ResolveAsync(ImageReference.Parse($"docker-archive:{file}"), Token)).Digest);
    }

    [Fact]
    public async Task What_the_engine_does_not_have_is_not_found_and_nothing_is_written_there()
    {
        var engine = RealEngine.Require();
        using var store = Open(engine);
        var missing = ImageReference.Parse($"docker-daemon:{engine.Registry}/nothing:1");
        var e = await Assert.ThrowsAsync<PatchException>(() => store.ResolveAsync(missing, Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        var other = ImageReference.Parse($"docker-daemon:{engine.Image}").WithDigest(Digest.OfBytes("other"u8));
        e = await Assert.ThrowsAsync<PatchException>(() => store.ResolveAsync(other, Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        e = await Assert.ThrowsAsync<PatchException>(() => store.WriteManifestAsync(missing, MediaTypes.DockerManifest, "{}"u8.ToArray(), Token));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
    }

    [Fact]
    public async Task An_engine_that_changes_an_image_while_it_is_read_is_found_out()
    {
        var engine = RealEngine.Require();
        using var client = engine.Open();
        using var store = new DockerEngineStore(new Shortened(new EngineStore(client.Endpoint)));
        var reference = ImageReference.Parse($"docker-daemon:{engine.Image}");
        var image = Assert.Single((await new ImageResolver(store).ResolveAsync(reference, Token)).Platforms);
        var e = await Assert.ThrowsAsync<PatchException>(async () =>
        {
            await using var content = await store.OpenBlobAsync(reference, image.Manifest.Layers[^1], Token);
            await content.CopyToAsync(Stream.Null, Token);
        });
        Assert.True(e.Code is PatchErrorCode.InvalidData or PatchErrorCode.DigestMismatch, $"{e.Code}: {e.Message}");
        Assert.Contains(engine.Image, e.Message, StringComparison.Ordinal);
    }

    private static ImageStoreRouter Open(RealEngine engine) => new(new ImageStoreOptions
    {
        Engine = () => new EngineStore(DockerEndpoint.Parse(engine.Host, null, "The test", null)),
    });

    private static async Task<System.Text.Json.JsonElement> InspectAsync(RealEngine engine)
    {
        using var client = engine.Open();
        return await client.Images.InspectAsync(engine.Image, Token);
    }

    // The second time, the engine breaks off in the middle.
    private sealed class Shortened(IEngineImages engine) : IEngineImages
    {
        private int _saved;

        public void Dispose() => engine.Dispose();

        public Task<string> FindAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
            engine.FindAsync(reference, cancellationToken);

        public async Task<Stream> SaveAsync(string id, CancellationToken cancellationToken = default)
        {
            var whole = await engine.SaveAsync(id, cancellationToken);
            if (Interlocked.Increment(ref _saved) == 1)
            {
                return whole;
            }

            await using (whole)
            {
                var head = new byte[64 * 1024];
                await whole.ReadExactlyAsync(head, cancellationToken);
                return new Unseekable(head);
            }
        }
    }

    private sealed class Unseekable(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
