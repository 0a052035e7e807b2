using System.Collections.Concurrent;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>One image that a known base's name may have meant.</summary>
/// <param name="Base">The known base.</param>
/// <param name="Root">The image.</param>
/// <param name="Where">How it was found, in words: <c>the tag 12-20230612</c>.</param>
/// <param name="IsVersion">False where its tag says that it is another line of versions.</param>
internal sealed record BaseCandidate(KnownBase Base, ResolvedRoot Root, string Where, bool IsVersion);

/// <summary>
/// All that the known bases' names may have meant: what they mean now, the references given with them, digests in the history, and the tags
/// and untagged manifests of their repositories. Looked up once in a run, and only when an image needs it.
/// </summary>
internal sealed class KnownBaseCatalog
{
    private const int Parallelism = 8;

    private readonly IImageStore _store;
    private readonly ImageResolver _resolver;
    private readonly IHistoryStore? _history;
    private readonly IProgress<PatchNotice> _notices;
    private readonly IReadOnlyList<KnownBase> _searched;
    private readonly ConcurrentDictionary<KnownBase, Lazy<Task<IReadOnlyList<BaseCandidate>>>> _candidates = new();

    /// <summary>Creates the catalog.</summary>
    /// <param name="store">Where the bases are.</param>
    /// <param name="resolver">The run's resolver.</param>
    /// <param name="history">Where digests of before are looked up; null for nowhere.</param>
    /// <param name="notices">Takes what could not be read.</param>
    /// <param name="searched">The bases whose repositories' tags count too: those that a person named, since a tag costs a request and
    /// public registries count them.</param>
    public KnownBaseCatalog(
        IImageStore store, ImageResolver resolver, IHistoryStore? history, IProgress<PatchNotice> notices,
        IReadOnlyList<KnownBase> searched)
    {
        _store = store;
        _resolver = resolver;
        _history = history;
        _notices = notices;
        _searched = searched;
    }

    /// <summary>The images that this name may have meant, the likeliest first; an image that several references name comes once.</summary>
    public Task<IReadOnlyList<BaseCandidate>> GetAsync(KnownBase known, CancellationToken cancellationToken) =>
        _candidates.GetOrAdd(known, k => new Lazy<Task<IReadOnlyList<BaseCandidate>>>(() => ReadAsync(k, cancellationToken))).Value;

    private async Task<IReadOnlyList<BaseCandidate>> ReadAsync(KnownBase known, CancellationToken cancellationToken)
    {
        var name = known.Name.WithoutDigest();
        List<Place> places = [new(name, "its current meaning", IsGiven: true)];
        places.AddRange(known.OldReferences.Select(o => new Place(o, $"the old reference {o}", IsGiven: true)));
        places.AddRange((await ReadHistoryAsync(name, cancellationToken).ConfigureAwait(false)).Select(d =>
            new Place(name.AtDigest(d), "a digest in the history")));
        places.AddRange(await ListRepositoryAsync(name, _searched.Contains(known), cancellationToken).ConfigureAwait(false));

        var roots = new ResolvedRoot?[places.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, places.Count), options,
            async (i, token) => roots[i] = await TryReadAsync(places[i], name, token).ConfigureAwait(false)).ConfigureAwait(false);
        return places.Zip(roots).Where(p => p.Second is not null)
            .Select(p => new BaseCandidate(known, p.Second!, p.First.Words, p.First.IsVersion))
            .DistinctBy(c => c.Root.Digest).ToArray();
    }

    private async Task<List<Place>> ListRepositoryAsync(ImageReference name, bool tags, CancellationToken cancellationToken)
    {
        var found = new List<Place>();
        try
        {
            await foreach (var manifest in _store.ListUntaggedAsync(name, cancellationToken).ConfigureAwait(false))
            {
                found.Add(new Place(name.AtDigest(manifest.Digest), "a manifest without a tag"));
            }

            if (tags)
            {
                await foreach (var tag in _store.ListTagsAsync(name, cancellationToken).ConfigureAwait(false))
                {
                    if (tag != name.Tag && !ReferrerTag.Is(tag))
                    {
                        found.Add(new Place(name.WithTag(tag), $"the tag {tag}", TagLine.MayBeVersionOf(tag, name.Tag ?? string.Empty)));
                    }
                }
            }
        }
        catch (PatchException e)
        {
            _notices.Report(new PatchNotice.Warning(
                $"The repository of the known base {name} could not be listed, so older versions of it may go unrecognised: {e.Message}"));
        }

        // Versions of the name first: an image that has several tags comes once.
        return [.. found.OrderBy(f => f.IsVersion ? 0 : 1)];
    }

    private async Task<List<Digest>> ReadHistoryAsync(ImageReference name, CancellationToken cancellationToken)
    {
        var digests = new List<Digest>();
        if (_history is null)
        {
            return digests;
        }

        var filter = new HistoryFilter { Image = name.ToString() };
        await foreach (var record in _history.ReadAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            foreach (var text in new[] { record.OldDigest, record.NewDigest })
            {
                if (Digest.TryParse(text, out var digest) && !digests.Contains(digest))
                {
                    digests.Add(digest);
                }
            }
        }

        return digests;
    }

    private async Task<ResolvedRoot?> TryReadAsync(Place place, ImageReference name, CancellationToken cancellationToken)
    {
        try
        {
            return await _resolver.ResolveRootAsync(place.Reference, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            // Artifacts lie among the tags, and registries forget what no tag names; what a person named must be there.
            _notices.Report(place.IsGiven
                ? new PatchNotice.Warning($"{place.Reference}, named for the known base {name}, could not be read: {e.Message}")
                : new PatchNotice.Verbose($"{place.Reference} is not looked at as a version of the known base {name}: {e.Message}"));
            return null;
        }
    }

    /// <summary>Where a meaning of a name may be.</summary>
    private sealed record Place(ImageReference Reference, string Words, bool IsVersion = true, bool IsGiven = false);
}
