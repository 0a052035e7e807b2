using PatchContainers.Images;

namespace PatchContainers.Stores;

/// <summary>
/// Reads an image down to its configurations, each document once in a run: at most one manifest request per distinct
/// reference, whatever the number of workloads that name it.
/// </summary>
public sealed class ImageResolver
{
    private readonly IImageStore _store;
    private readonly Dictionary<ImageReference, Task<ResolvedImage>> _images = [];
    private readonly object _gate = new();

    /// <summary>Creates a resolver for one run.</summary>
    public ImageResolver(IImageStore store) => _store = store;

    /// <summary>Reads an image: index, manifests, configurations. Layers are not touched.</summary>
    /// <exception cref="PatchException">Whatever the store says, and <see cref="PatchErrorCode.NotSupported"/> for what is no image.</exception>
    public async Task<ResolvedImage> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        Task<ResolvedImage> task;
        lock (_gate)
        {
            // A failed or cancelled attempt is not an answer: the next caller asks again.
            if (!_images.TryGetValue(reference, out task!) || task.IsFaulted || task.IsCanceled)
            {
                task = ReadAsync(reference, cancellationToken);
                _images[reference] = task;
            }
        }

        return await task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets a reference, after it was written.</summary>
    public void Forget(ImageReference reference)
    {
        lock (_gate)
        {
            _images.Remove(reference);
        }
    }

    private async Task<ResolvedImage> ReadAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var stored = await _store.ReadManifestAsync(reference, cancellationToken).ConfigureAwait(false);
        if (!MediaTypes.IsIndex(stored.Descriptor.MediaType))
        {
            var single = await ReadPlatformAsync(reference, stored, stored.Descriptor, cancellationToken).ConfigureAwait(false);
            return new ResolvedImage(reference, stored.Descriptor, null, [single]);
        }

        var index = ImageIndex.Parse(stored.Content, stored.Descriptor.MediaType, reference.ToString());
        var platforms = new List<PlatformImage>();
        foreach (var entry in index.Images)
        {
            var manifest = await _store.ReadManifestAsync(reference.AtDigest(entry.Digest), cancellationToken).ConfigureAwait(false);
            platforms.Add(await ReadPlatformAsync(reference, manifest, entry, cancellationToken).ConfigureAwait(false));
        }

        return platforms.Count > 0
            ? new ResolvedImage(reference, stored.Descriptor, index, platforms)
            : throw new PatchException(PatchErrorCode.NotSupported, reference.ToString(), $"{reference} is an index without any image in it.");
    }

    private async Task<PlatformImage> ReadPlatformAsync(ImageReference reference, StoredManifest stored, Descriptor descriptor, CancellationToken cancellationToken)
    {
        var source = $"{reference} ({stored.Descriptor.Digest})";
        var manifest = ImageManifest.Parse(stored.Content, stored.Descriptor.MediaType, source);
        if (!manifest.IsImage)
        {
            throw new PatchException(PatchErrorCode.NotSupported, reference.ToString(),
                $"{source} is no container image: its config is of the type '{manifest.Config.MediaType}'.");
        }

        if (manifest.Config.Size > ImageDocument.MaxBytes)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, reference.ToString(),
                $"The config of {source} is announced with {manifest.Config.Size:N0} bytes; more than {ImageDocument.MaxBytes:N0} is no config of an image.");
        }

        var stream = await _store.OpenBlobAsync(reference, manifest.Config, cancellationToken).ConfigureAwait(false);
        byte[] content;
        await using (stream.ConfigureAwait(false))
        {
            using var buffer = new MemoryStream((int)manifest.Config.Size);
            await stream.CopyToAsync(buffer, cancellationToken).ConfigureAwait(false);
            content = buffer.ToArray();
        }

        var config = ImageConfig.Parse(content, source);
        return config.DiffIds.Count == manifest.Layers.Count
            ? new PlatformImage(descriptor, manifest, config)
            : throw new PatchException(PatchErrorCode.InvalidData, reference.ToString(),
                $"The manifest of {source} lists {manifest.Layers.Count} layers, its config {config.DiffIds.Count} diff_ids.");
    }
}
