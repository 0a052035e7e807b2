using PatchContainers.Rollout.Journal;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.Rollout;

/// <summary>
/// How a rollout stands: its journal's entries, one applied after the other. Nothing else is known, and nothing else is needed.
/// </summary>
internal sealed class RolloutState
{
    private readonly List<JournalEntry> _approvals = [];

    private RolloutState(string id, RolloutPlan plan)
    {
        Id = id;
        Plan = plan;
        Changes = [.. plan.Changes.Select(c => new ChangeState(id, c))];
        Rings = [.. plan.Rings.Select(r => new RingState(r))];
    }

    public string Id { get; }

    public RolloutPlan Plan { get; }

    public IReadOnlyList<ChangeState> Changes { get; }

    public IReadOnlyList<RingState> Rings { get; }

    public List<RolloutStep> Steps { get; } = [];

    public RolloutStatus Status { get; private set; } = RolloutStatus.Running;

    public string Reason { get; private set; } = string.Empty;

    public DateTimeOffset StartedAt { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    public string HistoryHead { get; private set; } = string.Empty;

    /// <summary>The fencing number under which it began: of two rollouts of one path, the later has the greater.</summary>
    public long Fence { get; private set; }

    /// <summary>Who began it.</summary>
    public string Actor { get; private set; } = string.Empty;

    /// <summary>Which process this is in the rollout's life: 1 for the one that began it.</summary>
    public int Attempt { get; private set; } = 1;

    /// <summary>Who asked for a stop; null where nobody did.</summary>
    public JournalEntry? StopAsked { get; private set; }

    /// <summary>The requests that were taken in.</summary>
    public HashSet<string> Requests { get; } = new(StringComparer.Ordinal);

    /// <summary>What an undo puts back; null where nobody asked for one.</summary>
    public RollbackScope? Undo { get; private set; }

    /// <summary>The step that was begun and not ended; null where there is none.</summary>
    public JournalEntry? Open { get; private set; }

    /// <summary>The attempt in which the open step, or the last one, was begun.</summary>
    public int StepAttempt { get; private set; } = 1;

    /// <summary>The last entry.</summary>
    public JournalEntry? Last { get; private set; }

    public bool HasEnded => Status is not (RolloutStatus.Planned or RolloutStatus.Running or RolloutStatus.Paused);

    /// <summary>Whether another rollout of the same path has to wait for this one.</summary>
    public bool IsUnfinished => !HasEnded;

    public static RolloutState Of(string id, RolloutPlan plan) => new(id, plan);

    /// <summary>Reads a journal; null for one that has no entry.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.HistoryDamaged"/>: the entries make no rollout.</exception>
    public static RolloutState? Of(string id, IReadOnlyList<JournalEntry> entries)
    {
        if (entries.Count == 0)
        {
            return null;
        }

        var state = new RolloutState(id, entries[0].Plan ?? throw Damaged(id, entries[0]));
        foreach (var entry in entries)
        {
            state.Add(entry);
        }

        return state;
    }

    /// <summary>Takes in the next entry.</summary>
    public void Add(JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalEntryKind.Planned when Last is null:
                (StartedAt, Fence, Actor) = (entry.Time, entry.Fence, entry.Actor ?? string.Empty);
                Status = entry.Detached ? RolloutStatus.Planned : RolloutStatus.Running;
                break;
            case JournalEntryKind.Approved or JournalEntryKind.StopAsked when !HasEnded:
                TakeIn(entry);
                break;
            case JournalEntryKind.Taken:
                Take();
                break;
            case JournalEntryKind.Undo when entry.Scope is { } scope:
                TakeBack(entry, scope);
                break;
            case JournalEntryKind.Started when Open is null && entry.Action is not null:
                Open = entry;
                StepAttempt = Attempt;
                Begin(entry);
                Steps.Add(new RolloutStep
                {
                    Number = entry.Step,
                    Action = entry.Action,
                    Ring = entry.Ring ?? string.Empty,
                    Batch = entry.Batch + 1,
                    Target = entry.Target ?? string.Empty,
                    StartedAt = entry.Time,
                });
                break;
            case JournalEntryKind.Ended when Open?.Step == entry.Step && Open.Action == entry.Action:
                Open = null;
                Steps[^1] = Steps[^1] with { Outcome = entry.Outcome ?? string.Empty, EndedAt = entry.Time };
                End(entry);
                break;
            default:
                throw Damaged(Id, entry);
        }

        Last = entry;
    }

    public PatchRollout ToRecord() => new()
    {
        Id = Id,
        Path = Plan.Path,
        Status = Status,
        Reason = Reason,
        // Arrays: PowerShell takes the first of no other list by [0].
        Rings = Rings.Select(r => r.ToRecord(ChangesOf(r.Name))).ToArray(),
        Changes = Changes.Select(c => c.ToRecord()).ToArray(),
        Steps = Steps.ToArray(),
        StartedAt = Last is null ? null : StartedAt,
        EndedAt = EndedAt,
        HistoryHead = HistoryHead,
    };

    public IEnumerable<ChangeState> ChangesOf(string ring) => Changes.Where(c => c.Plan.Ring == ring);

    /// <summary>Whether a person lets a ring begin, at that time.</summary>
    public bool IsApproved(string ring, DateTimeOffset now) =>
        _approvals.Exists(a => (a.Ring is null || a.Ring == ring) && (a.Deadline is null || a.Deadline > now));

    /// <summary>Whether a ring waits for a person because nobody could say whether it is well.</summary>
    public bool IsUndecided(RingState ring) => Status == RolloutStatus.Paused
        && Steps.LastOrDefault() is { Action: RolloutAction.Pause } pause && pause.Ring == ring.Name
        && (ring.Gates.Exists(g => g.Result.Verdict == GateVerdict.Inconclusive && g.Result.Gate == pause.Target)
            || ChangesOf(ring.Name).Any(c => (c.Seen == ChangeStatus.Inconclusive && c.Plan.Workload == pause.Target)
                || (c.IsUnseen && c.Plan.NewImage == pause.Target)));

    /// <summary>Whether a person's yes to a ring, or to all (empty), is one that the rollout waits for, or will.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is not.</exception>
    public void CheckApprovable(string ring)
    {
        var waiting = Rings.Where(r => IsUndecided(r) || (r.Plan.Approval && r.Status == RingStatus.Pending)).Select(r => r.Name).ToList();
        if (HasEnded || (ring.Length == 0 ? waiting.Count == 0 : !waiting.Contains(ring)))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, Id, ring.Length == 0 || HasEnded
                ? $"The rollout {Id} is {Status}: no ring of it waits for an approval, or will."
                : $"The ring '{ring}' of the rollout {Id} does not wait for an approval. Those that do, or will: "
                    + $"{(waiting.Count == 0 ? "none" : string.Join(", ", waiting))}.");
        }
    }

    private void TakeIn(JournalEntry entry)
    {
        Requests.Add(entry.Request ?? string.Empty);
        if (entry.Kind == JournalEntryKind.Approved)
        {
            _approvals.Add(entry);
            var undecided = Rings.Where(r => IsUndecided(r) && (entry.Ring is null || entry.Ring == r.Name)).ToList();
            undecided.ForEach(r => r.Accept(entry.Deadline ?? DateTimeOffset.MaxValue));
            if (Status == RolloutStatus.Paused && Steps[^1] is { Action: RolloutAction.Pause } pause
                && (undecided.Count > 0 || (pause.Target == RolloutAction.Approval && IsApproved(pause.Ring, entry.Time))))
            {
                Reason = $"{entry.Actor} approved the ring {pause.Ring}"
                    + (entry.Deadline is { } until ? $" until {WindowDates.Format(until)}" : string.Empty) + ". Resume goes on.";
            }
        }
        else
        {
            StopAsked ??= entry;
        }
    }

    private void Begin(JournalEntry entry)
    {
        if (Rings.FirstOrDefault(r => r.Name == entry.Ring) is not { } ring)
        {
            return;
        }

        // A ring that waits for a person before its first change is not begun.
        if (entry.Action != RolloutAction.Pause)
        {
            ring.Begin();
        }

        // What is looked at while it soaks has the whole time again when the soak is over.
        if (entry is { Action: RolloutAction.Await, Awaited: { } awaited, Deadline: { } deadline }
            && (awaited == AwaitedState.Old || !ring.IsSoaking(entry.Batch, entry.Time)))
        {
            ring.Await(entry.Batch, awaited, deadline);
        }

        if (entry is { Action: RolloutAction.Apply, Change: { } index, Before: { } before })
        {
            Changes[index].Prepared(before);
        }

        if (entry is { Action: RolloutAction.Revert, Change: { } reverted, Image: { } image })
        {
            Changes[reverted].GoesBackTo(image);
        }
    }

    private void Take()
    {
        Attempt++;
        if (Status == RolloutStatus.Paused)
        {
            // What was said before the pause may no longer hold: the ring's gates are asked again, and so are the platforms that could
            // not tell.
            Rings.FirstOrDefault(r => r.Status == RingStatus.Running)?.AskAgain();
            foreach (var change in Changes.Where(c => c.Seen == ChangeStatus.Inconclusive || c.IsUnseen))
            {
                change.RetryObserving();
                Rings.First(r => r.Name == change.Plan.Ring).ForgetDeadlines();
            }
        }

        (Status, Reason, HistoryHead) = (RolloutStatus.Running, string.Empty, string.Empty);
    }

    private void TakeBack(JournalEntry entry, RollbackScope scope)
    {
        Attempt++;
        (Undo, Status, Reason, EndedAt, HistoryHead) = (scope, RolloutStatus.Running, string.Empty, null, string.Empty);
        StopAsked = null;
        if (Open is { } open)
        {
            if (open.Change is { } index && open.Action == RolloutAction.Apply)
            {
                Changes[index].Applied(ChangeStatus.Failed, "A process was interrupted while it made the change.", isUncertain: true);
            }

            Steps[^1] = Steps[^1] with { Outcome = RolloutAction.Interrupted, EndedAt = entry.Time };
            Open = null;
        }

        foreach (var change in Changes)
        {
            change.RetryRevert();
        }

        foreach (var ring in Rings)
        {
            ring.ForgetDeadlines();
        }
    }

    private void End(JournalEntry entry)
    {
        if (entry.Outcome == RolloutAction.Interrupted)
        {
            return;
        }

        var ring = Rings.FirstOrDefault(r => r.Name == entry.Ring);
        var change = entry.Change is { } index && index < Changes.Count ? Changes[index] : null;
        var detail = entry.Detail ?? string.Empty;
        switch (entry.Action)
        {
            case RolloutAction.Apply when change is not null && ring is not null:
                change.Applied(ParseStatus(entry), detail, entry.Uncertain);
                if (entry.KeepsOld)
                {
                    change.Keeps();
                }

                break;
            case RolloutAction.Revert when change is not null:
                change.Reverted(ParseStatus(entry), detail);
                break;
            case RolloutAction.Promote when change is not null:
                change.Promote(ParseStatus(entry), detail);
                break;
            case RolloutAction.Finish when change is not null:
                change.Finish(ParseStatus(entry), detail);
                break;
            case RolloutAction.Await when ring is not null && entry.Awaited is { } awaited:
                Observed(ring, awaited, entry);
                break;
            case RolloutAction.Soak when ring is not null && entry.Deadline is { } until:
                ring.Soak(entry.Batch, until);
                break;
            case RolloutAction.Baseline when ring is not null:
                ring.Measured(entry.Baselines ?? new Dictionary<string, string>());
                break;
            case RolloutAction.Gate when ring is not null && Enum.TryParse<GateVerdict>(entry.Outcome, out var verdict):
                ring.Gates.Add((entry.Batch, new GateResult { Gate = entry.Target!, Verdict = verdict, Detail = detail, Batch = entry.Batch + 1,
                    Digests = (entry.Digests ?? []).ToArray(), Time = entry.Time }));
                break;
            case RolloutAction.Pass when ring is not null:
                ring.Pass();
                break;
            case RolloutAction.Fail when ring is not null:
                ring.Fail(entry.Digests ?? [], detail);
                break;
            case RolloutAction.Quarantine when ring is not null:
                ring.Quarantined.Add(entry.Target!);
                break;
            case RolloutAction.Pause:
                (Status, Reason, HistoryHead) = (RolloutStatus.Paused, detail, entry.HistoryHead ?? string.Empty);
                break;
            case RolloutAction.End when Enum.TryParse<RolloutStatus>(entry.Outcome, out var status):
                (Status, Reason, HistoryHead, EndedAt) = (status, detail, entry.HistoryHead ?? string.Empty, entry.Time);
                break;
            default:
                throw Damaged(Id, entry);
        }
    }

    private void Observed(RingState ring, AwaitedState awaited, JournalEntry entry)
    {
        foreach (var found in entry.Found ?? [])
        {
            Changes[found.Change].Observed(awaited, found);
        }

        if (awaited != AwaitedState.Old)
        {
            ring.Checked(entry.Batch, entry.Time);
        }
    }

    private ChangeStatus ParseStatus(JournalEntry entry) => Enum.TryParse<ChangeStatus>(entry.Outcome, out var status) ? status
        : throw Damaged(Id, entry);

    private static PatchException Damaged(string id, JournalEntry entry) => new(PatchErrorCode.HistoryDamaged, id,
        $"Entry {entry.Number} of the journal of the rollout '{id}' ({entry.Kind} {entry.Action}) does not follow from those before it. "
        + "The journal was changed, or a newer version wrote it.");
}
