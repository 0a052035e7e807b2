using PatchContainers.Images;

namespace PatchContainers.Stores;

/// <summary>
/// Reads an image down to its configurations, each document once in a run: at most one manifest request per distinct
/// reference, whatever the number of workloads that name it. A document that could not be read is not asked for again either.
/// </summary>
public sealed class ImageResolver
{
    private const int MaxImages = 1000;
    private const int MaxDepth = 4;

    private readonly IImageStore _store;
    private readonly Dictionary<ImageReference, Lazy<Task<StoredManifest>>> _manifests = [];
    private readonly Dictionary<(string Repository, Digest Manifest), Lazy<Task<PlatformImage>>> _platforms = [];
    private readonly object _gate = new();

    /// <summary>Creates a resolver for one run.</summary>
    public ImageResolver(IImageStore store) => _store = store;

    /// <summary>Reads an image: index, manifests, configurations. Layers are not touched.</summary>
    /// <exception cref="PatchException">Whatever the store says, and <see cref="PatchErrorCode.NotSupported"/> for what is no
    /// image.</exception>
    public async Task<ResolvedImage> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var root = await ResolveRootAsync(reference, cancellationToken).ConfigureAwait(false);
        var platforms = new List<PlatformImage>();
        foreach (var entry in root.Images)
        {
            platforms.Add(await ResolvePlatformAsync(root, entry, cancellationToken).ConfigureAwait(false));
        }

        return platforms.Count > 0
            ? new ResolvedImage(reference, root.Descriptor, root.Index, platforms)
            : throw new PatchException(PatchErrorCode.NotSupported, reference.ToString(), $"{reference} is an index without any image "
                + "in it.");
    }

    /// <summary>Reads what a reference names, and nothing below it.</summary>
    internal async Task<ResolvedRoot> ResolveRootAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var stored = await ReadManifestAsync(reference, cancellationToken).ConfigureAwait(false);
        var index = MediaTypes.IsIndex(stored.Descriptor.MediaType)
            ? ImageIndex.Parse(stored.Content, stored.Descriptor.MediaType, reference.ToString())
            : null;
        var images = new List<Descriptor>();
        if (index is null)
        {
            images.Add(stored.Descriptor);
        }
        else
        {
            await AddImagesAsync(reference, index, images, 0, cancellationToken).ConfigureAwait(false);
        }

        return new ResolvedRoot(reference, stored.Descriptor, index, images);
    }

    /// <summary>Reads one image of what a reference names.</summary>
    internal async Task<PlatformImage> ResolvePlatformAsync(ResolvedRoot root, Descriptor image,
        CancellationToken cancellationToken = default)
    {
        var platform = await OnceAsync(_platforms, (root.Reference.RepositoryKey, image.Digest),
            () => ReadPlatformAsync(root.Reference, image, cancellationToken), cancellationToken).ConfigureAwait(false);

        // What an index says about a manifest (its platform, annotations) is that index's own.
        return platform with { ManifestDescriptor = image };
    }

    /// <summary>Reads the image for a platform; null where the reference names none for it.</summary>
    internal async Task<PlatformImage?> FindPlatformAsync(ResolvedRoot root, Platform platform,
        CancellationToken cancellationToken = default)
    {
        foreach (var entry in root.Images.Where(i => i.Platform is null || i.Platform.IsSame(platform)))
        {
            var image = await ResolvePlatformAsync(root, entry, cancellationToken).ConfigureAwait(false);
            if (image.Platform.IsSame(platform))
            {
                return image;
            }
        }

        return null;
    }

    /// <summary>Reads the manifest of one image of what a reference names, without its configuration.</summary>
    internal async Task<ImageManifest> ReadImageManifestAsync(ResolvedRoot root, Descriptor image,
        CancellationToken cancellationToken = default)
    {
        var stored = await ReadManifestAsync(root.Reference.AtDigest(image.Digest), cancellationToken).ConfigureAwait(false);
        return ImageManifest.Parse(stored.Content, stored.Descriptor.MediaType, $"{root.Reference} ({image.Digest})");
    }

    /// <summary>Forgets a reference, after it was written.</summary>
    public void Forget(ImageReference reference)
    {
        lock (_gate)
        {
            _manifests.Remove(Key(reference));
        }
    }

    // Where there is a digest, it decides: the tag beside it asks nothing.
    private static ImageReference Key(ImageReference reference) => reference.Digest.IsEmpty ? reference
        : reference.AtDigest(reference.Digest);

    // An index may hold indexes (image specification 1.1, image-index.md).
    private async Task AddImagesAsync(ImageReference reference, ImageIndex index, List<Descriptor> images, int depth,
        CancellationToken cancellationToken)
    {
        images.AddRange(index.Images);
        if (images.Count > MaxImages || depth > MaxDepth)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, reference.ToString(),
                $"{reference} holds more than {MaxImages} images, or indexes more than {MaxDepth} deep; no image for several "
                    + "platforms does.");
        }

        foreach (var inner in index.Manifests.Where(m => MediaTypes.IsIndex(m.MediaType)))
        {
            var stored = await ReadManifestAsync(reference.AtDigest(inner.Digest), cancellationToken).ConfigureAwait(false);
            var parsed = ImageIndex.Parse(stored.Content, stored.Descriptor.MediaType, $"{reference} ({inner.Digest})");
            await AddImagesAsync(reference, parsed, images, depth + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<StoredManifest> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var key = Key(reference);
        var stored = await OnceAsync(_manifests, key, () => _store.ReadManifestAsync(reference, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (key.Digest.IsEmpty)
        {
            lock (_gate)
            {
                _manifests.TryAdd(reference.AtDigest(stored.Descriptor.Digest), new Lazy<Task<StoredManifest>>(Task.FromResult(stored)));
            }
        }

        return stored;
    }

    private async Task<T> OnceAsync<TKey, T>(
        Dictionary<TKey, Lazy<Task<T>>> known, TKey key, Func<Task<T>> read, CancellationToken cancellationToken)
        where TKey : notnull
    {
        Lazy<Task<T>> task;
        lock (_gate)
        {
            // A cancelled attempt is not an answer: the next caller asks again.
            if (!known.TryGetValue(key, out task!) || (task.IsValueCreated && task.Value.IsCanceled))
            {
                task = new Lazy<Task<T>>(read);
                known[key] = task;
            }
        }

        return await task.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<PlatformImage> ReadPlatformAsync(ImageReference reference, Descriptor descriptor,
        CancellationToken cancellationToken)
    {
        var stored = await ReadManifestAsync(reference.AtDigest(descriptor.Digest), cancellationToken).ConfigureAwait(false);
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
                $"The config of {source} is announced with {manifest.Config.Size:N0} bytes; more than {ImageDocument.MaxBytes:N0} is "
                    + "no config of an image.");
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
