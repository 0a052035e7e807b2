using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>
/// Finds out what a running container's digest is: of an index, of a platform's manifest, or of a configuration. Engines report any of the
/// three, and each is compared with its like: two platforms of one index are no drift.
/// </summary>
internal sealed class RunningDigestReader(IImageStore store, ImageResolver resolver, IProgress<PatchNotice> notices)
{
    /// <summary>Compares what runs with what the image's name says now.</summary>
    /// <param name="image">The image.</param>
    /// <param name="workloads">The workloads that name it.</param>
    /// <param name="alike">The workloads that name its tag, with or without a digest, wherever they are.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<RunningDigests> ReadAsync(ResolvedImage image, IReadOnlyList<Workload> workloads, IReadOnlyList<Workload> alike,
        CancellationToken cancellationToken)
    {
        var mine = workloads.SelectMany(w => w.RunningDigests).ToHashSet(StringComparer.Ordinal);
        var all = alike.SelectMany(w => w.RunningDigests).Concat(mine).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var (others, unknown, images) = (new List<string>(), new List<string>(), new List<Running>());
        foreach (var text in all)
        {
            var running = await IdentifyAsync(image, text, cancellationToken).ConfigureAwait(false);
            if (running is null && mine.Contains(text))
            {
                unknown.Add(text);
            }
            else if (running is { IsNamed: false } && mine.Contains(text))
            {
                others.Add(text);
            }

            if (running is not null && !images.Exists(i => i.IsSame(running)))
            {
                images.Add(running);
            }
        }

        // Images of different platforms may be of one index that nobody can name any more.
        var drifting = images.Exists(one => images.Exists(other => !ReferenceEquals(one, other) && one.Drifts(other)));
        return new RunningDigests(others, unknown, drifting);
    }

    // Null where it is not known.
    private async Task<Running?> IdentifyAsync(ResolvedImage image, string text, CancellationToken cancellationToken)
    {
        if (!Digest.TryParse(text, out var digest))
        {
            return null;
        }

        if (image.IsNamedBy(digest))
        {
            return Running.Named(image);
        }

        try
        {
            var root = await resolver.ResolveRootAsync(image.Reference.AtDigest(digest), cancellationToken).ConfigureAwait(false);
            if (root.Images.Count > 0 && root.Images.All(i => image.IsNamedBy(i.Digest)))
            {
                // The index was made anew around the same images, with an attestation beside them for example.
                return Running.Named(image);
            }

            var platforms = new List<Platform>();
            foreach (var entry in root.Images)
            {
                platforms.Add(entry.Platform ?? (await resolver.ResolvePlatformAsync(root, entry, cancellationToken).ConfigureAwait(false)).Platform);
            }

            return new Running(false, root.Images.Select(i => i.Digest).ToHashSet(), platforms);
        }
        catch (PatchException e) when (e.Code is PatchErrorCode.NotFound or PatchErrorCode.InvalidData or PatchErrorCode.NotSupported)
        {
            return await IdentifyConfigAsync(image, digest, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            notices.Report(new PatchNotice.Warning($"What runs as {digest} of {image.Reference} is not known: {e.Message}"));
            return null;
        }
    }

    // A configuration is a blob: the registry has it as long as it has its image. Whose it is, nobody can ask.
    private async Task<Running?> IdentifyConfigAsync(ResolvedImage image, Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            var blob = new Descriptor(MediaTypes.OciConfig, digest, -1);
            return await store.BlobExistsAsync(image.Reference, blob, cancellationToken).ConfigureAwait(false)
                ? new Running(false, [digest], []) : null;
        }
        catch (PatchException e)
        {
            notices.Report(new PatchNotice.Warning($"What runs as {digest} of {image.Reference} is not known: {e.Message}"));
            return null;
        }
    }

    /// <summary>One image that runs: its manifests (or its configuration), and the platforms they are for.</summary>
    private sealed record Running(bool IsNamed, HashSet<Digest> Manifests, IReadOnlyList<Platform> Platforms)
    {
        public static Running Named(ResolvedImage image) => new(true, image.Platforms.Select(p => p.ManifestDescriptor.Digest).ToHashSet(),
            image.Platforms.Select(p => p.Platform).ToArray());

        public bool IsSame(Running other) => Manifests.IsSubsetOf(other.Manifests) || other.Manifests.IsSubsetOf(Manifests);

        // What the name says now is never the same as what it does not say.
        public bool Drifts(Running other) => IsNamed != other.IsNamed || Platforms.Any(p => other.Platforms.Any(p.IsSame));
    }
}
