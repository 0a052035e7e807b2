using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Layers;

/// <summary>Gives the content of layers: from the cache where it was read before, else by one pass over the blob.</summary>
public sealed class LayerSource
{
    /// <summary>Makes a source.</summary>
    /// <param name="store">Where blobs come from.</param>
    /// <param name="cache">Where passes are kept; null to keep none.</param>
    /// <param name="limits">What a layer may cost to read.</param>
    public LayerSource(IImageStore store, LayerCache? cache, LayerLimits limits)
    {
        _ = (store, cache, limits);
    }

    /// <summary>How many blobs were read so far: what the cache did not have.</summary>
    public long BlobReads { get; private set; }

    /// <summary>Gives a layer's entries, and the bytes of the selected files.</summary>
    /// <param name="repository">Any reference of the repository that holds the blob.</param>
    /// <param name="layer">The layer, as the manifest names it.</param>
    /// <param name="diffId">The digest of its uncompressed tar, as the config names it.</param>
    /// <param name="selection">Which files' bytes are wanted.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.DigestMismatch"/> for bytes that are not the layer's,
    /// <see cref="PatchErrorCode.InvalidData"/> for a broken tar or gzip, <see cref="PatchErrorCode.LimitExceeded"/>,
    /// <see cref="PatchErrorCode.NotSupported"/> for a compression that is not read; each names layer, entry and fault.</exception>
    public Task<LayerContent> ReadAsync(
        ImageReference repository, Descriptor layer, Digest diffId, LayerSelection selection, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
