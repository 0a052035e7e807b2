using System.Runtime.CompilerServices;
using PatchContainers.Images;

namespace PatchContainers.Stores.OciLayout;

/// <summary>
/// Images in OCI layout folders (<c>oci:DIR[:TAG]</c>; OCI image specification 1.1, image-layout.md). Reads what other tools write; several
/// processes may write at once, as long as all of them are of this program.
/// </summary>
/// <remarks>
/// A reference without tag and digest names the only manifest that <c>index.json</c> lists. A manifest that is written by its digest alone,
/// or whose tag is moved away, is listed in <c>index.json</c> without a name, so that garbage collectors keep it, until an index that holds
/// it is written under a tag. Docker's media types are kept as they are, since another type is another digest; some tools (skopeo, umoci)
/// only see images of OCI's types in a layout.
/// </remarks>
public sealed class OciLayoutStore : IImageStore
{
    private readonly Func<ImageReference, string> _folderOf;
    private readonly TimeProvider _time;

    /// <summary>Creates the store for references of the form <c>oci:DIR[:TAG]</c>.</summary>
    /// <param name="timeProvider">The clock by which the wait for another writer ends; the system's where null.</param>
    public OciLayoutStore(TimeProvider? timeProvider = null)
        : this(reference => reference.Transport == ImageTransport.OciLayout
            ? reference.Path
            : throw new PatchException(PatchErrorCode.InvalidArgument, reference.ToString(),
                $"{reference} is no OCI layout; write oci:DIR[:TAG]."), timeProvider)
    {
    }

    /// <summary>Creates the store for references of another transport, each standing for a layout.</summary>
    internal OciLayoutStore(Func<ImageReference, string> folderOf, TimeProvider? timeProvider)
    {
        _folderOf = folderOf;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public async Task<Descriptor> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        if (!reference.Digest.IsEmpty)
        {
            return (await ReadManifestAsync(reference, cancellationToken).ConfigureAwait(false)).Descriptor;
        }

        return await RunAsync(reference, (folder, where) =>
        {
            var entry = Find(folder.ReadIndex(where), reference, where);
            return File.Exists(folder.BlobPath(entry.Digest)) ? entry : throw MissingManifest(entry, folder, where);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<StoredManifest> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        RunAsync(reference, (folder, where) => ReadManifest(folder, reference, where), cancellationToken);

    /// <inheritdoc/>
    public Task<Stream> OpenBlobAsync(ImageReference repository, Descriptor descriptor, CancellationToken cancellationToken = default) =>
        RunAsync<Stream>(repository, (folder, where) =>
        {
            try
            {
                var file = new FileStream(folder.BlobPath(descriptor.Digest), FileMode.Open, FileAccess.Read,
                    FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
                return new VerifyingStream(file, descriptor, where);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                throw NotFound(where,
                    $"{where}: the layout does not hold the blob {descriptor.Digest}. Copy the image again, with all its layers.");
            }
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> BlobExistsAsync(ImageReference repository, Descriptor descriptor, CancellationToken cancellationToken = default) =>
        RunAsync(repository, (folder, _) => Holds(folder, descriptor), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListTagsAsync(ImageReference repository,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var index = await RunAsync(repository, (folder, where) => folder.ReadIndex(where), cancellationToken).ConfigureAwait(false);
        foreach (var tag in index.Entries.Where(OciLayoutIndex.IsImageLike).Select(OciLayoutIndex.TagOf).OfType<string>()
            .Distinct(StringComparer.Ordinal))
        {
            yield return tag;
        }
    }

    /// <summary>
    /// The manifests and indexes that no tag leads to: entries of <c>index.json</c> without a usable name, and manifests among the blobs
    /// that nothing refers to (tools that move a tag leave the old ones there).
    /// </summary>
    /// <inheritdoc/>
    public async IAsyncEnumerable<Descriptor> ListUntaggedAsync(ImageReference repository,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var manifest in await RunAsync(repository, (folder, where) => UntaggedManifests.Find(folder, where, cancellationToken),
            cancellationToken).ConfigureAwait(false))
        {
            yield return manifest;
        }
    }

    /// <summary>Within one file system by a link, else by a copy; the bytes are checked when they are read.</summary>
    /// <inheritdoc/>
    public async Task<bool> TryMountBlobAsync(ImageReference target, Descriptor descriptor, ImageReference source,
        CancellationToken cancellationToken = default)
    {
        var (to, where) = Open(target);
        var (from, sourceWhere) = Open(source);
        var linked = Guard(where, () =>
        {
            if (Holds(to, descriptor))
            {
                return true;
            }

            if (!Holds(from, descriptor))
            {
                return false;
            }

            to.CreateBlobFolder(descriptor.Digest);
            return DurableFile.TryHardLink(from.BlobPath(descriptor.Digest), to.BlobPath(descriptor.Digest));
        });
        if (linked || !Guard(sourceWhere, () => Holds(from, descriptor)))
        {
            return linked;
        }

        var content = await OpenBlobAsync(source, descriptor, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            await WriteBlobAsync(target, descriptor, content, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <inheritdoc/>
    public async Task WriteBlobAsync(ImageReference target, Descriptor descriptor, Stream content,
        CancellationToken cancellationToken = default)
    {
        var (folder, where) = Open(target);
        string? temporary = null;
        try
        {
            var file = folder.CreateTemporary();
            temporary = file.Name;
            await using (file.ConfigureAwait(false))
            {
                // The verifying stream is not disposed: the content is the caller's.
                var verified = new VerifyingStream(content, descriptor, where);
                await verified.CopyToAsync(file, 128 * 1024, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            folder.Commit(temporary, descriptor.Digest);
        }
        catch (Exception e)
        {
            if (temporary is not null)
            {
                File.Delete(temporary);
            }

            if (e is IOException or UnauthorizedAccessException)
            {
                throw FileFault(where, e);
            }

            throw;
        }
    }

    /// <summary>Writes the manifest and then its entry; what it refers to must be there already, as registries demand too.</summary>
    /// <inheritdoc/>
    public async Task<Descriptor> WriteManifestAsync(ImageReference target, string mediaType, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken = default)
    {
        var (folder, where) = Open(target);
        var digest = target.Digest.IsEmpty ? Digest.OfBytes(content.Span) : target.Digest;
        if (!digest.Matches(content.Span))
        {
            throw new PatchException(PatchErrorCode.DigestMismatch, where,
                $"{where}: the manifest to be written has the digest {Digest.OfBytes(content.Span)}, not {digest}.");
        }

        var children = ManifestDocument.Children(content, mediaType, where);
        var missing = Guard(where, () => children.FirstOrDefault(c => c.Urls.Count == 0 && !Holds(folder, c)));
        if (missing is not null)
        {
            throw NotFound(where,
                $"{where}: the manifest to be written refers to {missing.Digest}, which the layout does not hold. Write that first.");
        }

        var manifest = new Descriptor(mediaType, digest, content.Length);
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        await WriteBlobAsync(target, manifest, stream, cancellationToken).ConfigureAwait(false);
        try
        {
            var inner = MediaTypes.IsIndex(mediaType) ? children.Select(c => c.Digest).ToHashSet() : [];
            await folder.UpdateIndexAsync(
                index => target.Tag is null ? index.AddUntagged(manifest) : index.SetTag(target.Tag, manifest, inner),
                where, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault(where, e);
        }

        return manifest;
    }

    /// <summary>None: a layout is one repository.</summary>
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListRepositoriesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    private (OciLayoutFolder Folder, string Where) Open(ImageReference reference)
    {
        var folder = new OciLayoutFolder(_folderOf(reference), _time);
        return (folder, reference.Transport == ImageTransport.OciLayout ? reference.ToString() : $"{reference} (oci:{folder.Path})");
    }

    private static StoredManifest ReadManifest(OciLayoutFolder folder, ImageReference reference, string where)
    {
        var index = folder.ReadIndex(where);
        var entry = reference.Digest.IsEmpty
            ? Find(index, reference, where)
            : index.Entries.FirstOrDefault(e => e.Digest == reference.Digest && OciLayoutIndex.IsImageLike(e));
        var digest = entry?.Digest ?? reference.Digest;
        var content = folder.TryReadDocument(digest, where)
            ?? throw (entry is null
                ? NotFound(where, $"{where}: the layout holds no manifest {digest}.") : MissingManifest(entry, folder, where));
        if (!digest.Matches(content))
        {
            throw new PatchException(PatchErrorCode.DigestMismatch, where,
                $"{where} is damaged or was tampered with: the bytes in {folder.BlobPath(digest)} do not have the digest of that name. "
                    + "Push or copy the image again.");
        }

        // A document that does not say what it is, is what the index says.
        var detected = ManifestDocument.DetectMediaType(content, out var isStated);
        var mediaType = (isStated ? detected : null) ?? entry?.MediaType ?? detected
            ?? throw new PatchException(PatchErrorCode.InvalidData, where, $"{where}: the blob {digest} is no manifest and no index.");
        return new StoredManifest(new Descriptor(mediaType, digest, content.Length), content);
    }

    private static Descriptor Find(OciLayoutIndex index, ImageReference reference, string where)
    {
        var named = (reference.Tag is null ? index.Entries : index.WithTag(reference.Tag)).ToArray();
        var images = named.Where(OciLayoutIndex.IsImageLike).ToArray();
        if (images.Select(e => e.Digest).Distinct().Count() == 1)
        {
            return images[0];
        }

        if (images.Length > 1)
        {
            var names = string.Join(", ", images.Select(e => OciLayoutIndex.TagOf(e) ?? e.Digest.ToString()).Distinct().Take(10));
            throw new PatchException(PatchErrorCode.InvalidArgument, where, reference.Tag is null
                ? $"{where}: the layout holds {images.Length} images; add a tag or a digest: {names}."
                : $"{where}: the tag names {images.Length} manifests; name one by its digest: "
                    + $"{string.Join(", ", images.Select(e => e.Digest).Take(10))}.");
        }

        if (named.Length > 0)
        {
            throw new PatchException(PatchErrorCode.NotSupported, where, $"{where} is no image: its media type is '{named[0].MediaType}'.");
        }

        var tags = index.Entries.Select(OciLayoutIndex.TagOf).OfType<string>().Distinct().Take(10).ToArray();
        throw NotFound(where, reference.Tag is null
            ? $"{where}: the layout holds no image."
            : $"{where}: the layout has no tag '{reference.Tag}'. "
                + (tags.Length > 0 ? $"It has: {string.Join(", ", tags)}." : "It has none."));
    }

    private static bool Holds(OciLayoutFolder folder, Descriptor descriptor) =>
        new FileInfo(folder.BlobPath(descriptor.Digest)) is { Exists: true } file
            && (descriptor.Size < 0 || file.Length == descriptor.Size);

    // Files are read at once, on the caller's thread; what goes wrong comes with the task all the same.
    private Task<T> RunAsync<T>(ImageReference reference, Func<OciLayoutFolder, string, T> action, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (folder, where) = Open(reference);
            return Task.FromResult(Guard(where, () => action(folder, where)));
        }
        catch (OperationCanceledException)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }
        catch (PatchException e)
        {
            return Task.FromException<T>(e);
        }
    }

    private static T Guard<T>(string where, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PatchException(PatchErrorCode.NotFound, where, $"{where}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault(where, e);
        }
    }

    private static PatchException FileFault(string where, Exception e) => new(PatchErrorCode.FileError, where, $"{where}: {e.Message}", e);

    private static PatchException NotFound(string where, string message) => new(PatchErrorCode.NotFound, where, message);

    private static PatchException MissingManifest(Descriptor entry, OciLayoutFolder folder, string where) =>
        NotFound(where, $"{where}: index.json names the manifest {entry.Digest}, but there is no file {folder.BlobPath(entry.Digest)}. "
            + "Copy the image again.");
}
