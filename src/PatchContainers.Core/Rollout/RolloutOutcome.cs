namespace PatchContainers.Rollout;

/// <summary>What a rollout's end means to a script: an exit code, and an error that terminates.</summary>
public static class RolloutOutcome
{
    private const int Done = 0;
    private const int NotDone = 1;
    private const int GateFailed = 4;
    private const int RollbackIncomplete = 5;
    private const int Partly = 6;

    /// <summary>
    /// The command line's exit code: 0 succeeded, or put back where that was asked for; 4 a gate or a change failed and was handled as
    /// the plan says (rolled back or frozen); 5 not everything could be put back; 6 it waits, or it succeeded without the changes that
    /// were refused; 1 otherwise.
    /// </summary>
    /// <param name="rollout">The rollout as it was given back.</param>
    /// <param name="undo">Whether putting back was what was asked for.</param>
    public static int ExitCode(PatchRollout rollout, bool undo = false)
    {
        ArgumentNullException.ThrowIfNull(rollout);
        return rollout.Status switch
        {
            RolloutStatus.Succeeded or RolloutStatus.Planned => !undo && rollout.Changes.Any(c => c.Status == ChangeStatus.Refused)
                ? Partly : Done,
            RolloutStatus.RolledBack when undo => Done,
            RolloutStatus.RolledBack or RolloutStatus.Frozen => GateFailed,
            RolloutStatus.Failed => RollbackIncomplete,
            RolloutStatus.Paused => Partly,
            _ => NotDone,
        };
    }

    /// <summary>
    /// The error that terminates a script, null where there is none: <see cref="PatchErrorCode.GateFailed"/> or
    /// <see cref="PatchErrorCode.ChangeFailed"/> for what was rolled back or frozen, <see cref="PatchErrorCode.RollbackIncomplete"/> with
    /// what each workload holds now. <see cref="RolloutStatus.Paused"/> is no error.
    /// </summary>
    /// <param name="rollout">The rollout as it was given back.</param>
    /// <param name="undo">Whether putting back was what was asked for.</param>
    public static PatchException? Error(PatchRollout rollout, bool undo = false)
    {
        ArgumentNullException.ThrowIfNull(rollout);
        return rollout.Status switch
        {
            RolloutStatus.RolledBack when undo => null,
            RolloutStatus.RolledBack or RolloutStatus.Frozen => new PatchException(
                rollout.Rings.Any(r => r.Gates.Any(g => g.Verdict != GateVerdict.Passed)) ? PatchErrorCode.GateFailed
                    : PatchErrorCode.ChangeFailed,
                rollout.Id, $"The rollout {rollout.Id} ended {rollout.Status}. {rollout.Reason}"),
            RolloutStatus.Failed => new PatchException(PatchErrorCode.RollbackIncomplete, rollout.Id,
                $"The rollout {rollout.Id} could not put everything back. {rollout.Reason} Workload by workload: "
                + $"{string.Join(' ', rollout.Changes.Select(NowHolds))} "
                + "Put the others back by hand where they should be: what someone else has written is never overwritten."),
            _ => null,
        };
    }

    private static string NowHolds(RolloutChange change) => change.Status switch
    {
        ChangeStatus.RolledBack or ChangeStatus.Planned or ChangeStatus.Refused => $"{change.Workload} holds {change.OldImage}.",
        ChangeStatus.Written or ChangeStatus.Healthy => $"{change.Workload} holds {change.NewImage}.",
        _ => $"{change.Workload}: {change.Detail}",
    };
}
