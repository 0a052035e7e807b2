using System.Runtime.CompilerServices;
using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>
/// Images in the files that <c>docker save</c>, <c>podman save</c> and <c>skopeo copy</c> write (<c>docker-archive:FILE[:NAME:TAG]</c>),
/// plain or compressed with gzip; read-only. Nothing is unpacked: each layer is read at its place in the file. In a compressed file that
/// means decompressing all that stands before it, so decompress a large file that is read often.
/// </summary>
/// <remarks>
/// The digest of an image is that of the manifest in the file, where it has one; older forms have none, and a manifest is made from the
/// config and the layers as they are stored, always the same one for the same content.
/// </remarks>
public sealed class DockerArchiveStore : IImageStore
{
    private readonly Dictionary<string, Cached> _archives = new(StringComparer.Ordinal);
    private readonly object _gate = new();

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

        // In a compressed archive, opening is decompressing all that stands before.
        var content = await Task.Run(() => Guard(repository, () => archive.Read(entry, cancellationToken)),
            cancellationToken).ConfigureAwait(false);
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

    private async Task<ArchiveImages> OpenAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        if (reference.Transport != ImageTransport.DockerArchive)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, reference.ToString(),
                $"{reference} is no archive; write docker-archive:FILE[:NAME:TAG].");
        }

        var file = new FileInfo(Path.GetFullPath(reference.Path));
        if (!file.Exists)
        {
            throw NotFound(reference, $"there is no file {file.FullName}");
        }

        lock (_gate)
        {
            if (_archives.TryGetValue(file.FullName, out var cached) && cached.Length == file.Length
                && cached.Modified == file.LastWriteTimeUtc)
            {
                return cached.Images;
            }
        }

        // The directory is made by reading through the whole file where that is compressed.
        var images = await Task.Run(() => Guard(reference, () => ArchiveImages.Read(file.FullName, cancellationToken)),
            cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _archives[file.FullName] = new Cached(file.Length, file.LastWriteTimeUtc, images);
        }

        return images;
    }

    private static ArchiveImage Find(ArchiveImages archive, ImageReference reference)
    {
        var found = reference.Name.Length == 0
            ? archive.Images
            : archive.Images.Where(i => i.Names.Any(n => IsSameRepository(n, reference) && n.Tag == reference.Tag)).ToArray();

        // The platforms of one index, and an image saved under two names, are listed each, and are one.
        if (found.DistinctBy(i => i.Root.Descriptor.Digest).Count() == 1)
        {
            return found[0];
        }

        var names = string.Join(", ", archive.Images
            .SelectMany(i => i.Names.Count > 0 ? i.Names.Select(n => n.ToString()) : [$"(no name) {i.Root.Descriptor.Digest}"])
            .Take(10));
        throw found.Count == 0
            ? NotFound(reference, $"the archive has no image of that name; it has: {names}")
            : new PatchException(PatchErrorCode.InvalidArgument, reference.ToString(),
                $"{reference}: the archive has {found.Count} images; write docker-archive:FILE:NAME:TAG with one of: {names}.");
    }

    private static bool IsSameRepository(ImageReference name, ImageReference reference) =>
        name.Registry == reference.Registry && name.Repository == reference.Repository;

    private static T Guard<T>(ImageReference reference, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, reference.ToString(), $"{reference}: {e.Message}", e);
        }
    }

    private static PatchException NotFound(ImageReference reference, string fault) =>
        new(PatchErrorCode.NotFound, reference.ToString(), $"{reference}: {fault}.");

    private static PatchException ReadOnly(ImageReference target) => new(PatchErrorCode.NotSupported, target.ToString(),
        $"{target}: archives are read, not written. Name a registry or an OCI layout (oci:DIR:TAG) to write to.");

    private sealed record Cached(long Length, DateTime Modified, ArchiveImages Images);
}
