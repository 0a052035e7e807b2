namespace PatchContainers.Rollout;

/// <summary>What a step does, as <see cref="RolloutStep.Action"/> and the journal name it.</summary>
internal static class RolloutAction
{
    /// <summary>Makes one workload's change.</summary>
    public const string Apply = "Apply";

    /// <summary>Observes workloads until they are ready, or it is clear that they will not be.</summary>
    public const string Await = "Await";

    /// <summary>Notes until when a ring or a canary has to run before it is judged.</summary>
    public const string Soak = "Soak";

    /// <summary>Lets gates measure what they will compare with.</summary>
    public const string Baseline = "Baseline";

    /// <summary>Lets one workload's canary go on to all.</summary>
    public const string Promote = "Promote";

    /// <summary>Restores what one workload's canary altered besides the image, or takes away what was kept of it.</summary>
    public const string Finish = "Finish";

    /// <summary>Waits for a time. It is in no journal: whoever comes back waits for the rest.</summary>
    public const string Wait = "Wait";

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

    /// <summary>What a pause is for that a person ends by approving the ring.</summary>
    public const string Approval = "approval";

    /// <summary>Ends the rollout.</summary>
    public const string End = "End";

    /// <summary>How a step ended that was given up half-way, and decided nothing.</summary>
    public const string Interrupted = "Interrupted";
}
