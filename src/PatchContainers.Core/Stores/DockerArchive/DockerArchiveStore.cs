using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>
/// Images in the files that <c>docker save</c>, <c>podman save</c> and <c>skopeo copy</c> write (<c>docker-archive:FILE[:NAME:TAG]</c>),
/// plain or compressed with gzip. Each layer is read at its place in the file. In a compressed file that means decompressing all that
/// stands before it, so decompress a large file that is read often.
/// </summary>
public sealed class DockerArchiveStore : ArchiveStore
{
    private readonly Dictionary<string, Cached> _archives = new(StringComparer.Ordinal);
    private readonly object _gate = new();

    private protected override async Task<ArchiveImages> OpenAsync(ImageReference reference, CancellationToken cancellationToken)
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

        var images = await GuardAsync(reference, () => ArchiveImages.ReadAsync(ArchiveSource.OfFile(file.FullName), cancellationToken))
            .ConfigureAwait(false);
        lock (_gate)
        {
            _archives[file.FullName] = new Cached(file.Length, file.LastWriteTimeUtc, images);
        }

        return images;
    }

    private protected override ArchiveImage Find(ArchiveImages archive, ImageReference reference)
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

    private sealed record Cached(long Length, DateTime Modified, ArchiveImages Images);
}
