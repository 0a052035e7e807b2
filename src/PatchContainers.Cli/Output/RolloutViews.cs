using PatchContainers.Rollout;

namespace PatchContainers.Cli.Output;

/// <summary>The tables of rollouts.</summary>
internal static class RolloutViews
{
    public static TableView Rollout() => new TableViewBuilder<PatchRollout>()
        .Text("ROLLOUT", r => r.Id)
        .Text("STATUS", r => new(r.Status.ToString(), ToneOf(r.Status)))
        .Text("RINGS", r => r.Rings.Count == 0 ? "-" : string.Join(", ", r.Rings.Select(ring => $"{ring.Name} {ring.Status}")))
        .Text("STARTED", r => Time(r.StartedAt))
        .Text("ENDED", r => Time(r.EndedAt))
        .Notes(NotesOf)
        .Build();

    internal static string Time(DateTimeOffset? time) => time is { } value ? value.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", null) : "-";

    private static CellTone ToneOf(RolloutStatus status) => status switch
    {
        RolloutStatus.Succeeded => CellTone.Good,
        RolloutStatus.RolledBack or RolloutStatus.Failed or RolloutStatus.Frozen => CellTone.Bad,
        RolloutStatus.Paused or RolloutStatus.Stopped => CellTone.Doubtful,
        _ => CellTone.Plain,
    };

    private static IEnumerable<string> NotesOf(PatchRollout rollout, bool details)
    {
        if (rollout.Reason.Length > 0)
        {
            yield return rollout.Reason;
        }

        foreach (var change in rollout.Changes)
        {
            yield return $"{change.Ring}: {change.Status}: {change.Workload}: {change.OldImage} -> {change.NewImage}"
                + (change.Detail.Length > 0 ? $" ({change.Detail})" : string.Empty);
        }

        foreach (var ring in rollout.Rings)
        {
            foreach (var gate in ring.Gates)
            {
                yield return $"{ring.Name}: gate {gate.Gate}: {gate.Verdict}: {gate.Detail}";
            }
        }

        if (details)
        {
            foreach (var step in rollout.Steps)
            {
                yield return $"step {step.Number}: {step.Action} {step.Ring} {step.Target}: {(step.Outcome.Length > 0 ? step.Outcome : "under way")}";
            }
        }

        if (rollout.HistoryHead.Length > 0)
        {
            yield return $"history head: {rollout.HistoryHead}";
        }
    }
}
