using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>Runs one rollout under one lease: each step is in the journal before it is done and after, then in the history.</summary>
internal sealed class RolloutRunner(RolloutState state, JournalLease lease, RolloutParts parts, IProgress<PatchNotice> notices)
{
    /// <summary>Goes on until the rollout ends or waits.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RecordLastAsync(cancellationToken).ConfigureAwait(false);
        Announce();
        while (RolloutDecision.Next(state) is { } step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Report(step);
            if (state.Open is null)
            {
                await AppendAsync(new JournalEntry
                {
                    Number = 0,
                    Kind = JournalEntryKind.Started,
                    Step = state.Steps.Count + 1,
                    Action = step.Action,
                    Ring = step.Ring,
                    Target = step.Target,
                    Change = step.Change,
                    Outcome = NullIfEmpty(step.Outcome),
                    Detail = NullIfEmpty(step.Detail),
                    Digests = step.Digests.Count == 0 ? null : step.Digests,
                }, cancellationToken).ConfigureAwait(false);
            }

            var started = state.Open!;
            var ended = await DoAsync(step, started, cancellationToken).ConfigureAwait(false);
            await AppendAsync(ended with
            {
                Kind = JournalEntryKind.Ended,
                Step = started.Step,
                Action = step.Action,
                Ring = step.Ring,
                Target = step.Target,
                Change = step.Change,
            }, cancellationToken).ConfigureAwait(false);
            await RecordLastAsync(cancellationToken).ConfigureAwait(false);
        }

        notices.Report(new PatchNotice.Progress(Activity, state.Status.ToString(), 100));
    }

    private string Activity => $"Rollout {state.Id}";

    /// <summary>Writes an entry and takes it in. Number, time, fence and actor are given here.</summary>
    public async Task AppendAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        entry = entry with
        {
            Number = (state.Last?.Number ?? 0) + 1,
            Time = parts.Clock.GetUtcNow(),
            Fence = lease.Fence,
            Actor = parts.Actor,
        };
        await parts.Journal.AppendAsync(state.Id, lease, entry, cancellationToken).ConfigureAwait(false);
        state.Add(entry);
    }

    /// <summary>Records the last entry, if it is not recorded yet.</summary>
    public async Task RecordLastAsync(CancellationToken cancellationToken)
    {
        if (state.Last is { } last && RolloutRecords.Of(state, last) is { } record)
        {
            await parts.History.AppendAsync(record, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Announce()
    {
        var changes = state.Changes.Where(c => c is { IsRefused: false, WasThere: false }).Select(c => c.Plan).ToList();
        foreach (var orchestrator in parts.Orchestrators)
        {
            orchestrator.Announce(changes.FindAll(c => orchestrator.CanHandle(c.Platform)));
        }
    }

    private async Task<JournalEntry> DoAsync(PlannedStep step, JournalEntry started, CancellationToken cancellationToken)
    {
        switch (step.Action)
        {
            case RolloutAction.Apply:
                return await ApplyAsync(state.Changes[step.Change!.Value].Plan, cancellationToken).ConfigureAwait(false);
            case RolloutAction.Revert:
                return await RevertAsync(state.Changes[step.Change!.Value], cancellationToken).ConfigureAwait(false);
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

    private async Task<JournalEntry> ApplyAsync(RolloutChange change, CancellationToken cancellationToken)
    {
        try
        {
            var result = await OrchestratorOf(change).ApplyAsync(change, cancellationToken).ConfigureAwait(false);
            return result.Status is ChangeStatus.Written or ChangeStatus.Healthy
                ? Ended(result.Status.ToString(), result.Detail)
                : Ended(nameof(ChangeStatus.Failed), result.Detail);
        }
        catch (PatchException e)
        {
            return Ended(nameof(ChangeStatus.Failed), e.Message) with { Uncertain = true };
        }
    }

    private async Task<JournalEntry> RevertAsync(ChangeState change, CancellationToken cancellationToken)
    {
        try
        {
            var result = await OrchestratorOf(change.Plan).RevertAsync(change.Plan, cancellationToken).ConfigureAwait(false);
            return result.Status is ChangeStatus.RolledBack or ChangeStatus.LeftAlone
                ? Ended(result.Status.ToString(), result.Detail)
                : Ended(nameof(ChangeStatus.Failed), result.Detail);
        }
        catch (PatchException e)
        {
            return Ended(nameof(ChangeStatus.Failed), e.Message);
        }
    }

    private async Task<JournalEntry> AskAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        try
        {
            var gate = parts.Gates(state.Plan.Gates.First(g => g.Name == step.Target));
            var changes = state.ChangesOf(step.Ring).Where(c => c.Holds && RolloutDecision.IsActive(state, c)).Select(c => c.ToRecord())
                .ToArray();
            var result = await gate.EvaluateAsync(new GateContext { Ring = step.Ring, Changes = changes }, cancellationToken).ConfigureAwait(false);
            return Ended(result.Verdict.ToString(), result.Detail) with { Digests = result.Digests };
        }
        catch (PatchException e)
        {
            return Ended(nameof(GateVerdict.Inconclusive), e.Message);
        }
    }

    private async Task<JournalEntry> PassAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        var released = new List<QuarantinedDigest>();
        foreach (var change in state.ChangesOf(step.Ring).Where(c => step.Digests.Contains(c.Plan.NewDigest)).Select(c => c.Plan)
            .DistinctBy(c => c.NewImage))
        {
            released.AddRange(await parts.Quarantine.SupersedeAsync(ImageReference.Parse(change.NewImage).RepositoryKey, state.Plan.Path,
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
                Path = state.Plan.Path,
                Ring = step.Ring,
                Rollout = state.Id,
                Reason = step.Detail,
                Since = started.Time,
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    private IOrchestrator OrchestratorOf(RolloutChange change) => parts.Orchestrators.FirstOrDefault(o => o.CanHandle(change.Platform))
        ?? throw new PatchException(PatchErrorCode.NotSupported, change.Workload, "Nothing here makes changes on the platform "
            + $"'{change.Platform}' of {change.Workload}.");

    private void Report(PlannedStep step)
    {
        // Reverts are not foreseen in the total; the bar then stays where it is.
        var toMake = state.Changes.Count(c => RolloutDecision.IsActive(state, c) && !c.WasThere);
        var total = toMake + (state.Rings.Count * (state.Plan.Gates.Count + 1)) + 1;
        var target = step.Target.Length > 0 && step.Target != step.Ring ? $" {step.Target}" : string.Empty;
        notices.Report(new PatchNotice.Progress(Activity, $"{step.Ring}: {step.Action}{target}".TrimStart(':', ' '),
            Math.Min(99, state.Steps.Count * 100 / total)));
    }

    private static JournalEntry Ended(string outcome, string detail) =>
        new() { Number = 0, Kind = JournalEntryKind.Ended, Outcome = outcome, Detail = NullIfEmpty(detail) };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
