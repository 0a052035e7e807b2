using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Updating.Rebase;

/// <summary>What a write cost.</summary>
/// <param name="Uploaded">Bytes of blobs and manifests that were sent.</param>
/// <param name="Reused">Bytes of blobs that were there already, or were mounted.</param>
internal sealed record RebaseCost(long Uploaded, long Reused);

/// <summary>
/// Writes a rebased image: base layers, configurations, manifests, and the tag last. Application layers stay where they are, so nothing of
/// the application is ever sent. Killed at any point, it leaves blobs without a tag, and a repeat goes on from there.
/// </summary>
internal sealed class RebaseWriter
{
    private const int Parallelism = 4;

    private readonly IImageStore _store;
    private long _uploaded;
    private long _reused;

    private RebaseWriter(IImageStore store) => _store = store;

    /// <summary>Writes the image.</summary>
    public static async Task<RebaseCost> WriteAsync(IImageStore store, RebaseImage image, CancellationToken cancellationToken)
    {
        var writer = new RebaseWriter(store);
        await writer.WriteAsync(image, cancellationToken).ConfigureAwait(false);
        return new RebaseCost(writer._uploaded, writer._reused);
    }

    /// <summary>The cost of an image that is there already.</summary>
    public static RebaseCost Nothing(RebaseImage image) => new(0, Layers(image).Concat(image.Platforms.Select(p => p.ConfigDescriptor!))
        .DistinctBy(b => b.Digest).Sum(b => b.Size));

    private static IEnumerable<Descriptor> Layers(RebaseImage image) =>
        image.Platforms.SelectMany(p => p.BaseLayers.Concat(p.ApplicationLayers));

    private async Task WriteAsync(RebaseImage image, CancellationToken cancellationToken)
    {
        // What the old image refers to is in the repository already.
        var present = image.Platforms.SelectMany(p => p.Image.Manifest.Layers).Select(l => l.Digest).ToHashSet();
        var isSameRepository = image.BaseReference.RepositoryKey == image.Target.RepositoryKey;
        var layers = Layers(image).DistinctBy(l => l.Digest).ToLookup(l => isSameRepository || present.Contains(l.Digest));
        _reused += layers[true].Sum(l => l.Size);

        await Parallel.ForEachAsync(layers[false],
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (layer, token) => await WriteLayerAsync(image, layer, token).ConfigureAwait(false)).ConfigureAwait(false);

        foreach (var platform in image.Platforms.DistinctBy(p => p.ConfigDescriptor!.Digest))
        {
            await WriteConfigAsync(image.Target, platform, cancellationToken).ConfigureAwait(false);
        }

        if (image.HasIndex)
        {
            foreach (var platform in image.Platforms.DistinctBy(p => p.ManifestDescriptor!.Digest))
            {
                await _store.WriteManifestAsync(image.Target.AtDigest(platform.ManifestDescriptor!.Digest),
                    platform.ManifestDescriptor.MediaType, platform.Manifest,
                    cancellationToken).ConfigureAwait(false);
                _uploaded += platform.Manifest.Length;
            }
        }

        await _store.WriteManifestAsync(image.Target, image.RootMediaType, image.Root, cancellationToken).ConfigureAwait(false);
        _uploaded += image.Root.Length;
    }

    private async Task WriteLayerAsync(RebaseImage image, Descriptor layer, CancellationToken cancellationToken)
    {
        if (await _store.TryMountBlobAsync(image.Target, layer, image.BaseReference, cancellationToken).ConfigureAwait(false)
            || await _store.BlobExistsAsync(image.Target, layer, cancellationToken).ConfigureAwait(false))
        {
            Interlocked.Add(ref _reused, layer.Size);
            return;
        }

        var content = await _store.OpenBlobAsync(image.BaseReference, layer, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            await _store.WriteBlobAsync(image.Target, layer, content, cancellationToken).ConfigureAwait(false);
        }

        Interlocked.Add(ref _uploaded, layer.Size);
    }

    private async Task WriteConfigAsync(ImageReference target, PlatformRebase platform, CancellationToken cancellationToken)
    {
        var descriptor = platform.ConfigDescriptor!;
        if (await _store.BlobExistsAsync(target, descriptor, cancellationToken).ConfigureAwait(false))
        {
            _reused += descriptor.Size;
            return;
        }

        using var content = new MemoryStream(platform.Config, writable: false);
        await _store.WriteBlobAsync(target, descriptor, content, cancellationToken).ConfigureAwait(false);
        _uploaded += descriptor.Size;
    }
}
