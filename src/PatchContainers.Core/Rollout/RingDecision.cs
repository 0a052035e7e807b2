using PatchContainers.Rollout.Windows;

namespace PatchContainers.Rollout;

/// <summary>What a ring does next: approval, window, baseline, portion by portion (canary first), soak, gates.</summary>
internal static class RingDecision
{
    private const string Ways = "Resume asks again, an approval of the ring takes it as it is, Undo puts everything back.";

    /// <summary>The next step in a ring that has neither passed nor failed.</summary>
    public static PlannedStep Next(RolloutState state, RingState ring, DateTimeOffset now)
    {
        var active = state.ChangesOf(ring.Name).Where(c => RolloutDecision.IsActive(state, c)).ToList();
        var faults = Faults.Of(state, ring, active);
        if (faults.Any && (state.Plan.OnFailure != FailureAction.Continue || faults.OfCanary))
        {
            return faults.Step(ring, active);
        }

        if (BeforeFirst(state, ring, active, now) is { } first)
        {
            return first;
        }

        foreach (var (batch, changes) in BatchesOf(state, ring).Select((c, i) => (i, c)))
        {
            if (NextInBatch(state, ring, batch, changes, now) is { } step)
            {
                return step;
            }
        }

        return AfterLast(state, ring, active, now) ?? (faults.Any ? faults.Step(ring, active) : Open(state, ring, null, now) ?? Pass(ring, active));
    }

    /// <summary>The portions in which a ring is changed.</summary>
    public static IEnumerable<ChangeState[]> BatchesOf(RolloutState state, RingState ring)
    {
        var active = state.ChangesOf(ring.Name).Where(c => RolloutDecision.IsActive(state, c)).ToList();
        return active.Chunk(Math.Max(1, ring.Plan.Batch.Of(active.Count)));
    }

    /// <summary>Whether a change's canary runs, and has not gone on to all.</summary>
    public static bool IsStaged(ChangeState change) =>
        change is { Made: ChangeStatus.Applied, IsPromoted: false, Now: ChangeStatus.Applied };

    /// <summary>Observes a batch, or what is healthy of the whole ring, for as long as it has to come to a state.</summary>
    public static PlannedStep Await(RingState ring, int? batch, AwaitedState awaited, DateTimeOffset now) => new(RolloutAction.Await)
    {
        Ring = ring.Name,
        Target = batch is { } number ? FormattableString.Invariant($"batch {number + 1}") : ring.Name,
        Batch = batch,
        Awaited = awaited,
        Until = ring.DeadlineOf(batch, awaited) ?? now + ring.Plan.Timeout,
    };

    private static PlannedStep? BeforeFirst(RolloutState state, RingState ring, List<ChangeState> active, DateTimeOffset now)
    {
        if (active.TrueForAll(c => c.Made is not null || c.WasThere))
        {
            return null;
        }

        if (ring.Plan.Approval && active.TrueForAll(c => c.Made is null) && !state.IsApproved(ring.Name, now))
        {
            return Pause(ring, RolloutAction.Approval, $"The ring {ring.Name} waits for a person to approve it.");
        }

        return ring.Baselines is null && ring.Plan.Gates.Any(g => g.HasBaseline) && active.TrueForAll(c => c.Made is null)
            ? new PlannedStep(RolloutAction.Baseline) { Ring = ring.Name, Target = ring.Name }
            : null;
    }

    private static PlannedStep? NextInBatch(RolloutState state, RingState ring, int batch, ChangeState[] changes, DateTimeOffset now)
    {
        if (Array.Find(changes, c => c.Now is null) is { } change)
        {
            var isBegun = Array.Exists(changes, c => c.Made is not null);
            return (isBegun ? null : NextWindow(ring, now))
                ?? RolloutDecision.OfChange(state, RolloutAction.Apply, change) with { Batch = batch };
        }

        return (ring.Plan.Canary.IsAll ? null : NextInCanary(state, ring, batch, changes, now))
            ?? AwaitAny(ring, batch, AwaitedState.New, changes.Where(c => c.Now == ChangeStatus.Applied), now)
            ?? (Array.Find(changes, c => c.IsToFinish) is { } unfinished
                ? RolloutDecision.OfChange(state, RolloutAction.Finish, unfinished) with { Batch = batch }
                : Open(state, changes, ring, now));
    }

    private static PlannedStep? NextInCanary(RolloutState state, RingState ring, int batch, ChangeState[] changes, DateTimeOffset now)
    {
        var staged = changes.Where(IsStaged).ToList();
        if (staged.Count == 0)
        {
            return null;
        }

        if (AwaitAny(ring, batch, AwaitedState.Canary, staged.Where(c => !c.IsCanaryReady), now) is { } wait)
        {
            return wait;
        }

        if (ring.Plan.CanarySoak > TimeSpan.Zero)
        {
            if (ring.CanarySoakUntil(batch) is not { } until)
            {
                return Soak(ring, batch, now + ring.Plan.CanarySoak);
            }

            if (until > now)
            {
                return Wait(ring, until, "the canary soaks") with { Batch = batch, Awaited = AwaitedState.Canary };
            }

            if (!ring.IsCheckedAfterSoak(batch))
            {
                return Await(ring, batch, AwaitedState.Canary, now);
            }
        }

        return NextGate(ring, batch) ?? Open(state, ring, batch, now)
            ?? RolloutDecision.OfChange(state, RolloutAction.Promote, staged[0]) with { Batch = batch };
    }

    private static PlannedStep? AfterLast(RolloutState state, RingState ring, List<ChangeState> active, DateTimeOffset now)
    {
        // A gate has nothing to measure where nothing holds a new image.
        if (!active.Exists(c => c.Holds))
        {
            return null;
        }

        if (Unseen(state, ring, active, now) is { } unseen)
        {
            return unseen;
        }

        if (ring.Plan.Soak > TimeSpan.Zero)
        {
            if (ring.SoakUntil is not { } until)
            {
                return Soak(ring, null, now + ring.Plan.Soak);
            }

            if (until > now)
            {
                return Wait(ring, until, "the ring soaks") with { Awaited = AwaitedState.New };
            }

            if (!ring.IsCheckedAfterSoak(null) && active.Exists(c => c.Now == ChangeStatus.Healthy))
            {
                return Await(ring, null, AwaitedState.New, now);
            }
        }

        return Open(state, active, ring, now) ?? NextGate(ring, null);
    }

    private static PlannedStep? NextGate(RingState ring, int? batch) =>
        ring.Plan.Gates.FirstOrDefault(g => ring.Gates.TrueForAll(a => a.Batch != batch || a.Result.Gate != g.Name)) is { } gate
            ? new PlannedStep(RolloutAction.Gate) { Ring = ring.Name, Target = gate.Name, Batch = batch }
            : null;

    // A plan that waits for a person where nobody could say whether a ring is well, and nobody has taken it as it is.
    private static bool Waits(RolloutState state, RingState ring, DateTimeOffset now) =>
        state.Plan.OnInconclusive == InconclusiveAction.Pause && !(ring.AcceptedUntil > now);

    // A gate that could not say.
    private static PlannedStep? Open(RolloutState state, RingState ring, int? batch, DateTimeOffset now) =>
        Waits(state, ring, now)
            && ring.Gates.Where(g => g.Batch == batch && g.Result.Verdict == GateVerdict.Inconclusive).Select(g => g.Result).FirstOrDefault()
                is { } open
            ? Pause(ring, open.Gate, $"The gate '{open.Gate}' could not say whether the ring {ring.Name} is well: {open.Detail} {Ways}")
            : null;

    // A platform that could not say.
    private static PlannedStep? Open(RolloutState state, IEnumerable<ChangeState> changes, RingState ring, DateTimeOffset now) =>
        Waits(state, ring, now) && changes.FirstOrDefault(c => c.Now == ChangeStatus.Inconclusive) is { } open
            ? Pause(ring, open.Plan.Workload, $"Nobody could say whether {open.Plan.Workload} is well: {open.Detail} {Ways}")
            : null;

    // Scaled to zero, a workload is as it should be, and shows nothing. What ran nowhere has not passed the first ring; behind that, it has
    // run in a ring in front.
    private static PlannedStep? Unseen(RolloutState state, RingState ring, List<ChangeState> active, DateTimeOffset now)
    {
        if ((state.Plan.OnInconclusive != InconclusiveAction.Fail && !Waits(state, ring, now)) || ring.Name != state.Plan.RingOrder[0]
            || active.FindAll(c => c.Holds).GroupBy(c => c.Plan.NewDigest, StringComparer.Ordinal).FirstOrDefault(g => g.All(c => c.IsUnseen))
                is not { } unseen)
        {
            return null;
        }

        var image = unseen.First().Plan.NewImage;
        var fault = $"nothing was seen to run {image}: {string.Join(", ", unseen.Select(c => c.Plan.Workload))} "
            + $"{(unseen.Count() == 1 ? "has" : "have")} no pods.";
        return state.Plan.OnInconclusive == InconclusiveAction.Fail
            ? new PlannedStep(RolloutAction.Fail)
            {
                Ring = ring.Name,
                Target = ring.Name,
                Outcome = nameof(RingStatus.Failed),
                Digests = [unseen.Key],
                Detail = $"In the ring {ring.Name}, {fault}",
            }
            : Pause(ring, image, $"In the ring {ring.Name}, {fault} Scale one up and resume, approve the ring as it is, or undo the rollout.");
    }

    private static PlannedStep? NextWindow(RingState ring, DateTimeOffset now)
    {
        if (ring.Plan.Windows.Count == 0 && ring.Plan.Freezes.Count == 0)
        {
            return null;
        }

        var window = PatchWindows.Parse(ring.Plan.Windows, ring.Plan.Freezes).Evaluate(now, ring.Plan.Timeout + ring.Plan.CanarySoak);
        return window.Fits ? null
            : window.NextFit is { } next ? Wait(ring, next, window.IsOpen ? "what it begins would outlast its window" : "it is outside its windows")
            : Pause(ring, "window", $"The ring {ring.Name} has no window to begin in: {window.Reason}");
    }

    private static PlannedStep? AwaitAny(
        RingState ring, int batch, AwaitedState awaited, IEnumerable<ChangeState> changes, DateTimeOffset now) =>
        changes.Any() ? Await(ring, batch, awaited, now) : null;

    private static PlannedStep Soak(RingState ring, int? batch, DateTimeOffset until) => new(RolloutAction.Soak)
    {
        Ring = ring.Name,
        Target = batch is { } number ? FormattableString.Invariant($"batch {number + 1}") : ring.Name,
        Batch = batch,
        Until = until,
        Outcome = "Begun",
    };

    private static PlannedStep Wait(RingState ring, DateTimeOffset until, string why) => new(RolloutAction.Wait)
    {
        Ring = ring.Name,
        Until = until,
        Detail = $"The ring {ring.Name} goes on at {until.UtcDateTime:u}: {why} until then.",
    };

    private static PlannedStep Pause(RingState ring, string target, string detail) => new(RolloutAction.Pause)
    {
        Ring = ring.Name,
        Target = target,
        Outcome = nameof(RolloutStatus.Paused),
        Detail = detail,
    };

    private static PlannedStep Pass(RingState ring, List<ChangeState> active) => new(RolloutAction.Pass)
    {
        Ring = ring.Name,
        Target = ring.Name,
        Outcome = nameof(RingStatus.Passed),
        Digests = [.. active.Where(c => c.Holds).Select(c => c.Plan.NewDigest).Distinct()],
        Detail = active.Count == 0 ? $"There was nothing to change in the ring {ring.Name}." : string.Empty,
    };

    /// <summary>What speaks against a ring.</summary>
    /// <param name="Changes">The changes that went wrong.</param>
    /// <param name="Verdicts">What gates said against it.</param>
    /// <param name="OfCanary">Whether a gate said it of a canary, which then goes no further.</param>
    private sealed record Faults(List<ChangeState> Changes, List<GateResult> Verdicts, bool OfCanary)
    {
        public bool Any => Changes.Count > 0 || Verdicts.Count > 0;

        public static Faults Of(RolloutState state, RingState ring, List<ChangeState> active)
        {
            var fails = state.Plan.OnInconclusive == InconclusiveAction.Fail;
            var verdicts = ring.Gates.Where(g => g.Result.Verdict == GateVerdict.Failed
                || (g.Result.Verdict == GateVerdict.Inconclusive && fails)).ToList();
            return new Faults([.. active.Where(c => c.HasFailed || (fails && c.Now == ChangeStatus.Inconclusive))],
                [.. verdicts.Select(g => g.Result)], verdicts.Exists(g => g.Batch is not null));
        }

        public PlannedStep Step(RingState ring, List<ChangeState> active)
        {
            var reasons = Changes.Select(Reason).Concat(Verdicts.Select(g =>
                $"the gate '{g.Gate}' {(g.Verdict == GateVerdict.Failed ? "failed" : "could not say")}: {g.Detail}"));
            var digests = Changes.Select(c => c.Plan.NewDigest).Concat(Verdicts.SelectMany(g => RolloutDecision.Blamed(g, active)));
            return new PlannedStep(RolloutAction.Fail)
            {
                Ring = ring.Name,
                Target = ring.Name,
                Outcome = nameof(RingStatus.Failed),
                Digests = [.. digests.Distinct()],
                Detail = $"In the ring {ring.Name}, {string.Join(" Also, ", reasons)}",
            };
        }

        private static string Reason(ChangeState change) => change switch
        {
            { Seen: null } => $"{change.Plan.Workload} could not be changed: {change.Detail}",
            { Seen: ChangeStatus.LeftAlone } => $"someone else changed {change.Plan.Workload}: {change.Detail}",
            { Seen: ChangeStatus.Inconclusive } => $"nobody could say whether {change.Plan.Workload} is well: {change.Detail}",
            _ => $"{change.Plan.Workload} did not become healthy: {change.Detail}",
        };
    }
}
