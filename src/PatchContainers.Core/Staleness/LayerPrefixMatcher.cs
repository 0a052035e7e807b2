using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>
/// Finds the known bases whose DiffIDs are a proper prefix of an image's. DiffIDs, not the digests of the compressed layers: recompression
/// must not hide a match.
/// </summary>
internal sealed class LayerPrefixMatcher
{
    private readonly ImageResolver _resolver;
    private readonly KnownBaseCatalog _catalog;
    private readonly IProgress<PatchNotice> _notices;

    public LayerPrefixMatcher(ImageResolver resolver, KnownBaseCatalog catalog, IProgress<PatchNotice> notices)
    {
        _resolver = resolver;
        _catalog = catalog;
        _notices = notices;
    }

    /// <summary>
    /// The candidates with the longest prefix: one a name; several only where their DiffIDs are equal and the image's history does not
    /// tell them apart.
    /// </summary>
    public async Task<IReadOnlyList<BaseCandidate>> MatchAsync(PlatformImage image, IReadOnlyList<KnownBase> known,
        CancellationToken cancellationToken)
    {
        var matches = new List<(BaseCandidate Candidate, ImageConfig Config)>();
        foreach (var knownBase in known)
        {
            foreach (var candidate in await _catalog.GetAsync(knownBase, cancellationToken).ConfigureAwait(false))
            {
                if (await TryMatchAsync(image, candidate, cancellationToken).ConfigureAwait(false) is { } config)
                {
                    matches.Add((candidate, config));
                }
            }
        }

        if (matches.Count == 0)
        {
            return [];
        }

        var longest = matches.Max(m => m.Config.DiffIds.Count);
        var equal = matches.Where(m => m.Config.DiffIds.Count == longest).ToArray();
        var best = equal.Max(m => HistoryScore(image.Config, m.Candidate.Base, m.Config));
        var settled = equal.Where(m => HistoryScore(image.Config, m.Candidate.Base, m.Config) == best).Select(m => m.Candidate).ToArray();

        // Candidates come with the current meaning of the name first: equal layers on it are no change. A version of the name goes before a
        // tag that is none.
        var oneEach = settled.GroupBy(c => c.Base.Name).Select(g => g.FirstOrDefault(c => c.IsVersion) ?? g.First()).ToArray();
        return oneEach.Any(c => c.IsVersion) ? oneEach.Where(c => c.IsVersion).ToArray() : oneEach;
    }

    private async Task<ImageConfig?> TryMatchAsync(PlatformImage image, BaseCandidate candidate, CancellationToken cancellationToken)
    {
        try
        {
            var count = image.Config.DiffIds.Count;
            if (candidate.Root.Index is null)
            {
                // A manifest costs no request more, its configuration does: the number of layers spares most of them.
                var manifest = await _resolver.ReadImageManifestAsync(candidate.Root, candidate.Root.Descriptor,
                    cancellationToken).ConfigureAwait(false);
                if (!manifest.IsImage || manifest.Layers.Count >= count)
                {
                    return null;
                }
            }

            var platform = await _resolver.FindPlatformAsync(candidate.Root, image.Platform, cancellationToken).ConfigureAwait(false);
            return platform is not null && platform.Config.DiffIds.Count > 0 && platform.Config.DiffIds.Count < count
                && image.Config.DiffIds.Take(platform.Config.DiffIds.Count).SequenceEqual(platform.Config.DiffIds)
                ? platform.Config
                : null;
        }
        catch (PatchException e)
        {
            _notices.Report(new PatchNotice.Verbose($"{candidate.Root.Reference} is not looked at as a version "
                + $"of {candidate.Base.Name}: {e.Message}"));
            return null;
        }
    }

    // buildah writes the base's name into a comment; every builder keeps the base's lines in front of its own.
    private static int HistoryScore(ImageConfig image, KnownBase known, ImageConfig candidate)
    {
        if (image.History.Any(h => BaseImageResolver.BaseNameOf(h) is { } from && from.WithoutDigest().Equals(known.Name.WithoutDigest())))
        {
            return int.MaxValue;
        }

        return image.History.Take(candidate.History.Count).SequenceEqual(candidate.History) ? candidate.History.Count : -1;
    }
}
