using PatchContainers.Images;
using PatchContainers.Stores.DockerArchive;

namespace PatchContainers.Stores.DockerEngine;

/// <summary>
/// Images in a container engine (<c>docker-daemon:NAME:TAG</c>). The engine saves the image each time that a layer of it is read, and what
/// stands before the layer is read and dropped: nothing is written to this machine's disk.
/// </summary>
/// <param name="engine">The engine.</param>
public sealed class DockerEngineStore(IEngineImages engine) : ArchiveStore, IDisposable
{
    private readonly Dictionary<string, ArchiveImages> _images = new(StringComparer.Ordinal);
    private readonly object _gate = new();

    /// <summary>Closes the connections to the engine.</summary>
    public void Dispose() => engine.Dispose();

    private protected override async Task<ArchiveImages> OpenAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        // A name that was pinned by us is pinned to a digest of which the engine may know nothing.
        var id = await engine.FindAsync(reference.Tag is null ? reference : reference.WithoutDigest(), cancellationToken)
            .ConfigureAwait(false);
        lock (_gate)
        {
            if (_images.TryGetValue(id, out var cached))
            {
                return cached;
            }
        }

        var images = await GuardAsync(reference, () => ArchiveImages.ReadAsync(
            new ArchiveSource(reference.ToString(), token => engine.SaveAsync(id, token)), cancellationToken)).ConfigureAwait(false);
        lock (_gate)
        {
            return _images[id] = images;
        }
    }

    // It was saved by its id, so that it is the only one, with or without its names.
    private protected override ArchiveImage Find(ArchiveImages archive, ImageReference reference) => archive.Images[0];
}
