using PatchContainers.Rollout.Plans;

namespace PatchContainers.Rollout;

/// <summary>The steps that a rollout takes where everything goes well, in words.</summary>
internal sealed class RolloutForecast
{
    private readonly List<RolloutStep> _steps = [];
    private readonly PatchRing _ring;

    private RolloutForecast(PatchRing ring) => _ring = ring;

    /// <summary>The steps of all rings, in order.</summary>
    public static IReadOnlyList<RolloutStep> Of(RolloutPlan plan)
    {
        var state = RolloutState.Of(string.Empty, plan);
        return [.. state.Rings.SelectMany(ring => new RolloutForecast(ring.Plan).Steps(plan, RingDecision.BatchesOf(state, ring)
                .Select(b => b.Select(c => c.Plan).ToArray()).ToArray()))
            .Select((step, i) => step with { Number = i + 1 })];
    }

    private List<RolloutStep> Steps(RolloutPlan plan, RolloutChange[][] batches)
    {
        var changes = batches.SelectMany(b => b).ToList();
        foreach (var refused in plan.Changes.Where(c => c.Ring == _ring.Name && c.Status == ChangeStatus.Refused))
        {
            Add(RolloutAction.Apply, refused.Workload, $"refused: {refused.Detail}");
        }

        if (changes.Count > 0 && changes.TrueForAll(c => c.Status == ChangeStatus.Planned))
        {
            if (_ring.Approval)
            {
                Add(RolloutAction.Pause, RolloutAction.Approval, "wait until a person has approved the ring");
            }

            foreach (var gate in _ring.Gates.Where(g => g.HasBaseline))
            {
                Add(RolloutAction.Baseline, gate.Name, "measure what the gate compares with");
            }
        }

        for (var i = 0; i < batches.Length; i++)
        {
            AddBatch(i + 1, batches[i]);
        }

        if (changes.Count > 0)
        {
            if (_ring.Soak > TimeSpan.Zero)
            {
                Add(RolloutAction.Soak, _ring.Name, $"run for {DurationText.Format(_ring.Soak)}");
            }

            AddGates(null);
        }

        Add(RolloutAction.Pass, _ring.Name, changes.Count > 0 ? "let the digests into the next ring" : "pass: there is nothing to change");
        return _steps;
    }

    private void AddBatch(int batch, RolloutChange[] changes)
    {
        if (_ring.Windows.Count + _ring.Freezes.Count > 0 && Array.Exists(changes, c => c.Status == ChangeStatus.Planned))
        {
            var windows = _ring.Windows.Count > 0 ? string.Join(" or ", _ring.Windows) : "any time";
            Add(RolloutAction.Wait, "window", $"begin in {windows}"
                + (_ring.Freezes.Count > 0 ? $", not in {string.Join(" or ", _ring.Freezes)}" : string.Empty), batch);
        }

        foreach (var change in changes)
        {
            Add(RolloutAction.Apply, change.Workload, Words(change), batch);
        }

        // A file is only written.
        var running = changes.Where(c => c is { Status: ChangeStatus.Planned, Runs: true }).ToList();
        if (running.Count == 0)
        {
            return;
        }

        if (!_ring.Canary.IsAll)
        {
            Add(RolloutAction.Await, "canary",
                $"wait until {_ring.Canary} of the replicas are ready, {DurationText.Format(_ring.Timeout)} at most", batch);
            if (_ring.CanarySoak > TimeSpan.Zero)
            {
                Add(RolloutAction.Soak, "canary", $"let the canary run for {DurationText.Format(_ring.CanarySoak)}", batch);
            }

            AddGates(batch);
            running.ForEach(c => Add(RolloutAction.Promote, c.Workload, "let the rest of the replicas follow", batch));
        }

        Add(RolloutAction.Await, "readiness", $"wait until all are ready, {DurationText.Format(_ring.Timeout)} at most", batch);
    }

    private void AddGates(int? batch)
    {
        foreach (var gate in _ring.Gates)
        {
            Add(RolloutAction.Gate, gate.Name, GateWords.Asks(gate), batch);
        }
    }

    private void Add(string action, string target, string detail, int? batch = null) => _steps.Add(new RolloutStep
    {
        Number = 0,
        Action = action,
        Ring = _ring.Name,
        Batch = batch,
        Target = target,
        Detail = detail,
    });

    private static string Words(RolloutChange change)
    {
        var old = change.OldDigest.Length == 0 || change.OldImage.Contains(change.OldDigest, StringComparison.Ordinal)
            ? change.OldImage : $"{change.OldImage} ({change.OldDigest})";
        return change.Status == ChangeStatus.Planned ? $"{old} -> {change.NewImage}" : $"{change.NewImage} is there already";
    }
}
