using System.Globalization;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>Runs one rollout under one lease: each step is in the journal before it is done and after, then in the history.</summary>
internal sealed class RolloutRunner(
    RolloutState state, JournalLease lease, RolloutParts parts, IProgress<PatchNotice> notices, DateTimeOffset? stopAt = null)
{
    private static readonly TimeSpan RequestInterval = TimeSpan.FromSeconds(2);

    // What soaks is looked at so often.
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(10);

    private readonly RolloutSteps _steps = new(state, lease, parts);
    private DateTimeOffset _watchAt = DateTimeOffset.MinValue;

    private string Activity => $"Rollout {state.Id}";

    /// <summary>Goes on until the rollout ends or waits.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RecordLastAsync(cancellationToken).ConfigureAwait(false);
        await TakeRequestsAsync(cancellationToken).ConfigureAwait(false);
        Announce();
        var isLooked = state.Attempt == 1;
        while (RolloutDecision.Next(state, parts.Clock.GetUtcNow()) is { } step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Report(step);
            if (!isLooked && state is { Open: null, Undo: null, StopAsked: null })
            {
                isLooked = true;
                if (await _steps.FindForeignAsync(cancellationToken).ConfigureAwait(false) is { } foreign)
                {
                    await PauseAsync(step.Ring, "changed meanwhile", foreign, cancellationToken).ConfigureAwait(false);
                }
            }
            else if (await HasFailedInSoakAsync(step, cancellationToken).ConfigureAwait(false))
            {
                var ring = state.Rings.First(r => r.Name == step.Ring);
                await DoAsync(RingDecision.Await(ring, step.Batch, step.Awaited!.Value, parts.Clock.GetUtcNow()), cancellationToken)
                    .ConfigureAwait(false);
            }
            else if (MustPark(step) is { } reason)
            {
                await PauseAsync(step.Ring, "time", reason, cancellationToken).ConfigureAwait(false);
            }
            else if (step.Action == RolloutAction.Wait)
            {
                await WaitAsync(step, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await DoAsync(step, cancellationToken).ConfigureAwait(false);
            }

            await TakeRequestsAsync(cancellationToken).ConfigureAwait(false);
        }

        notices.Report(new PatchNotice.Progress(Activity, state.Status.ToString(), 100));
    }

    /// <summary>Writes an entry and takes it in. Number, time and fence are given here, and the actor where there is none.</summary>
    public async Task AppendAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        entry = entry with
        {
            Number = (state.Last?.Number ?? 0) + 1,
            Time = parts.Clock.GetUtcNow(),
            Fence = lease.Fence,
            Actor = entry.Actor ?? parts.Actor,
        };
        await parts.Journal.AppendAsync(state.Id, lease, entry, cancellationToken).ConfigureAwait(false);
        state.Add(entry);
    }

    /// <summary>Records the last entry, as far as it is not recorded yet.</summary>
    public async Task RecordLastAsync(CancellationToken cancellationToken)
    {
        foreach (var record in state.Last is { } last ? RolloutRecords.Of(state, last) : [])
        {
            await parts.History.AppendAsync(record, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes in what people have asked for since.</summary>
    public async Task TakeRequestsAsync(CancellationToken cancellationToken)
    {
        if (state.HasEnded)
        {
            return;
        }

        foreach (var request in await parts.Journal.ReadRequestsAsync(state.Id, cancellationToken).ConfigureAwait(false))
        {
            if (!state.Requests.Contains(request.Id))
            {
                await AppendAsync(new JournalEntry
                {
                    Number = 0,
                    Kind = request.Kind,
                    Request = request.Id,
                    Actor = request.Actor,
                    Ring = NullIfEmpty(request.Ring),
                    Deadline = request.Until,
                    Detail = NullIfEmpty(request.Reason),
                }, cancellationToken).ConfigureAwait(false);
                await RecordLastAsync(cancellationToken).ConfigureAwait(false);
            }
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

    private Task PauseAsync(string ring, string target, string reason, CancellationToken cancellationToken) =>
        DoAsync(new PlannedStep(RolloutAction.Pause)
        {
            Ring = ring,
            Target = target,
            Outcome = nameof(RolloutStatus.Paused),
            Detail = reason,
        }, cancellationToken);

    private async Task DoAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        if (state.Open is null)
        {
            await AppendAsync(await _steps.StartAsync(step, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }

        var started = state.Open!;
        var ended = await InterruptiblyAsync(step, token => _steps.DoAsync(step, started, token), cancellationToken).ConfigureAwait(false);
        await AppendAsync(ended with
        {
            Kind = JournalEntryKind.Ended,
            Step = started.Step,
            Action = step.Action,
            Ring = step.Ring,
            Target = step.Target,
            Change = step.Change,
            Batch = step.Batch,
            Awaited = step.Awaited,
            Deadline = step.Action == RolloutAction.Soak ? step.Until : null,
        }, cancellationToken).ConfigureAwait(false);
        await RecordLastAsync(cancellationToken).ConfigureAwait(false);
    }

    // What only looks can be given up at any time: for a person who asks to stop, or because this process has to end.
    private async Task<JournalEntry> InterruptiblyAsync(
        PlannedStep step, Func<CancellationToken, Task<JournalEntry>> action, CancellationToken cancellationToken)
    {
        if (step.Action is not (RolloutAction.Await or RolloutAction.Gate or RolloutAction.Baseline) || step.Awaited == AwaitedState.Old)
        {
            return await action(cancellationToken).ConfigureAwait(false);
        }

        using var look = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var looking = action(look.Token);
        while (!looking.IsCompleted)
        {
            using var tick = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(looking, Task.Delay(RequestInterval, parts.Clock, tick.Token)).ConfigureAwait(false);
            await tick.CancelAsync().ConfigureAwait(false);
            Report(step);
            if (!looking.IsCompleted && !cancellationToken.IsCancellationRequested
                && (IsOutOfTime || await IsStopAskedAsync(cancellationToken).ConfigureAwait(false)))
            {
                await look.CancelAsync().ConfigureAwait(false);
                break;
            }
        }

        try
        {
            return await looking.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return RolloutSteps.Ended(RolloutAction.Interrupted, "It was given up half-way.");
        }
    }

    private bool IsOutOfTime => stopAt is { } end && parts.Clock.GetUtcNow() >= end;

    private async Task<bool> IsStopAskedAsync(CancellationToken cancellationToken) =>
        (await parts.Journal.ReadRequestsAsync(state.Id, cancellationToken).ConfigureAwait(false))
            .Any(r => r.Kind == JournalEntryKind.StopAsked && !state.Requests.Contains(r.Id));

    // Between two steps everything is in the journal: whoever resumes goes on from there. What is begun of a rollback is ended.
    private string? MustPark(PlannedStep step)
    {
        if (stopAt is not { } end || state.Open is not null || state.Undo is not null
            || step.Action is RolloutAction.End or RolloutAction.Pause or RolloutAction.Fail or RolloutAction.Quarantine or RolloutAction.Revert
            || step.Awaited == AwaitedState.Old)
        {
            return null;
        }

        return step.Action == RolloutAction.Wait && step.Until > end ? $"{step.Detail} This run was to end before. Resume it then."
            : parts.Clock.GetUtcNow() >= end ? $"This run was to end at {end.UtcDateTime:u}. Resume it to go on."
            : null;
    }

    // A step of its own, in the journal, says so then.
    private async Task<bool> HasFailedInSoakAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        if (step is not { Action: RolloutAction.Wait, Awaited: not null } || parts.Clock.GetUtcNow() < _watchAt)
        {
            return false;
        }

        var hasFailed = await _steps.HasFailedAsync(step, cancellationToken).ConfigureAwait(false);
        _watchAt = parts.Clock.GetUtcNow() + WatchInterval;
        return hasFailed;
    }

    private async Task WaitAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        var until = step.Awaited is not null && _watchAt < step.Until ? _watchAt : step.Until;
        while (until - parts.Clock.GetUtcNow() is { } rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest < RequestInterval ? rest : RequestInterval, parts.Clock, cancellationToken).ConfigureAwait(false);
            await TakeRequestsAsync(cancellationToken).ConfigureAwait(false);
            Report(step);
            if (state.StopAsked is not null)
            {
                return;
            }
        }
    }

    private void Report(PlannedStep step)
    {
        // Reverts are not foreseen in the total; the bar then stays where it is.
        var toMake = state.Changes.Count(c => RolloutDecision.IsActive(state, c) && !c.WasThere);
        var total = toMake + state.Rings.Sum(r => r.Plan.Gates.Count + 2) + 1;
        var target = step.Target.Length > 0 && step.Target != step.Ring ? $" {step.Target}" : string.Empty;
        var until = step.Action == RolloutAction.Await && state.Open?.Deadline is { } deadline
            ? string.Create(CultureInfo.InvariantCulture, $", until {deadline.UtcDateTime:HH:mm:ss}Z at most") : string.Empty;
        notices.Report(new PatchNotice.Progress(Activity, step.Action == RolloutAction.Wait ? step.Detail
            : $"{step.Ring}: {step.Action}{target}{until}".TrimStart(':', ' '), Math.Min(99, state.Steps.Count * 100 / total)));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
