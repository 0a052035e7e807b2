using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>Does what a rollout's steps say, and tells how that ended.</summary>
internal sealed class RolloutSteps(RolloutState state, JournalLease lease, RolloutParts parts)
{
    private readonly RollbackTargets _targets = new(parts.Images);

    // What the journal's store said when a platform asked, before it wrote, whether the lease is still ours.
    private PatchException? _lost;

    /// <summary>
    /// A step's first entry. What a change will alter is read before, and stands in it; a change of which that could not be read has
    /// failed before it began. What a rollback will write stands in it, too: it is decided once.
    /// </summary>
    public async Task<JournalEntry> StartAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        var started = new JournalEntry
        {
            Number = 0,
            Kind = JournalEntryKind.Started,
            Step = state.Steps.Count + 1,
            Action = step.Action,
            Ring = step.Ring,
            Target = step.Target,
            Change = step.Change,
            Batch = step.Batch,
            Awaited = step.Awaited,
            Deadline = step.Until,
            Outcome = step.Outcome.Length == 0 ? null : step.Outcome,
            Detail = step.Detail.Length == 0 ? null : step.Detail,
            Digests = step.Digests.Count == 0 ? null : step.Digests,
        };
        switch (step.Action)
        {
            case RolloutAction.Apply:
                break;
            case RolloutAction.Revert when state.Changes[step.Change!.Value] is { MayBeOurs: true, BackTo: null } back:
                return await BackAsync(started, back.ToRecord(), cancellationToken).ConfigureAwait(false);
            default:
                return started;
        }

        try
        {
            var change = state.Changes[step.Change!.Value].ToRecord();
            return started with { Before = await OrchestratorOf(change).PrepareAsync(change, cancellationToken).ConfigureAwait(false) };
        }
        catch (PatchException e)
        {
            return started with { Outcome = nameof(ChangeStatus.Failed), Detail = e.Message };
        }
    }

    /// <summary>Does a step.</summary>
    public async Task<JournalEntry> DoAsync(PlannedStep step, JournalEntry started, CancellationToken cancellationToken)
    {
        switch (step.Action)
        {
            case RolloutAction.Apply when started.Outcome is { } outcome:
                return Ended(outcome, started.Detail ?? string.Empty);
            case RolloutAction.Apply:
                return await WriteAsync(step, (o, c) => o.ApplyAsync(c, cancellationToken), ChangeStatus.Written, ChangeStatus.Applied,
                    ChangeStatus.Healthy).ConfigureAwait(false) with { KeepsOld = KeepsOld(step) };
            case RolloutAction.Promote:
                return await WriteAsync(step, (o, c) => o.PromoteAsync(c, cancellationToken), ChangeStatus.Applied).ConfigureAwait(false);
            case RolloutAction.Finish:
                return await WriteAsync(step, (o, c) => o.FinishAsync(c, cancellationToken), ChangeStatus.Healthy).ConfigureAwait(false);
            case RolloutAction.Revert:
                var reverted = await WriteAsync(step, (o, c) => o.RevertAsync(c, cancellationToken), ChangeStatus.RolledBack,
                    ChangeStatus.Applied, ChangeStatus.LeftAlone).ConfigureAwait(false);
                return reverted.Outcome == nameof(ChangeStatus.LeftAlone) ? reverted
                    : reverted with { Detail = Join(started.Detail, reverted.Detail) };
            case RolloutAction.Await:
                return await AwaitAsync(step, cancellationToken).ConfigureAwait(false);
            case RolloutAction.Baseline:
                return await MeasureAsync(step, cancellationToken).ConfigureAwait(false);
            case RolloutAction.Gate:
                return await AskAsync(step, cancellationToken).ConfigureAwait(false);
            case RolloutAction.Pass:
                return await PassAsync(step, cancellationToken).ConfigureAwait(false);
            case RolloutAction.Quarantine:
                await QuarantineAsync(step, started, cancellationToken).ConfigureAwait(false);
                return Ended(step.Outcome, step.Detail) with { Digests = step.Digests };
            case RolloutAction.Pause or RolloutAction.End:
                var record = await parts.History.AppendAsync(RolloutRecords.OfDecision(state, started), cancellationToken)
                    .ConfigureAwait(false);
                return Ended(step.Outcome, step.Detail) with { HistoryHead = new HistoryHead(record.Sequence, record.Hash).ToString() };
            default:
                return Ended(step.Outcome, step.Detail) with { Digests = step.Digests };
        }
    }

    /// <summary>
    /// Looks whether workloads still hold what the journal says was brought there: someone may have changed them since, or the folder may
    /// be another copy, which does not have it. Says what to do where one does not; null where all do.
    /// </summary>
    public async Task<string?> FindForeignAsync(CancellationToken cancellationToken)
    {
        var foreign = new List<string>();
        foreach (var change in state.Changes.Where(c => c is { Made: not null, PutBack: null, Now: ChangeStatus.Written or ChangeStatus.Healthy }))
        {
            var found = await ObserveAsync(change, AwaitedState.New, parts.Clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            if (found.Status == ChangeStatus.LeftAlone)
            {
                foreign.Add($"{change.Plan.Workload}: {found.Detail}");
            }
        }

        return foreign.Count == 0 ? null
            : $"{foreign.Count} workloads no longer hold what this rollout brought there. {string.Join(' ', foreign)} Bring it back there and "
                + "resume, or undo the rollout.";
    }

    /// <summary>
    /// Whether something that soaks has failed meanwhile, or is someone else's by now. What is not ready at the moment, and what nobody
    /// can say, is judged when the soak is over.
    /// </summary>
    public async Task<bool> HasFailedAsync(PlannedStep soak, CancellationToken cancellationToken)
    {
        var failed = await Task.WhenAll(AwaitedBy(soak).Select(async c =>
        {
            var change = Leased(c);
            try
            {
                var seen = await OrchestratorOf(change).AwaitAsync(change, soak.Awaited!.Value, TimeSpan.Zero, cancellationToken)
                    .ConfigureAwait(false);
                return seen.Status is ChangeStatus.Failed or ChangeStatus.LeftAlone;
            }
            catch (PatchException)
            {
                return false;
            }
        })).ConfigureAwait(false);
        return failed.Contains(true);
    }

    /// <summary>How a step ended.</summary>
    public static JournalEntry Ended(string outcome, string detail) => new()
    {
        Number = 0,
        Kind = JournalEntryKind.Ended,
        Outcome = outcome,
        Detail = detail.Length == 0 ? null : detail,
    };

    private async Task<JournalEntry> BackAsync(JournalEntry started, RolloutChange change, CancellationToken cancellationToken)
    {
        IReadOnlyList<RanImage> ran;
        try
        {
            ran = OrchestratorOf(change).RanBefore(change);
        }
        catch (PatchException)
        {
            // What was read before is no longer readable: putting back says so.
            return started;
        }

        var target = await _targets.FindAsync(change, ran, cancellationToken).ConfigureAwait(false);
        return started with { Image = target.Image, Detail = target.Detail.Length == 0 ? null : target.Detail };
    }

    private static string? Join(string? one, string? other) => one is null || other is null ? one ?? other : $"{one} {other}";

    private async Task<JournalEntry> WriteAsync(
        PlannedStep step, Func<IOrchestrator, RolloutChange, Task<RolloutChange>> write, params ChangeStatus[] good)
    {
        var change = Leased(state.Changes[step.Change!.Value]);
        try
        {
            var result = await write(OrchestratorOf(change), change).ConfigureAwait(false);
            return Ended((good.Contains(result.Status) ? result.Status : ChangeStatus.Failed).ToString(), result.Detail);
        }
        catch (PatchException e)
        {
            return Ended(nameof(ChangeStatus.Failed), e.Message) with { Uncertain = true };
        }
        catch (OperationCanceledException) when (_lost is not null)
        {
            throw _lost;
        }
    }

    // Not a PatchException, which a platform would take for one of its own, and report or try again.
    private RolloutChange Leased(ChangeState change) => change.ToRecord() with
    {
        Login = parts.Logins,
        Lease = async token =>
        {
            try
            {
                await parts.Journal.CheckAsync(lease, token).ConfigureAwait(false);
            }
            catch (PatchException e)
            {
                _lost = e;
                throw new OperationCanceledException(e.Message, e);
            }
        },
    };

    // Together, so that the last is seen ready as soon as it is; one that has failed is enough, unless the others count all the same.
    private async Task<JournalEntry> AwaitAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        var awaited = step.Awaited!.Value;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var observing = AwaitedBy(step).Select(c => ObserveAsync(c, awaited, step.Until!.Value, enough.Token)).ToList();
        var found = new List<JournalChange>();
        while (observing.Count > 0)
        {
            var ended = await Task.WhenAny(observing).ConfigureAwait(false);
            observing.Remove(ended);
            if (ended.IsCanceled && !cancellationToken.IsCancellationRequested)
            {
                continue;
            }

            var result = await ended.ConfigureAwait(false);
            found.Add(result);
            if (result.Status == ChangeStatus.Failed && awaited != AwaitedState.Old && state.Plan.OnFailure != FailureAction.Continue)
            {
                await enough.CancelAsync().ConfigureAwait(false);
            }
        }

        var bad = found.Where(f => f.Status != ChangeStatus.Healthy).ToList();
        return Ended((bad.Exists(f => f.Status is ChangeStatus.Failed or ChangeStatus.LeftAlone) ? ChangeStatus.Failed
            : bad.Count > 0 ? ChangeStatus.Inconclusive : ChangeStatus.Healthy).ToString(),
            string.Join(' ', bad.Select(f => $"{state.Changes[f.Change].Plan.Workload}: {f.Detail}"))) with
        {
            Found = [.. found.OrderBy(f => f.Change)],
        };
    }

    private IEnumerable<ChangeState> AwaitedBy(PlannedStep step) => step switch
    {
        { Awaited: AwaitedState.Old } => state.Changes.Where(c => c.PutBack == ChangeStatus.Applied),
        { Batch: null } => state.ChangesOf(step.Ring).Where(c => c.Now == ChangeStatus.Healthy),
        _ => RingDecision.BatchesOf(state, state.Rings.First(r => r.Name == step.Ring)).ElementAt(step.Batch!.Value)
            .Where(step.Awaited == AwaitedState.Canary ? RingDecision.IsStaged : c => c.Now == ChangeStatus.Applied),
    };

    private async Task<JournalChange> ObserveAsync(
        ChangeState change, AwaitedState awaited, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var index = RolloutDecision.IndexOf(state, change);
        var record = Leased(change);
        try
        {
            var rest = until - parts.Clock.GetUtcNow();
            var seen = await OrchestratorOf(record).AwaitAsync(record, awaited, rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellationToken)
                .ConfigureAwait(false);
            return seen.Status switch
            {
                ChangeStatus.Applied => new JournalChange(index, ChangeStatus.Failed,
                    $"it was not ready at {until.UtcDateTime:u}, when its time was over. {seen.Detail}".TrimEnd(), seen.Ran),
                ChangeStatus.Written or ChangeStatus.Healthy or ChangeStatus.Failed or ChangeStatus.LeftAlone or ChangeStatus.Inconclusive =>
                    new JournalChange(index, seen.Status, seen.Detail.Length == 0 ? null : seen.Detail, seen.Ran),
                _ => new JournalChange(index, ChangeStatus.Inconclusive, $"Its platform answered {seen.Status}. {seen.Detail}", seen.Ran),
            };
        }
        catch (PatchException e)
        {
            return new JournalChange(index, ChangeStatus.Inconclusive, e.Message, change.Ran);
        }
    }

    private async Task<JournalEntry> MeasureAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        var baselines = new Dictionary<string, string>(StringComparer.Ordinal);
        var faults = new List<string>();
        var changes = ActiveOf(step.Ring).Select(c => c.ToRecord()).ToArray();
        foreach (var gate in state.Rings.First(r => r.Name == step.Ring).Plan.Gates.Where(g => g.HasBaseline))
        {
            try
            {
                if (await parts.Gates(gate).MeasureBaselineAsync(step.Ring, changes, cancellationToken).ConfigureAwait(false) is { } baseline)
                {
                    baselines[gate.Name] = baseline;
                }
                else
                {
                    faults.Add($"the gate '{gate.Name}' found nothing to measure");
                }
            }
            catch (PatchException e)
            {
                // The gate itself says Inconclusive when it has nothing to compare with.
                faults.Add($"the gate '{gate.Name}' could not measure: {e.Message}");
            }
        }

        return Ended(faults.Count == 0 ? "Measured" : "Incomplete", string.Join(' ', faults)) with { Baselines = baselines };
    }

    private async Task<JournalEntry> AskAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        try
        {
            var ring = state.Rings.First(r => r.Name == step.Ring);
            var gate = parts.Gates(ring.Plan.Gates.First(g => g.Name == step.Target));
            var result = await gate.EvaluateAsync(new GateContext
            {
                Ring = step.Ring,
                Changes = [.. GatedBy(step, ring).Where(c => c.Holds).Select(c => c.ToRecord())],
                Baseline = ring.Baselines?.GetValueOrDefault(step.Target),
            }, cancellationToken).ConfigureAwait(false);
            return Ended(result.Verdict.ToString(), result.Detail) with { Digests = result.Digests };
        }
        catch (PatchException e)
        {
            return Ended(nameof(GateVerdict.Inconclusive), e.Message);
        }
    }

    private IEnumerable<ChangeState> GatedBy(PlannedStep step, RingState ring) =>
        step.Batch is { } batch ? RingDecision.BatchesOf(state, ring).ElementAt(batch) : ActiveOf(step.Ring);

    private IEnumerable<ChangeState> ActiveOf(string ring) => state.ChangesOf(ring).Where(c => RolloutDecision.IsActive(state, c));

    private async Task<JournalEntry> PassAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        var released = new List<QuarantinedDigest>();
        foreach (var change in state.ChangesOf(step.Ring).Where(c => step.Digests.Contains(c.Plan.NewDigest)).Select(c => c.Plan)
            .DistinctBy(c => c.NewImage))
        {
            released.AddRange(await parts.Quarantine.SupersedeAsync(ImageReference.Parse(change.NewImage).RepositoryKey, state.Plan.Scope,
                step.Ring, change.NewDigest, state.Id,
                cancellationToken).ConfigureAwait(false));
        }

        var superseded = string.Join(", ", released.Select(r => $"{r.Repository}@{r.Digest}").Distinct());
        return Ended(step.Outcome, superseded.Length == 0 ? step.Detail
            : $"{step.Detail} Superseded in quarantine: {superseded}.".TrimStart()) with { Digests = step.Digests };
    }

    private async Task QuarantineAsync(PlannedStep step, JournalEntry started, CancellationToken cancellationToken)
    {
        foreach (var repository in state.ChangesOf(step.Ring).Where(c => c.Plan.NewDigest == step.Target)
            .Select(c => ImageReference.Parse(c.Plan.NewImage).RepositoryKey).Distinct())
        {
            await parts.Quarantine.AddAsync(new QuarantinedDigest
            {
                Repository = repository,
                Digest = step.Target,
                Path = state.Plan.Scope,
                Ring = step.Ring,
                Rollout = state.Id,
                Reason = step.Detail,
                Since = started.Time,
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    private bool KeepsOld(PlannedStep step) =>
        parts.Orchestrators.FirstOrDefault(o => o.CanHandle(state.Changes[step.Change!.Value].Plan.Platform))?.KeepsOld ?? false;

    private IOrchestrator OrchestratorOf(RolloutChange change) => parts.Orchestrators.FirstOrDefault(o => o.CanHandle(change.Platform))
        ?? throw new PatchException(PatchErrorCode.NotSupported, change.Workload, "Nothing here makes changes on the platform "
            + $"'{change.Platform}' of {change.Workload}.");
}
