using System.Globalization;

namespace PatchContainers.Rollout.Plans;

/// <summary>Rings in words.</summary>
internal static class RingWords
{
    /// <summary>Explains a ring.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="ring">The ring.</param>
    /// <param name="workloads">How many workloads it has; null where that is not known.</param>
    public static PatchRingReport Of(PatchPlan plan, PatchRing ring, int? workloads)
    {
        var runs = ring.Targets.Any(t => t.Runs);
        var hasCanary = runs && !ring.Canary.IsAll;
        var portions = PortionsOf(ring, workloads ?? 1);
        var gates = ring.Gates.Aggregate(TimeSpan.Zero, (sum, gate) => sum + GateWords.AtLeast(gate));
        return new PatchRingReport
        {
            Name = ring.Name,
            Targets = [.. ring.Targets.Select(Of)],
            Workloads = workloads,
            Windows = [.. ring.Windows],
            Blackouts = [.. ring.Freezes],
            Portions = Portions(ring, workloads, runs),
            Waits = [.. Waits(ring, hasCanary, runs)],
            Gates = [.. ring.Gates.Select(GateWords.Of)],
            Approval = ring.Approval,
            AtLeast = ring.Soak + gates + (hasCanary ? portions * (ring.CanarySoak + gates) : TimeSpan.Zero),
            OnFailure = Failed(plan, ring),
        };
    }

    /// <summary>A target in words.</summary>
    public static string Of(RingTarget target)
    {
        if (target.Path.Length > 0)
        {
            return !target.Runs ? target.Path : $"the services of {target.Path}, "
                + (target.Project.Length == 0 ? "a Compose project" : $"the Compose project {target.Project}") + $" on the engine {target.Context}";
        }

        if (target.Platform != RingTarget.Kubernetes)
        {
            return $"the {(target.Platform == RingTarget.Swarm ? "services of the swarm of" : "containers of")} the engine {target.Context}"
                + (target.Selector.Length > 0 ? $" with {target.Selector}" : string.Empty) + Update(target.Update);
        }

        var spaces = target.Namespaces.Count switch
        {
            0 => "all namespaces",
            1 => $"the namespace {target.Namespaces[0]}",
            _ => $"the namespaces {string.Join(", ", target.Namespaces)}",
        };
        return $"{(target.Kinds.Count == 0 ? "all that can be changed" : string.Join(", ", target.Kinds))} in {spaces} of the context "
            + target.Context + (target.Selector.Length > 0 ? $" with {target.Selector}" : string.Empty);
    }

    /// <summary>What a failure leads to.</summary>
    public static string OnFailure(PatchPlan plan) => plan.OnFailure switch
    {
        FailureAction.Freeze => "Everything stays as it is, and the rollout stops.",
        FailureAction.Continue => "The ring stays as it is, and the rollout goes on with the digests that did not fail.",
        _ when plan.RollbackScope == RollbackScope.Ring => "The ring is put back; the rings before it keep the new version.",
        _ => "Every ring that was begun is put back, last first.",
    };

    /// <summary>What leads to a wait for a person.</summary>
    public static string OnInconclusive(PatchPlan plan) => plan.OnInconclusive switch
    {
        InconclusiveAction.Fail => "What cannot be told counts as failed, and nothing is quarantined for it.",
        InconclusiveAction.Continue => "What cannot be told counts as passed.",
        _ => "What cannot be told is left to a person: the rollout waits.",
    };

    private static string Update(SwarmUpdate? update) => update is null ? string.Empty : string.Concat(
        update.Parallelism is { } tasks ? $", {(tasks == 0 ? "all" : tasks.ToString(CultureInfo.InvariantCulture))} tasks at a time" : string.Empty,
        update.Delay is { } delay ? $", {DurationText.Format(delay)} apart" : string.Empty,
        update.Order is { } order ? $", {(order == SwarmOrder.StartFirst ? "start-first" : "stop-first")}" : string.Empty,
        update.Monitor is { } monitor ? $", each watched for {DurationText.Format(monitor)}" : string.Empty,
        update.MaxFailureRatio is { } ratio ? string.Create(CultureInfo.InvariantCulture, $", {ratio:0.###} of which may fail") : string.Empty);

    private static int PortionsOf(PatchRing ring, int workloads) =>
        workloads == 0 ? 0 : (workloads + ring.Batch.Of(workloads) - 1) / ring.Batch.Of(workloads);

    private static string Portions(PatchRing ring, int? workloads, bool runs)
    {
        var size = ring.Batch.IsAll ? "all at once" : $"{ring.Batch} at a time";
        var count = workloads is { } number && !ring.Batch.IsAll
            ? string.Create(CultureInfo.InvariantCulture, $", in {PortionsOf(ring, number)} portions at most") : string.Empty;
        return size + count + (runs ? $"; each portion has {DurationText.Format(ring.Timeout)} to become ready" : "; files are written, and "
            + "nobody is seen to run them");
    }

    private static IEnumerable<string> Waits(PatchRing ring, bool hasCanary, bool runs)
    {
        if (hasCanary)
        {
            yield return $"a canary first: {ring.Canary} of each workload's replicas"
                + (ring.CanarySoak > TimeSpan.Zero ? $", for {DurationText.Format(ring.CanarySoak)}" : string.Empty)
                + (ring.Gates.Count > 0 ? "; the gates are asked before the rest follows" : string.Empty);
        }

        if (ring.Soak > TimeSpan.Zero)
        {
            yield return $"{DurationText.Format(ring.Soak)} of soak after the last workload is {(runs ? "ready" : "written")}";
        }

        if (ring.TrialJob && ring.Targets.Any(t => t.IsCluster))
        {
            yield return "each CronJob is tried out by one Job made from it";
        }
    }

    private static string Failed(PatchPlan plan, PatchRing ring)
    {
        var before = plan.Rings.TakeWhile(r => r.Name != ring.Name).Select(r => r.Name).Reverse().ToArray();
        return plan.OnFailure == FailureAction.Rollback && plan.RollbackScope == RollbackScope.Rollout && before.Length > 0
            ? $"{ring.Name} is put back, and then {string.Join(", ", before)}."
            : plan.OnFailure == FailureAction.Rollback ? $"{ring.Name} is put back."
            : OnFailure(plan);
    }
}
