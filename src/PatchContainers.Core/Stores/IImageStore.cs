using PatchContainers.Images;

namespace PatchContainers.Stores;

/// <summary>A manifest or an index as it is stored, its bytes checked against its digest.</summary>
/// <param name="Descriptor">Media type, digest and size.</param>
/// <param name="Content">The bytes.</param>
public sealed record StoredManifest(Descriptor Descriptor, ReadOnlyMemory<byte> Content);

/// <summary>
/// A place where images live. Everything that is read is verified against its digest. References are public names: the
/// router translates them through the registry map before a store sees them.
/// </summary>
public interface IImageStore
{
    /// <summary>The digest that the reference names now, with media type and size; the cheapest question a store has (HEAD).</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/> where there is no such image; see also the
    /// stores.</exception>
    Task<Descriptor> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default);

    /// <summary>Reads the manifest or index that the reference names.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.DigestMismatch"/>, ...</exception>
    Task<StoredManifest> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens a blob of the repository. The stream checks length and digest, and throws <see cref="PatchErrorCode.DigestMismatch"/>
    /// at its end when the bytes were not those that the descriptor names: drain it before you believe it.
    /// </summary>
    /// <param name="repository">Any reference of the repository; tag and digest do not count.</param>
    /// <param name="descriptor">The blob.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    Task<Stream> OpenBlobAsync(ImageReference repository, Descriptor descriptor, CancellationToken cancellationToken = default);

    /// <summary>Whether the repository holds the blob. A size below 0 is one that is not known.</summary>
    Task<bool> BlobExistsAsync(ImageReference repository, Descriptor descriptor, CancellationToken cancellationToken = default);

    /// <summary>The repository's tags, in the store's order.</summary>
    IAsyncEnumerable<string> ListTagsAsync(ImageReference repository, CancellationToken cancellationToken = default);

    /// <summary>
    /// The digests of manifests that the repository holds without a tag, where the store can tell (an OCI layout can, a
    /// registry cannot and lists none).
    /// </summary>
    IAsyncEnumerable<Descriptor> ListUntaggedAsync(ImageReference repository, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a blob of one repository available in another without moving its bytes through this process, where the
    /// store can (a cross-repository mount; a link within one file system).
    /// </summary>
    /// <returns>True when the target now holds the blob; false when it has to be written.</returns>
    Task<bool> TryMountBlobAsync(ImageReference target, Descriptor descriptor, ImageReference source,
        CancellationToken cancellationToken = default);

    /// <summary>Writes a blob, checking it on the way; nothing is left behind when the bytes are not what the descriptor says.</summary>
    Task WriteBlobAsync(ImageReference target, Descriptor descriptor, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Writes a manifest or index under the reference's tag, or by its digest alone where the reference has no tag.</summary>
    /// <returns>The descriptor under which it can be read back.</returns>
    Task<Descriptor> WriteManifestAsync(ImageReference target, string mediaType, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// The names of the repositories that this store can list (a folder of OCI layouts standing for a registry); none where
    /// it cannot.
    /// </summary>
    IAsyncEnumerable<string> ListRepositoriesAsync(CancellationToken cancellationToken = default);
}
