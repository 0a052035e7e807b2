using System.Collections.Concurrent;
using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Layers;

/// <summary>Gives the content of layers: from the cache where it was read before, else by one pass over the blob.</summary>
public sealed class LayerSource
{
    private readonly IImageStore _store;
    private readonly LayerCache? _cache;
    private readonly LayerReader _reader;
    private readonly ConcurrentDictionary<Digest, SemaphoreSlim> _gates = new();
    private long _blobReads;

    /// <summary>Makes a source.</summary>
    /// <param name="store">Where blobs come from.</param>
    /// <param name="cache">Where passes are kept; null to keep none.</param>
    /// <param name="limits">What a layer may cost to read.</param>
    public LayerSource(IImageStore store, LayerCache? cache, LayerLimits limits)
    {
        _store = store;
        _cache = cache;
        _reader = new LayerReader(limits);
    }

    /// <summary>How many blobs were opened so far: what the cache did not have.</summary>
    public long BlobReads => Interlocked.Read(ref _blobReads);

    /// <summary>Gives a layer's entries, and the bytes of the selected files.</summary>
    /// <param name="repository">Any reference of the repository that holds the blob.</param>
    /// <param name="layer">The layer, as the manifest names it.</param>
    /// <param name="diffId">The digest of its uncompressed tar, as the config names it.</param>
    /// <param name="selection">Which files' bytes are wanted.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.DigestMismatch"/> for bytes that are not the layer's,
    /// <see cref="PatchErrorCode.InvalidData"/> for a broken tar or gzip, <see cref="PatchErrorCode.LimitExceeded"/>,
    /// <see cref="PatchErrorCode.NotSupported"/> for a compression that is not read; each names layer, entry and fault.
    /// <see cref="PatchErrorCode.FileError"/> for a cache that cannot be read or written, and what the store says.</exception>
    public async Task<LayerContent> ReadAsync(
        ImageReference repository, Descriptor layer, Digest diffId, LayerSelection selection, CancellationToken cancellationToken = default)
    {
        if (_cache is null)
        {
            return await ReadBlobAsync(repository, layer, diffId, selection, cancellationToken).ConfigureAwait(false);
        }

        // A layer that several images want at once is read for the first of them; the others find it in the cache.
        var gate = _gates.GetOrAdd(diffId, static _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await _cache.ReadAsync(diffId, selection, cancellationToken).ConfigureAwait(false) is { } kept)
            {
                return kept;
            }

            var content = await ReadBlobAsync(repository, layer, diffId, selection, cancellationToken).ConfigureAwait(false);
            await _cache.WriteAsync(content, selection, cancellationToken).ConfigureAwait(false);
            return content;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Gives all layers of an image, bottom first.</summary>
    /// <param name="repository">Any reference of the repository that holds the blobs.</param>
    /// <param name="image">The image's manifest and config.</param>
    /// <param name="selection">Which files' bytes are wanted.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PatchException">As <see cref="ReadAsync"/>.</exception>
    public async Task<IReadOnlyList<LayerContent>> ReadAllAsync(
        ImageReference repository, PlatformImage image, LayerSelection selection, CancellationToken cancellationToken = default)
    {
        // One layer keeps nearly two processors busy; the second one uses the time in which the first waits for the network.
        var contents = new LayerContent[image.Manifest.Layers.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, contents.Length), options, ReadOneAsync).ConfigureAwait(false);
        return contents;

        async ValueTask ReadOneAsync(int i, CancellationToken token) => contents[i] =
            await ReadAsync(repository, image.Manifest.Layers[i], image.Config.DiffIds[i], selection, token).ConfigureAwait(false);
    }

    private async Task<LayerContent> ReadBlobAsync(
        ImageReference repository, Descriptor layer, Digest diffId, LayerSelection selection, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _blobReads);
        var blob = await _store.OpenBlobAsync(repository, layer, cancellationToken).ConfigureAwait(false);
        await using (blob.ConfigureAwait(false))
        {
            var name = new LayerName(repository, layer);
            return await _reader.ReadAsync(blob, name, diffId, selection, cancellationToken).ConfigureAwait(false);
        }
    }
}
