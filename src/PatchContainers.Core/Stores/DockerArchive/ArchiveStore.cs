using System.Runtime.CompilerServices;
using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>Images in archives, read-only. Nothing is unpacked.</summary>
/// <remarks>
/// The digest of an image is that of the manifest in the archive, where it has one; older forms have none, and a manifest is made from the
/// config and the layers as they are stored, always the same one for the same content.
/// </remarks>
public abstract class ArchiveStore : IImageStore
{
    private protected ArchiveStore()
    {
    }

    /// <inheritdoc/>
    public async Task<Descriptor> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        (await ReadManifestAsync(reference, cancellationToken).ConfigureAwait(false)).Descriptor;

    /// <inheritdoc/>
    public async Task<StoredManifest> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var archive = await OpenAsync(reference, cancellationToken).ConfigureAwait(false);
        return reference.Digest.IsEmpty
            ? Find(archive, reference).Root
            : archive.Manifest(reference.Digest) ?? throw NotFound(reference, $"the archive holds no manifest {reference.Digest}");
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenBlobAsync(ImageReference repository, Descriptor descriptor, CancellationToken cancellationToken = default)
    {
        var archive = await OpenAsync(repository, cancellationToken).ConfigureAwait(false);
        var entry = archive.Blob(descriptor.Digest)
            ?? throw NotFound(repository, $"the archive does not hold the blob {descriptor.Digest}");

        var content = await GuardAsync(repository, () => archive.ReadAsync(entry, cancellationToken)).ConfigureAwait(false);
        return new VerifyingStream(content, descriptor, repository.ToString());
    }

    /// <inheritdoc/>
    public async Task<bool> BlobExistsAsync(ImageReference repository, Descriptor descriptor,
        CancellationToken cancellationToken = default) =>
        (await OpenAsync(repository, cancellationToken).ConfigureAwait(false)).Blob(descriptor.Digest)?.Size == descriptor.Size;

    /// <summary>The tags of the reference's repository; of all repositories in the file where it names none.</summary>
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListTagsAsync(ImageReference repository,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var archive = await OpenAsync(repository, cancellationToken).ConfigureAwait(false);
        foreach (var tag in archive.Images.SelectMany(i => i.Names)
            .Where(n => repository.Name.Length == 0 || IsSameRepository(n, repository)).Select(n => n.Tag).OfType<string>().Distinct())
        {
            yield return tag;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Descriptor> ListUntaggedAsync(ImageReference repository,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var archive = await OpenAsync(repository, cancellationToken).ConfigureAwait(false);
        foreach (var image in archive.Images.Where(i => i.Names.Count == 0))
        {
            yield return image.Root.Descriptor;
        }
    }

    /// <summary>False: archives are read-only.</summary>
    /// <inheritdoc/>
    public Task<bool> TryMountBlobAsync(ImageReference target, Descriptor descriptor, ImageReference source,
        CancellationToken cancellationToken = default) =>
        Task.FromResult(false);

    /// <summary>Refused: archives are read-only.</summary>
    /// <inheritdoc/>
    public Task WriteBlobAsync(ImageReference target, Descriptor descriptor, Stream content,
        CancellationToken cancellationToken = default) =>
        Task.FromException(ReadOnly(target));

    /// <summary>Refused: archives are read-only.</summary>
    /// <inheritdoc/>
    public Task<Descriptor> WriteManifestAsync(ImageReference target, string mediaType, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken = default) =>
        Task.FromException<Descriptor>(ReadOnly(target));

    /// <summary>None.</summary>
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListRepositoriesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    /// <summary>The archive that a reference names.</summary>
    private protected abstract Task<ArchiveImages> OpenAsync(ImageReference reference, CancellationToken cancellationToken);

    /// <summary>Which of the archive's images a reference names.</summary>
    private protected abstract ArchiveImage Find(ArchiveImages archive, ImageReference reference);

    /// <summary>Turns the faults of files into ours.</summary>
    private protected static async Task<T> GuardAsync<T>(ImageReference reference, Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, reference.ToString(), $"{reference}: {e.Message}", e);
        }
    }

    private protected static bool IsSameRepository(ImageReference name, ImageReference reference) =>
        name.Registry == reference.Registry && name.Repository == reference.Repository;

    private protected static PatchException NotFound(ImageReference reference, string fault) =>
        new(PatchErrorCode.NotFound, reference.ToString(), $"{reference}: {fault}.");

    private static PatchException ReadOnly(ImageReference target) => new(PatchErrorCode.NotSupported, target.ToString(),
        $"{target}: archives and engines are read, not written. Name a registry or an OCI layout (oci:DIR:TAG) to write to.");
}
