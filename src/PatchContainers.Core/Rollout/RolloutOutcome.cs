namespace PatchContainers.Rollout;

/// <summary>What a rollout's end means to a script: an exit code, and an error that terminates.</summary>
public static class RolloutOutcome
{
    /// <summary>The command line's exit code.</summary>
    /// <param name="rollout">The rollout as it was given back.</param>
    /// <param name="undo">Whether putting back was what was asked for.</param>
    public static int ExitCode(PatchRollout rollout, bool undo = false) => throw new NotImplementedException();

    /// <summary>The error that terminates a script; null where there is none (<see cref="RolloutStatus.Paused"/> is none).</summary>
    /// <param name="rollout">The rollout as it was given back.</param>
    /// <param name="undo">Whether putting back was what was asked for.</param>
    public static PatchException? Error(PatchRollout rollout, bool undo = false) => throw new NotImplementedException();
}
