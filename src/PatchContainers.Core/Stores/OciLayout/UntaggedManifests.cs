using PatchContainers.Images;

namespace PatchContainers.Stores.OciLayout;

/// <summary>Finds the manifests of a layout that no tag leads to: bases of yesterday, on which the images of today were built.</summary>
internal static class UntaggedManifests
{
    /// <summary>
    /// Entries without a usable name first, in the order of <c>index.json</c>; then the manifests among the blobs that no other manifest
    /// refers to, in the order of their digests.
    /// </summary>
    public static IReadOnlyList<Descriptor> Find(OciLayoutFolder folder, string where, CancellationToken cancellationToken)
    {
        var index = folder.ReadIndex(where);
        var stored = ReadStored(folder, where, cancellationToken);
        var tagged = index.Entries.Where(e => OciLayoutIndex.TagOf(e) is not null).Select(e => e.Digest).ToHashSet();
        var reachable = new HashSet<Digest>();
        foreach (var digest in tagged)
        {
            AddReachable(digest, stored, reachable);
        }

        var referred = stored.Values.SelectMany(s => s.Children).ToHashSet();
        var listed = index.Entries
            .Where(e => OciLayoutIndex.IsImageLike(e) && !tagged.Contains(e.Digest) && !reachable.Contains(e.Digest))
            .Select(e => new Descriptor(e.MediaType, e.Digest, e.Size))
            .DistinctBy(e => e.Digest)
            .ToList();
        var known = listed.Select(l => l.Digest).Concat(index.Entries.Select(e => e.Digest)).ToHashSet();
        var orphans = stored.Values.Where(s => !referred.Contains(s.Descriptor.Digest) && !known.Contains(s.Descriptor.Digest));
        return [.. listed, .. orphans.Select(o => o.Descriptor).OrderBy(o => o.Digest.ToString(), StringComparer.Ordinal)];
    }

    private static void AddReachable(Digest digest, Dictionary<Digest, Stored> stored, HashSet<Digest> reachable)
    {
        // A digest cannot contain itself, so this ends; the set keeps it short.
        if (stored.TryGetValue(digest, out var manifest))
        {
            foreach (var child in manifest.Children.Where(reachable.Add))
            {
                AddReachable(child, stored, reachable);
            }
        }
    }

    private static Dictionary<Digest, Stored> ReadStored(OciLayoutFolder folder, string where, CancellationToken cancellationToken)
    {
        var stored = new Dictionary<Digest, Stored>();
        foreach (var algorithm in new[] { "sha256", "sha512" })
        {
            var blobs = Path.Combine(folder.Path, "blobs", algorithm);
            if (!Directory.Exists(blobs))
            {
                continue;
            }

            foreach (var file in new DirectoryInfo(blobs).EnumerateFiles())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (file.Length <= ImageDocument.MaxBytes && Digest.TryParse($"{algorithm}:{file.Name}", out var digest)
                    && TryRead(file, digest, where) is { } manifest)
                {
                    stored.Add(digest, manifest);
                }
            }
        }

        return stored;
    }

    private static Stored? TryRead(FileInfo file, Digest digest, string where)
    {
        byte[] content;
        try
        {
            using var stream = file.OpenRead();
            if (stream.ReadByte() != '{')
            {
                return null;
            }

            content = new byte[stream.Length];
            stream.Position = 0;
            stream.ReadExactly(content);
        }
        catch (FileNotFoundException)
        {
            // Another process has just removed it.
            return null;
        }

        if (ManifestDocument.DetectMediaType(content) is not { } mediaType)
        {
            return null;
        }

        if (!digest.Matches(content))
        {
            throw new PatchException(PatchErrorCode.DigestMismatch, where,
                $"{where} is damaged or was tampered with: the bytes in {file.FullName} do not have the digest of that name. Delete that "
                    + "file, or copy the images again.");
        }

        var children = ManifestDocument.Children(content, mediaType, file.FullName).Select(c => c.Digest).ToArray();
        return new Stored(new Descriptor(mediaType, digest, content.Length), children);
    }

    private sealed record Stored(Descriptor Descriptor, IReadOnlyList<Digest> Children);
}
