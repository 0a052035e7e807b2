namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>What keeps a rollout from its end.</summary>
internal enum StuckCause
{
    /// <summary>A pod's containers run and are not ready.</summary>
    NotReady,

    /// <summary>A pod's containers are being made, or its volumes are missing.</summary>
    Creating,

    /// <summary>No node takes the pod.</summary>
    Unschedulable,

    /// <summary>A quota, a limit or an admission controller keeps pods from being made.</summary>
    NotAdmitted,

    /// <summary>What the container refers to (a ConfigMap, a Secret, a user) is not as it must be.</summary>
    Configuration,

    /// <summary>The image cannot be pulled.</summary>
    ImagePull,

    /// <summary>The image's name is none.</summary>
    InvalidImageName,

    /// <summary>A container ends again and again.</summary>
    CrashLoop,
}

/// <summary>What keeps a rollout from its end, in one sentence.</summary>
/// <param name="Cause">What it is.</param>
/// <param name="IsFatal">Whether waiting on is of no use. What may heal by itself or by another's hand is left to the time limit.</param>
/// <param name="Detail">The pod, the container and what is said of them.</param>
/// <param name="RecheckAfter">When nothing but time makes it fatal: how long until then.</param>
internal sealed record StuckReason(StuckCause Cause, bool IsFatal, string Detail, TimeSpan? RecheckAfter = null)
{
    /// <summary>Whether it is what the image does when it runs, and not the platform around it.</summary>
    public bool IsOfRunning => Cause is StuckCause.CrashLoop or StuckCause.NotReady;
}
