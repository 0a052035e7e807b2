using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>
/// What to do next: a function of the rollout's state, the time and nothing else, so that a process that takes over after a crash decides
/// as the one before would have.
/// </summary>
internal static class RolloutDecision
{
    /// <summary>The next step; null where the rollout waits for a person or has ended.</summary>
    public static PlannedStep? Next(RolloutState state, DateTimeOffset now)
    {
        if (state.Status != RolloutStatus.Running)
        {
            return null;
        }

        if (state.Open is { } open)
        {
            return Again(open);
        }

        if (state.Undo is { } scope)
        {
            return NextRevert(state, In(RingsToUndo(state, scope)), now) ?? NextFinish(state)
                ?? RolloutEnding.AfterRevert(state, "Undone.");
        }

        // A rollback that is begun is ended.
        if (state.StopAsked is { } stop
            && !(state.Plan.OnFailure == FailureAction.Rollback && state.Rings.Any(r => r.Status == RingStatus.Failed)))
        {
            // A canary cannot stay one, and nobody has judged it.
            return NextRevert(state, c => c.IsHeld, now) ?? RolloutEnding.Stopped(state, stop);
        }

        foreach (var ring in state.Rings.Where(r => r.Status != RingStatus.Passed))
        {
            if (ring.Status != RingStatus.Failed)
            {
                return RingDecision.Next(state, ring, now);
            }

            if (NextAfterFailure(state, ring, now) is { } step)
            {
                return step;
            }
        }

        return NextFinish(state) ?? RolloutEnding.AfterLastRing(state);
    }

    /// <summary>What an undo puts back, in its order.</summary>
    public static IReadOnlyList<ChangeState> ToUndo(RolloutState state, RollbackScope scope) =>
        [.. ToRevert(state, In(RingsToUndo(state, scope)))];

    /// <summary>Whether a change is one that its ring makes: neither refused, nor of a digest that failed in a ring in front.</summary>
    public static bool IsActive(RolloutState state, ChangeState change) => !change.IsRefused && !IsHeldBack(state, change);

    /// <summary>Whether a change is not made because its digest failed in a ring in front.</summary>
    public static bool IsHeldBack(RolloutState state, ChangeState change) => !change.IsRefused && state.Rings
        .TakeWhile(r => r.Name != change.Plan.Ring)
        .Any(r => r.Status == RingStatus.Failed && r.FailedDigests.Contains(change.Plan.NewDigest));

    /// <summary>The digests that a gate's verdict is about.</summary>
    public static IEnumerable<string> Blamed(GateResult gate, IEnumerable<ChangeState> changes) =>
        gate.Digests.Count > 0 ? gate.Digests : changes.Where(c => c.Holds).Select(c => c.Plan.NewDigest);

    /// <summary>A step about one change.</summary>
    public static PlannedStep OfChange(RolloutState state, string action, ChangeState change) => new(action)
    {
        Ring = change.Plan.Ring,
        Target = change.Plan.Workload,
        Change = IndexOf(state, change),
    };

    /// <summary>Where a change stands in its plan.</summary>
    public static int IndexOf(RolloutState state, ChangeState change) => state.Changes.TakeWhile(c => !ReferenceEquals(c, change)).Count();

    private static PlannedStep Again(JournalEntry open) => new(open.Action!)
    {
        Ring = open.Ring ?? string.Empty,
        Target = open.Target ?? string.Empty,
        Change = open.Change,
        Batch = open.Batch,
        Awaited = open.Awaited,
        Until = open.Deadline,
        Outcome = open.Outcome ?? string.Empty,
        Detail = open.Detail ?? string.Empty,
        Digests = open.Digests ?? [],
    };

    private static PlannedStep? NextAfterFailure(RolloutState state, RingState ring, DateTimeOffset now)
    {
        if (NextQuarantine(state, ring) is { } digest)
        {
            return new PlannedStep(RolloutAction.Quarantine)
            {
                Ring = ring.Name,
                Target = digest,
                Outcome = "Quarantined",
                Detail = ring.Failure,
                Digests = [digest],
            };
        }

        return state.Plan.OnFailure switch
        {
            FailureAction.Rollback => NextRevert(state, In(state.Plan.RollbackScope == RollbackScope.Ring ? [ring.Name] : AllRings(state)), now)
                ?? NextFinish(state) ?? RolloutEnding.AfterRevert(state, ring.Failure),
            FailureAction.Freeze => RolloutEnding.Frozen(ring),
            _ => null,
        };
    }

    // Only what a platform was seen to run, and that it or a gate then called Failed. A file is only written: its digest ran nowhere that
    // we know of.
    private static string? NextQuarantine(RolloutState state, RingState ring)
    {
        var ran = state.ChangesOf(ring.Name).Where(c => c.Ran).ToList();
        return ring.Gates.Where(g => g.Result.Verdict == GateVerdict.Failed).SelectMany(g => Blamed(g.Result, ran))
            .Concat(ran.Where(c => c.HasFailedRunning).Select(c => c.Plan.NewDigest)).Distinct()
            .FirstOrDefault(d => ran.Exists(c => c.Plan.NewDigest == d) && !ring.Quarantined.Contains(d));
    }

    // What was kept of rings that passed, and that nothing puts back any more.
    private static PlannedStep? NextFinish(RolloutState state) =>
        state.Changes.FirstOrDefault(c => c is { KeepsOld: true, IsFinished: false, PutBack: null, Holds: true }
            && state.Rings.Any(r => r.Name == c.Plan.Ring && r.Status == RingStatus.Passed)) is { } change
            ? OfChange(state, RolloutAction.Finish, change) : null;

    // Everything is put back first, last change first; then the platforms are awaited together.
    private static PlannedStep? NextRevert(RolloutState state, Func<ChangeState, bool> which, DateTimeOffset now)
    {
        if (ToRevert(state, which).FirstOrDefault() is { } change)
        {
            return OfChange(state, RolloutAction.Revert, change);
        }

        var awaited = state.Changes.Where(c => c.PutBack == ChangeStatus.Applied).ToList();
        if (awaited.Count == 0)
        {
            return null;
        }

        var ring = state.Rings.First(r => r.Name == awaited[0].Plan.Ring);
        var longest = state.Rings.Where(r => awaited.Exists(c => c.Plan.Ring == r.Name)).Max(r => r.Plan.Timeout);
        return new PlannedStep(RolloutAction.Await)
        {
            Ring = ring.Name,
            Target = "old versions",
            Awaited = AwaitedState.Old,
            Until = ring.DeadlineOf(null, AwaitedState.Old) ?? now + longest,
        };
    }

    private static IEnumerable<ChangeState> ToRevert(RolloutState state, Func<ChangeState, bool> which) =>
        state.Changes.Reverse().Where(c => c is { WasThere: false, Made: not null, PutBack: null } && which(c));

    private static string[] RingsToUndo(RolloutState state, RollbackScope scope) => scope == RollbackScope.Rollout
        ? AllRings(state)
        : [.. AllRings(state).Where(r => state.ChangesOf(r).Any(c => c.Made is not null)).TakeLast(1)];

    private static Func<ChangeState, bool> In(string[] rings) => change => rings.Contains(change.Plan.Ring);

    private static string[] AllRings(RolloutState state) => [.. state.Rings.Select(r => r.Name)];
}
