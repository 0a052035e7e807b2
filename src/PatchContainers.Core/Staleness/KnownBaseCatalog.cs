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
/// All that the known bases' names may have meant: what they mean now, the references given with them, digests in the history, and the tags and
/// untagged manifests of their repositories. Looked up once in a run, and only when an image needs it.
/// </summary>
internal sealed class KnownBaseCatalog
{
    private const int Parallel = 8;

    private readonly IImageStore _store;
    private readonly ImageResolver _resolver;
    private readonly IHistoryStore? _history;
    private readonly IProgress<PatchNotice> _notices;
    private readonly bool _searchRepositories;
    private readonly ConcurrentDictionary<KnownBase, Lazy<Task<IReadOnlyList<BaseCandidate>>>> _candidates = new();

    /// <summary>Creates the catalog.</summary>
    /// <param name="store">Where the bases are.</param>
    /// <param name="resolver">The run's resolver.</param>
    /// <param name="history">Where digests of before are looked up; null for nowhere.</param>
    /// <param name="notices">Takes what could not be read.</param>
    /// <param name="searchRepositories">Whether the repositories' tags and untagged manifests count too.</param>
    public KnownBaseCatalog(
        IImageStore store, ImageResolver resolver, IHistoryStore? history, IProgress<PatchNotice> notices, bool searchRepositories)
    {
        _store = store;
        _resolver = resolver;
        _history = history;
        _notices = notices;
        _searchRepositories = searchRepositories;
    }

    /// <summary>The images that this name may have meant, the likeliest first; an image that several references name comes once.</summary>
    public Task<IReadOnlyList<BaseCandidate>> GetAsync(KnownBase known, CancellationToken cancellationToken) =>
        _candidates.GetOrAdd(known, k => new Lazy<Task<IReadOnlyList<BaseCandidate>>>(() => ReadAsync(k, cancellationToken))).Value;

    private async Task<IReadOnlyList<BaseCandidate>> ReadAsync(KnownBase known, CancellationToken cancellationToken)
    {
        var name = known.Name.WithoutDigest();
        var wanted = new List<(ImageReference Reference, string Where, bool IsVersion, bool IsAsked)> { (name, "its current meaning", true, true) };
        wanted.AddRange(known.OldReferences.Select(o => (o, $"the old reference {o}", true, true)));
        wanted.AddRange((await ReadHistoryAsync(name, cancellationToken).ConfigureAwait(false)).Select(d => (name.AtDigest(d), "the history", true, false)));
        if (_searchRepositories)
        {
            wanted.AddRange(await ListRepositoryAsync(name, cancellationToken).ConfigureAwait(false));
        }

        var roots = new ResolvedRoot?[wanted.Count];
        await System.Threading.Tasks.Parallel.ForEachAsync(Enumerable.Range(0, wanted.Count),
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
            async (i, token) => roots[i] = await TryReadAsync(wanted[i].Reference, wanted[i].IsAsked, name, token).ConfigureAwait(false)).ConfigureAwait(false);
        return wanted.Zip(roots).Where(w => w.Second is not null)
            .Select(w => new BaseCandidate(known, w.Second!, w.First.Where, w.First.IsVersion))
            .DistinctBy(c => c.Root.Digest).ToArray();
    }

    private async Task<List<(ImageReference Reference, string Where, bool IsVersion, bool IsAsked)>> ListRepositoryAsync(
        ImageReference name, CancellationToken cancellationToken)
    {
        var found = new List<(ImageReference Reference, string Where, bool IsVersion, bool IsAsked)>();
        try
        {
            await foreach (var manifest in _store.ListUntaggedAsync(name, cancellationToken).ConfigureAwait(false))
            {
                found.Add((name.AtDigest(manifest.Digest), "a manifest without a tag", true, false));
            }

            await foreach (var tag in _store.ListTagsAsync(name, cancellationToken).ConfigureAwait(false))
            {
                if (tag != name.Tag)
                {
                    found.Add((name.WithTag(tag), $"the tag {tag}", TagLine.MayBeVersionOf(tag, name.Tag ?? string.Empty), false));
                }
            }
        }
        catch (PatchException e)
        {
            _notices.Report(new PatchNotice.Warning($"The repository of the known base {name} could not be listed, so older versions of it may go unrecognised: {e.Message}"));
        }

        // A version of the name, where one image has several tags.
        return [.. found.OrderBy(f => f.IsVersion ? 0 : 1)];
    }

    private async Task<List<Digest>> ReadHistoryAsync(ImageReference name, CancellationToken cancellationToken)
    {
        var digests = new List<Digest>();
        if (_history is not null)
        {
            await foreach (var record in _history.ReadAsync(new HistoryFilter { Image = name.ToString() }, cancellationToken).ConfigureAwait(false))
            {
                foreach (var text in new[] { record.OldDigest, record.NewDigest })
                {
                    if (Digest.TryParse(text, out var digest) && !digests.Contains(digest))
                    {
                        digests.Add(digest);
                    }
                }
            }
        }

        return digests;
    }

    private async Task<ResolvedRoot?> TryReadAsync(ImageReference reference, bool isAsked, ImageReference name, CancellationToken cancellationToken)
    {
        try
        {
            return await _resolver.ResolveRootAsync(reference, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            // Signatures and other artifacts lie among the tags; what the user named himself must be there.
            _notices.Report(isAsked
                ? new PatchNotice.Warning($"{reference}, named for the known base {name}, could not be read: {e.Message}")
                : new PatchNotice.Verbose($"{reference} is not looked at as a version of the known base {name}: {e.Message}"));
            return null;
        }
    }
}
