using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>
/// What to do next: a function of the rollout's state and of nothing else, so that a process that takes over after a crash decides as the
/// one before would have.
/// </summary>
internal static class RolloutDecision
{
    /// <summary>The next step; null where the rollout waits or has ended.</summary>
    public static PlannedStep? Next(RolloutState state)
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
            return NextRevert(state, RingsToUndo(state, scope)) ?? RolloutEnding.AfterRevert(state, "Undone.");
        }

        foreach (var ring in state.Rings.Where(r => r.Status != RingStatus.Passed))
        {
            if (ring.Status != RingStatus.Failed)
            {
                return NextInRing(state, ring);
            }

            if (NextAfterFailure(state, ring) is { } step)
            {
                return step;
            }
        }

        return RolloutEnding.AfterLastRing(state);
    }

    /// <summary>Whether a change is one that its ring makes: neither refused, nor of a digest that failed in a ring in front.</summary>
    public static bool IsActive(RolloutState state, ChangeState change) => !change.IsRefused && !IsHeldBack(state, change);

    /// <summary>Whether a change is not made because its digest failed in a ring in front.</summary>
    public static bool IsHeldBack(RolloutState state, ChangeState change) => !change.IsRefused && state.Rings
        .TakeWhile(r => r.Name != change.Plan.Ring)
        .Any(r => r.Status == RingStatus.Failed && r.FailedDigests.Contains(change.Plan.NewDigest));

    private static PlannedStep Again(JournalEntry open) => new(open.Action!)
    {
        Ring = open.Ring ?? string.Empty,
        Target = open.Target ?? string.Empty,
        Change = open.Change,
        Outcome = open.Outcome ?? string.Empty,
        Detail = open.Detail ?? string.Empty,
        Digests = open.Digests ?? [],
    };

    private static PlannedStep NextInRing(RolloutState state, RingState ring)
    {
        var active = state.ChangesOf(ring.Name).Where(c => IsActive(state, c)).ToList();
        var goesOn = state.Plan.OnFailure == FailureAction.Continue;
        var failures = active.Where(c => c.Made == ChangeStatus.Failed).ToList();
        var verdicts = ring.Gates.Where(g => g.Verdict == GateVerdict.Failed
            || (g.Verdict == GateVerdict.Inconclusive && state.Plan.OnInconclusive == InconclusiveAction.Fail)).ToList();
        if (!goesOn && (failures.Count > 0 || verdicts.Count > 0))
        {
            return Fail(ring, active, failures, verdicts);
        }

        if (active.Find(c => c is { WasThere: false, Made: null }) is { } change)
        {
            return OfChange(state, RolloutAction.Apply, change);
        }

        // A gate has nothing to measure where nothing holds a new image.
        if (active.Exists(c => c.Holds) && state.Plan.Gates.FirstOrDefault(g => ring.Gates.All(a => a.Gate != g.Name)) is { } gate)
        {
            return new PlannedStep(RolloutAction.Gate) { Ring = ring.Name, Target = gate.Name };
        }

        if (failures.Count > 0 || verdicts.Count > 0)
        {
            return Fail(ring, active, failures, verdicts);
        }

        var open = ring.Gates.FirstOrDefault(g => g.Verdict == GateVerdict.Inconclusive
            && state.Plan.OnInconclusive == InconclusiveAction.Pause);
        return open is null
            ? new PlannedStep(RolloutAction.Pass)
            {
                Ring = ring.Name,
                Target = ring.Name,
                Outcome = nameof(RingStatus.Passed),
                Digests = [.. active.Where(c => c.Holds).Select(c => c.Plan.NewDigest).Distinct()],
                Detail = active.Count == 0 ? $"There was nothing to change in the ring {ring.Name}." : string.Empty,
            }
            : new PlannedStep(RolloutAction.Pause)
            {
                Ring = ring.Name,
                Target = open.Gate,
                Outcome = nameof(RolloutStatus.Paused),
                Detail = $"The gate '{open.Gate}' could not say whether the ring {ring.Name} is well: {open.Detail} Resume asks again, "
                    + "Undo puts everything back.",
            };
    }

    private static PlannedStep Fail(RingState ring, List<ChangeState> active, List<ChangeState> failures, List<GateResult> verdicts)
    {
        var reasons = failures.Select(c => $"{c.Plan.Workload} could not be changed: {c.Detail}")
            .Concat(verdicts.Select(g => $"the gate '{g.Gate}' {(g.Verdict == GateVerdict.Failed ? "failed" : "could not say")}: "
                + $"{g.Detail}"));
        var digests = failures.Select(c => c.Plan.NewDigest).Concat(verdicts.SelectMany(g => Blamed(g, active)));
        return new PlannedStep(RolloutAction.Fail)
        {
            Ring = ring.Name,
            Target = ring.Name,
            Outcome = nameof(RingStatus.Failed),
            Digests = [.. digests.Distinct()],
            Detail = $"In the ring {ring.Name}, {string.Join(" Also, ", reasons)}",
        };
    }

    private static IEnumerable<string> Blamed(GateResult gate, IEnumerable<ChangeState> changes) =>
        gate.Digests.Count > 0 ? gate.Digests : changes.Where(c => c.Holds).Select(c => c.Plan.NewDigest);

    private static PlannedStep? NextAfterFailure(RolloutState state, RingState ring)
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
            FailureAction.Rollback => NextRevert(state, state.Plan.RollbackScope == RollbackScope.Ring ? [ring.Name] : state.Plan.Rings)
                ?? RolloutEnding.AfterRevert(state, ring.Failure),
            FailureAction.Freeze => RolloutEnding.Frozen(ring),
            _ => null,
        };
    }

    // Only what a platform was seen to run, and a gate then called Failed. A file is only written: its digest ran nowhere that we know of.
    private static string? NextQuarantine(RolloutState state, RingState ring)
    {
        var ran = state.ChangesOf(ring.Name).Where(c => c.Made == ChangeStatus.Healthy).ToList();
        return ring.Gates.Where(g => g.Verdict == GateVerdict.Failed).SelectMany(g => Blamed(g, ran)).Distinct()
            .FirstOrDefault(d => ran.Exists(c => c.Plan.NewDigest == d) && !ring.Quarantined.Contains(d));
    }

    private static PlannedStep? NextRevert(RolloutState state, IReadOnlyCollection<string> rings)
    {
        var change = state.Changes.LastOrDefault(c => c is { WasThere: false, Made: not null, PutBack: null }
            && rings.Contains(c.Plan.Ring));
        return change is null ? null : OfChange(state, RolloutAction.Revert, change);
    }

    private static IReadOnlyCollection<string> RingsToUndo(RolloutState state, RollbackScope scope) => scope == RollbackScope.Rollout
        ? state.Plan.Rings
        : [.. state.Plan.Rings.Where(r => state.ChangesOf(r).Any(c => c.Made is not null)).TakeLast(1)];

    private static PlannedStep OfChange(RolloutState state, string action, ChangeState change) => new(action)
    {
        Ring = change.Plan.Ring,
        Target = change.Plan.Workload,
        Change = state.Changes.TakeWhile(c => !ReferenceEquals(c, change)).Count(),
    };
}
