namespace PatchContainers.Rollout;

/// <summary>What a step does, as <see cref="RolloutStep.Action"/> and the journal name it.</summary>
internal static class RolloutAction
{
    /// <summary>Makes one workload's change.</summary>
    public const string Apply = "Apply";

    /// <summary>Asks a gate.</summary>
    public const string Gate = "Gate";

    /// <summary>Says that a ring passed, and releases what that supersedes from quarantine.</summary>
    public const string Pass = "Pass";

    /// <summary>Says that a ring failed, and which digests with it.</summary>
    public const string Fail = "Fail";

    /// <summary>Puts a digest in quarantine.</summary>
    public const string Quarantine = "Quarantine";

    /// <summary>Puts one workload's change back.</summary>
    public const string Revert = "Revert";

    /// <summary>Waits for a person.</summary>
    public const string Pause = "Pause";

    /// <summary>Ends the rollout.</summary>
    public const string End = "End";
}
