using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.TestKit.Images;

/// <summary>A finished image of one platform, that can be written into any store.</summary>
public sealed class TestImage
{
    internal TestImage(TestImageBuilder recipe, Platform platform, TestBlob config, IReadOnlyList<TestBlob> layers, TestBlob manifest)
    {
        Recipe = recipe;
        Platform = platform;
        Config = config;
        Layers = layers;
        Manifest = manifest;
    }

    /// <summary>What it runs on.</summary>
    public Platform Platform { get; }

    /// <summary>Its configuration.</summary>
    public TestBlob Config { get; }

    /// <summary>Its layers, bottom first.</summary>
    public IReadOnlyList<TestBlob> Layers { get; }

    /// <summary>Its manifest.</summary>
    public TestBlob Manifest { get; }

    /// <summary>The manifest's digest.</summary>
    public Digest Digest => Manifest.Descriptor.Digest;

    internal TestImageBuilder Recipe { get; }

    /// <summary>Writes the image: blobs that are not there yet, then the manifest.</summary>
    public async Task<Descriptor> WriteAsync(IImageStore store, ImageReference reference, CancellationToken cancellationToken = default)
    {
        foreach (var blob in Layers.Append(Config))
        {
            if (!await store.BlobExistsAsync(reference, blob.Descriptor, cancellationToken))
            {
                using var content = new MemoryStream(blob.Content, writable: false);
                await store.WriteBlobAsync(reference, blob.Descriptor, content, cancellationToken);
            }
        }

        return await store.WriteManifestAsync(reference, Manifest.MediaType, Manifest.Content, cancellationToken);
    }

    /// <summary>Writes the image under a reference such as <c>oci:DIR:TAG</c> or <c>host/app:1.0</c>.</summary>
    public Task<Descriptor> WriteAsync(IImageStore store, string reference, CancellationToken cancellationToken = default) =>
        WriteAsync(store, ImageReference.Parse(reference), cancellationToken);
}
