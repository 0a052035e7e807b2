using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>What undoing a rollout would put back.</summary>
internal static class UndoForecast
{
    /// <summary>The steps of an undo, last change first. What somebody else changed meanwhile is left, and shows only then.</summary>
    /// <param name="state">The rollout as its journal has it. It is changed.</param>
    /// <param name="scope">How much is put back.</param>
    /// <param name="now">The time.</param>
    public static PatchRollout Of(RolloutState state, RollbackScope scope, DateTimeOffset now)
    {
        state.Add(new JournalEntry { Number = 0, Kind = JournalEntryKind.Undo, Scope = scope, Time = now });
        var changes = RolloutDecision.ToUndo(state, scope);
        return state.ToRecord() with
        {
            Id = string.Empty,
            Status = RolloutStatus.Planned,
            Reason = changes.Count == 0 ? $"There is nothing of the rollout {state.Id} to put back."
                : FormattableString.Invariant($"{changes.Count} workloads of the rollout {state.Id} would be put back, last first."),
            Changes = changes.Select(c => c.ToRecord()).ToArray(),
            Steps = changes.Select(c => new RolloutStep
            {
                Number = 0,
                Action = RolloutAction.Revert,
                Ring = c.Plan.Ring,
                Target = c.Plan.Workload,
                Detail = $"{c.Plan.NewImage} -> {c.Plan.OldImage}",
            }).ToArray(),
        };
    }
}
