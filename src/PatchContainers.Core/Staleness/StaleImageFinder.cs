using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>Finds images that have fallen behind, and says for each how it knows.</summary>
public sealed class StaleImageFinder
{
    private const string Activity = "Looking for stale images";

    private readonly IImageStore _store;
    private readonly TimeProvider _clock;
    private readonly IHistoryStore? _history;

    /// <summary>Makes a finder.</summary>
    /// <param name="store">Where images and their bases are.</param>
    /// <param name="clock">The time, for ages.</param>
    /// <param name="history">
    /// Where verdicts and the meanings of base names are recorded, and what a base's name meant before is looked up; null for neither.
    /// </param>
    public StaleImageFinder(IImageStore store, TimeProvider clock, IHistoryStore? history = null)
    {
        _store = store;
        _clock = clock;
        _history = history;
    }

    /// <summary>
    /// Looks at the images: one result each, in the order of the options (images, workloads, repositories). An image that cannot be read is
    /// a <see cref="PatchNotice.Failure"/>, and the rest goes on. Notices come from several threads.
    /// </summary>
    /// <param name="options">Which images, and what counts as stale.</param>
    /// <param name="notices">Takes what is to be said besides the results.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public async IAsyncEnumerable<StaleImage> FindAsync(
        StaleImageOptions options, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(notices);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Concurrency, 1, nameof(options));

        // Whoever stops early stops what runs ahead, too.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var images = await CollectAsync(options, notices, stop.Token).ConfigureAwait(false);
        var run = new Run(this, options, images, notices);
        var running = new Queue<Task<StaleImage?>>();
        try
        {
            var done = 0;
            for (var next = 0; done < images.Count; done++)
            {
                for (; next < images.Count && running.Count < options.Concurrency; next++)
                {
                    var image = images[next];
                    running.Enqueue(Task.Run(() => run.LookAsync(image, stop.Token), stop.Token));
                }

                notices.Report(new PatchNotice.Progress(Activity, images[done].Reference.ToString(), done * 100 / images.Count));
                var found = await running.Dequeue().ConfigureAwait(false);
                if (found is not null)
                {
                    await RecordAsync(found, cancellationToken).ConfigureAwait(false);
                    if (options.IncludeFresh || found.Status != StaleStatus.Fresh)
                    {
                        yield return found;
                    }
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<List<Subject>> CollectAsync(StaleImageOptions options, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken)
    {
        var images = new List<Subject>();
        var known = new Dictionary<ImageReference, Subject>();
        Subject Add(ImageReference reference, bool isListed = false)
        {
            if (!known.TryGetValue(reference, out var subject))
            {
                subject = new Subject(reference, [], isListed);
                known[reference] = subject;
                images.Add(subject);
            }

            return subject;
        }

        foreach (var reference in options.Images)
        {
            Add(reference);
        }

        foreach (var source in options.Workloads)
        {
            await foreach (var workload in source.ListAsync(notices, cancellationToken).ConfigureAwait(false))
            {
                if (ImageReference.TryParse(workload.Image, out var reference, out var fault))
                {
                    Add(reference).Workloads.Add(workload);
                }
                else
                {
                    notices.Report(new PatchNotice.Failure(new PatchException(PatchErrorCode.InvalidArgument, workload.Id,
                        $"{workload.Id} names '{workload.Image}', which is not an image reference: {fault}")));
                }
            }
        }

        if (options.AllRepositories)
        {
            await foreach (var name in _store.ListRepositoriesAsync(cancellationToken).ConfigureAwait(false))
            {
                await ListTagsAsync(name, tag => Add(tag, isListed: true), notices, cancellationToken).ConfigureAwait(false);
            }
        }

        return images;
    }

    private async Task ListTagsAsync(string repository, Action<ImageReference> add, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken)
    {
        try
        {
            var reference = ImageReference.Parse(repository);
            await foreach (var tag in _store.ListTagsAsync(reference, cancellationToken).ConfigureAwait(false))
            {
                if (!ReferrerTag.Is(tag))
                {
                    add(reference.WithTag(tag));
                }
            }
        }
        catch (PatchException e)
        {
            notices.Report(new PatchNotice.Failure(e));
        }
    }

    // Without a key: that an image is still stale a month later is a verdict of its own.
    private async Task RecordAsync(StaleImage found, CancellationToken cancellationToken)
    {
        if (_history is not null)
        {
            await _history.AppendAsync(new PatchRecord
            {
                Time = found.CheckedAt,
                Kind = PatchRecordKind.Stale,
                Image = found.Image,
                OldDigest = found.Digest,
                Outcome = found.Status.ToString(),
                Detail = found.Detail,
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>An image to look at.</summary>
    /// <param name="Reference">The image.</param>
    /// <param name="Workloads">The workloads that name it.</param>
    /// <param name="IsListed">Whether it is looked at only because its repository has it.</param>
    private sealed record Subject(ImageReference Reference, List<Workload> Workloads, bool IsListed);

    /// <summary>What one run shares between its images.</summary>
    private sealed class Run
    {
        private readonly StaleImageFinder _finder;
        private readonly StaleImageOptions _options;
        private readonly IProgress<PatchNotice> _notices;
        private readonly ImageResolver _resolver;
        private readonly BaseImageResolver _bases;
        private readonly RunningDigestReader _running;
        private readonly ILookup<ImageReference, Workload> _byTag;
        private readonly ConcurrentDictionary<(ImageReference Name, Digest Digest), bool> _recorded = new();

        public Run(StaleImageFinder finder, StaleImageOptions options, IReadOnlyList<Subject> images, IProgress<PatchNotice> notices)
        {
            _byTag = images.Where(i => i.Reference.Tag is not null).SelectMany(i => i.Workloads, (i, w) => (Tag: i.Reference.WithoutDigest(), w))
                .ToLookup(i => i.Tag, i => i.w);
            _finder = finder;
            _options = options;
            _notices = notices;
            _resolver = new ImageResolver(finder._store);
            _running = new RunningDigestReader(finder._store, _resolver, notices);
            _bases = new BaseImageResolver(_resolver,
                new KnownBaseCatalog(finder._store, _resolver, finder._history, notices, options.BaseImages),
                options.BaseImages, notices);
        }

        public async Task<StaleImage?> LookAsync(Subject subject, CancellationToken cancellationToken)
        {
            try
            {
                var image = await _resolver.ResolveAsync(subject.Reference, cancellationToken).ConfigureAwait(false);
                var bases = await _bases.FindAsync(image, cancellationToken).ConfigureAwait(false);
                foreach (var found in bases)
                {
                    await RecordBaseAsync(found, cancellationToken).ConfigureAwait(false);
                }

                var running = await _running.ReadAsync(image, subject.Workloads, Alike(subject), cancellationToken).ConfigureAwait(false);
                var movedTo = await FindMovedTagAsync(image, cancellationToken).ConfigureAwait(false);
                return StaleImageJudge.Judge(
                    image, bases, movedTo, running, subject.Workloads, _options.MaxAge, _finder._clock.GetUtcNow());
            }
            catch (PatchException e)
            {
                // Whoever asks for all that a repository holds did not say that all of it is an image.
                _notices.Report(subject.IsListed && e.Code == PatchErrorCode.NotSupported
                    ? new PatchNotice.Warning($"{subject.Reference} was passed over: {e.Message}")
                    : new PatchNotice.Failure(e));
                return null;
            }
        }

        // name:1@A in staging and name:1@B in production, or in two clusters, are one tag.
        private IReadOnlyList<Workload> Alike(Subject subject) => subject.Reference.Tag is null ? subject.Workloads
            : _byTag[subject.Reference.WithoutDigest()].ToArray();

        // name:tag@digest runs the digest. That its tag has moved on says that a newer build is there.
        private async Task<ResolvedRoot?> FindMovedTagAsync(ResolvedImage image, CancellationToken cancellationToken)
        {
            if (image.Reference.Tag is null || image.Reference.Digest.IsEmpty)
            {
                return null;
            }

            try
            {
                var tag = await _resolver.ResolveRootAsync(image.Reference.WithoutDigest(), cancellationToken).ConfigureAwait(false);
                var same = image.IsNamedBy(tag.Digest) || tag.Images.Any(i => i.Digest == image.Digest)
                    || image.Platforms.All(p => tag.Images.Any(i => i.Digest == p.ManifestDescriptor.Digest));
                return same ? null : tag;
            }
            catch (PatchException e)
            {
                _notices.Report(e.Code == PatchErrorCode.NotFound
                    ? new PatchNotice.Verbose($"The tag of {image.Reference} is gone: {e.Message}")
                    : new PatchNotice.Warning($"Whether the tag of {image.Reference} has moved is not known: {e.Message}"));
                return null;
            }
        }

        // What a name means today is what a stale image's layers are compared with tomorrow.
        private async Task RecordBaseAsync(PlatformBase found, CancellationToken cancellationToken)
        {
            if (_finder._history is not { } history || found.Current is not { } current || found.Names.Count != 1
                || !_recorded.TryAdd((found.Names[0], current.Digest), true))
            {
                return;
            }

            await history.AppendAsync(new PatchRecord
            {
                Time = _finder._clock.GetUtcNow(),
                Kind = PatchRecordKind.Stale,
                Image = found.Names[0].ToString(),
                NewDigest = current.Digest.ToString(),
                Outcome = "Base",
                Detail = $"The base image {found.Names[0]} is {current.Digest}.",
            }, cancellationToken).ConfigureAwait(false);
        }
    }
}
