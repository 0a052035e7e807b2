using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.Updating.Rebase;

namespace PatchContainers.Updating;

/// <summary>Moves images to their current base, and proves what that fixed. Plan, ask, apply.</summary>
public sealed class BaseImageUpdater
{
    private const string Activity = "Updating images";

    private readonly IImageStore _store;
    private readonly TimeProvider _clock;
    private readonly IHistoryStore? _history;
    private readonly ImageResolver _resolver;
    private readonly RebaseStrategy _rebase;
    private readonly UpdateVerifier _verifier;

    /// <summary>Makes an updater for one run.</summary>
    /// <param name="store">Where images are.</param>
    /// <param name="resolver">Reads images, each once in this run; the scanner's own, so that it asks for nothing twice.</param>
    /// <param name="layers">Where layers are read, through the cache.</param>
    /// <param name="scanner">What proves the fixes; null where none is there, and then no fix is claimed.</param>
    /// <param name="clock">The time, for the history.</param>
    /// <param name="history">Where decisions are recorded; null for nowhere.</param>
    public BaseImageUpdater(
        IImageStore store, ImageResolver resolver, LayerSource layers, IImageScanner? scanner, TimeProvider clock,
        IHistoryStore? history = null)
    {
        _store = store;
        _clock = clock;
        _history = history;
        _resolver = resolver;
        _rebase = new RebaseStrategy(layers);
        _verifier = new UpdateVerifier(store, scanner);
    }

    /// <summary>Plans one image. Nothing is written.</summary>
    /// <param name="target">The image; see <see cref="UpdateTarget.Merge"/> for several records of one.</param>
    /// <param name="options">How.</param>
    /// <param name="notices">Takes what is to be said besides the plan.</param>
    /// <param name="cancellationToken">Cancels the planning.</param>
    /// <exception cref="PatchException">
    /// The image cannot be read, or the strategy is not there yet (<see cref="PatchErrorCode.NotSupported"/>).
    /// </exception>
    public async Task<UpdatePlan> PlanAsync(
        UpdateTarget target, BaseImageUpdateOptions options, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(notices);
        CheckSupport(target, options);

        var image = await _resolver.ResolveAsync(target.Image, cancellationToken).ConfigureAwait(false);
        var bases = await FindBasesAsync(image, target, options, notices, cancellationToken).ConfigureAwait(false);
        var verdict = StaleImageJudge.Judge(image, bases, null, RunningDigests.None, target.Workloads, null, _clock.GetUtcNow());
        var preview = new BaseImageUpdate
        {
            Image = target.Name,
            Digest = image.Digest.ToString(),
            Base = verdict.Base,
            Strategy = UpdateStrategy.Rebase,
            Platforms = verdict.Platforms,
            Workloads = target.Workloads,
        };
        if (bases.All(b => b.State == BaseState.Current))
        {
            return new UpdatePlan(target, options, preview with
            {
                Status = UpdateStatus.UpToDate,
                NewImage = target.Name,
                NewDigest = preview.Digest,
                Reasons = [verdict.Detail],
            });
        }

        var newImage = image.Reference.WithTag(options.Tag is { Length: > 0 } tag ? tag
            : PatchedTag.For(image.Reference, bases.FirstOrDefault(b => b.Current is not null)?.Current?.Digest ?? image.Digest));
        notices.Report(new PatchNotice.Progress(Activity, $"{target.Name}: comparing its layers with both bases", null));
        var proposal = await _rebase.PlanAsync(image, bases, newImage, cancellationToken).ConfigureAwait(false);
        return proposal.Image is { } rebase
            ? await PreviewAsync(target, options, preview, proposal, rebase, notices, cancellationToken).ConfigureAwait(false)
            : new UpdatePlan(target, options,
                preview with { Status = UpdateStatus.Refused, Rejected = proposal.Rejections, Reasons = proposal.Reports });
    }

    /// <summary>
    /// Writes what was planned, reads it back, rescans it, and records how it ended, also where it ended with an error or was cancelled. A
    /// plan that is refused or up to date is recorded, and its preview is the result.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="notices">Takes what is to be said besides the result.</param>
    /// <param name="cancellationToken">Cancels the work; the new tag is written last, or not at all.</param>
    /// <exception cref="PatchException">Writing failed, or what was read back is not what was written.</exception>
    public async Task<BaseImageUpdate> ApplyAsync(UpdatePlan plan, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(notices);
        if (plan.Rebase is not { } rebase)
        {
            await RecordAsync(plan, plan.Preview, cancellationToken).ConfigureAwait(false);
            return plan.Preview;
        }

        var progress = new WriteProgress();
        BaseImageUpdate result;
        try
        {
            result = await WriteAsync(plan, rebase, progress, notices, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await RecordFailureAsync(plan.Preview, progress, e, notices).ConfigureAwait(false);
            throw;
        }

        // What was written is recorded, whoever cancels now.
        await RecordAsync(plan, result, CancellationToken.None).ConfigureAwait(false);
        return result;
    }

    private static void CheckSupport(UpdateTarget target, BaseImageUpdateOptions options)
    {
        if (options.Strategy is not (UpdateStrategy.Auto or UpdateStrategy.Rebase))
        {
            throw new PatchException(PatchErrorCode.NotSupported, target.Name,
                $"{target.Name} was not updated: the strategy {options.Strategy} does not exist yet in this version. Use Rebase, or "
                    + "Auto, which takes it.");
        }

        if (target.Image.Transport is ImageTransport.DockerArchive or ImageTransport.DockerDaemon)
        {
            throw new PatchException(PatchErrorCode.NotSupported, target.Name,
                $"{target.Name} cannot be updated where it is: nothing is written into archives and engines. Copy it into a registry "
                    + "or a layout (oci:DIR:TAG) first.");
        }
    }

    private async Task<IReadOnlyList<PlatformBase>> FindBasesAsync(
        ResolvedImage image, UpdateTarget target, BaseImageUpdateOptions options, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken)
    {
        // What the record before found goes first, without a search through the repository's tags.
        if (ImageReference.TryParse(target.Base.Name, out var name, out _) && Digest.TryParse(target.Base.RecordedDigest, out var recorded))
        {
            KnownBase[] known = [new(name, [name.AtDigest(recorded)]), .. options.BaseImages];
            var found = await FindAsync(known, []).ConfigureAwait(false);
            if (found.All(b => b is { State: BaseState.Current } or { State: BaseState.Changed, RecordedImage: not null }))
            {
                return found;
            }
        }

        return await FindAsync(options.BaseImages, options.BaseImages).ConfigureAwait(false);

        Task<IReadOnlyList<PlatformBase>> FindAsync(IReadOnlyList<KnownBase> known, IReadOnlyList<KnownBase> searched) =>
            new BaseImageResolver(_resolver, new KnownBaseCatalog(_store, _resolver, _history, notices, searched), known, notices)
                .FindAsync(image, cancellationToken);
    }

    private async Task<UpdatePlan> PreviewAsync(UpdateTarget target, BaseImageUpdateOptions options, BaseImageUpdate preview,
        RebaseProposal proposal, RebaseImage rebase, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var there = await FindTagAsync(rebase.Target, cancellationToken).ConfigureAwait(false);
        if (there is { } other && other != rebase.Digest && !options.Overwrite)
        {
            return new UpdatePlan(target, options, preview with
            {
                Status = UpdateStatus.Refused,
                Reasons = proposal.Reports,
                Rejected = [RebasePlanner.Reject(string.Empty, $"{rebase.Target} names {other} already, and the new image is "
                    + $"{rebase.Digest}. Name another tag, or have this one moved by force.")],
            });
        }

        var reasons = new List<string>(proposal.Reports);
        var (old, reason) = await _verifier.ScanAsync(rebase.Source.AtDigest(Digest.Parse(preview.Digest)), preview.Base, notices,
            cancellationToken).ConfigureAwait(false);
        var predicted = old is null ? [] : UpdateProof.Predict(old, proposal.NewBases);
        if (old is null)
        {
            reasons.Add($"No fixes are predicted, because the old image was not scanned: {reason}");
        }

        preview = preview with
        {
            Status = UpdateStatus.Planned,
            NewImage = rebase.Target.ToString(),
            NewDigest = rebase.Digest.ToString(),
            Reasons = reasons,
            Fixed = predicted,
            Remaining = old?.Findings.Except(predicted).ToArray() ?? [],
        };
        return new UpdatePlan(target, options, preview) { Rebase = rebase, Reports = proposal.Reports, OldScan = old };
    }

    private async Task<BaseImageUpdate> WriteAsync(UpdatePlan plan, RebaseImage rebase, WriteProgress progress,
        IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        // Between plan and apply a person may have thought for an hour.
        var there = await FindTagAsync(rebase.Target, cancellationToken).ConfigureAwait(false);
        if (there is { } other && other != rebase.Digest && !plan.Options.Overwrite)
        {
            throw new PatchException(PatchErrorCode.AlreadyExists, rebase.Target.ToString(),
                $"{rebase.Target} names {other}, which was written after this update was planned. Nothing was written; name another "
                    + "tag, or have this one moved by force.");
        }

        var reasons = new List<string>(plan.Reports);
        RebaseCost cost;
        if (there == rebase.Digest)
        {
            cost = RebaseWriter.Nothing(rebase);
            reasons.Add("The new image was there already.");
        }
        else
        {
            notices.Report(new PatchNotice.Progress(Activity, $"{rebase.Target}: writing", null));
            progress.HasBegun = true;
            cost = await RebaseWriter.WriteAsync(_store, rebase, cancellationToken).ConfigureAwait(false);
            _resolver.Forget(rebase.Target);
        }

        progress.IsThere = true;
        notices.Report(new PatchNotice.Progress(Activity, $"{rebase.Target}: reading back and scanning", null));
        await _verifier.ReadBackAsync(rebase, cancellationToken).ConfigureAwait(false);
        var result = plan.Preview with
        {
            Status = UpdateStatus.Updated,
            BytesUploaded = cost.Uploaded,
            BytesReused = cost.Reused,
            Fixed = [],
            Remaining = [],
        };
        return await ProveAsync(plan, result, rebase, reasons, notices, cancellationToken).ConfigureAwait(false);
    }

    private async Task<BaseImageUpdate> ProveAsync(
        UpdatePlan plan, BaseImageUpdate result, RebaseImage rebase, List<string> reasons, IProgress<PatchNotice> notices,
        CancellationToken cancellationToken)
    {
        var baseNow = result.Base with { RecordedDigest = result.Base.CurrentDigest };
        var (now, reason) = await _verifier.ScanAsync(rebase.Target.WithDigest(rebase.Digest), baseNow, notices,
            cancellationToken).ConfigureAwait(false);
        if (now is null)
        {
            reasons.Add($"The new image was read back, but not verified by a scan, so no fix is claimed: {reason}");
        }
        else if (plan.OldScan is not { } old)
        {
            reasons.Add("The old image was not scanned, so no fix is claimed.");
        }
        else
        {
            var changes = UpdateProof.Compare(old, now);
            reasons.AddRange(UpdateProof.Differences(plan.Preview.Fixed, changes));
            result = result with { Fixed = changes.Fixed, Remaining = changes.Remaining, Introduced = changes.Introduced };
        }

        return result with { Reasons = reasons };
    }

    private async Task<Digest?> FindTagAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        try
        {
            // By GET: registries say why they have no such tag only then, so that HEAD would cost a second request.
            return (await _store.ReadManifestAsync(reference, cancellationToken).ConfigureAwait(false)).Descriptor.Digest;
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
        {
            return null;
        }
    }

    private Task RecordAsync(UpdatePlan plan, BaseImageUpdate result, CancellationToken cancellationToken) =>
        AppendAsync(result, result.Status.ToString(), result.NewDigest, result.Status switch
        {
            // What the plan reported of single paths stands in the update; how it was proved belongs here.
            UpdateStatus.Updated => string.Join(' ', result.Reasons.Skip(plan.Reports.Count)
                .Prepend($"{result.Image} was moved to the current {result.Base.Name} as {result.NewImage}.")),
            UpdateStatus.Refused => result.Rejected[0].Reason,
            _ => string.Join(' ', result.Reasons),
        }, cancellationToken);

    // The tag may be there by now, and then the history is where somebody will look for who wrote it.
    private async Task RecordFailureAsync(
        BaseImageUpdate planned, WriteProgress progress, Exception failure, IProgress<PatchNotice> notices)
    {
        var reason = failure is OperationCanceledException ? "the update was cancelled." : failure.Message;
        var (outcome, digest, detail) = progress switch
        {
            { IsThere: true } => ("Unverified", planned.NewDigest,
                $"{planned.NewImage} is {planned.NewDigest}, but was not verified: {reason}"),
            { HasBegun: true } => ("Failed", string.Empty,
                $"Writing {planned.NewImage} ({planned.NewDigest}) did not end; the tag is written last, and may be there: {reason}"),
            _ => ("Failed", string.Empty, $"{planned.NewImage} was not written: {reason}"),
        };
        try
        {
            await AppendAsync(planned with { Fixed = [] }, outcome, digest, detail, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            // The update's own failure is what the caller has to hear.
            notices.Report(new PatchNotice.Failure(e));
        }
    }

    // Without a key: an update that is made again, or refused again, is a decision of its own.
    private async Task AppendAsync(
        BaseImageUpdate update, string outcome, string newDigest, string detail, CancellationToken cancellationToken)
    {
        if (_history is not null)
        {
            await _history.AppendAsync(new PatchRecord
            {
                Time = _clock.GetUtcNow(),
                Kind = PatchRecordKind.Update,
                Image = update.Image,
                OldDigest = update.Digest,
                NewDigest = newDigest,
                Outcome = outcome,
                Findings = update.Fixed.Select(f => f.Id).Distinct().ToArray(),
                Detail = detail,
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>How far the writing of an image has come.</summary>
    private sealed class WriteProgress
    {
        /// <summary>Something may have been written.</summary>
        public bool HasBegun { get; set; }

        /// <summary>The new image stands under its tag.</summary>
        public bool IsThere { get; set; }
    }
}
