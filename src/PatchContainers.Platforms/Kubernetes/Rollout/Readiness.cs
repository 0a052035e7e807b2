namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>How far a workload's rollout is.</summary>
internal enum ReadinessState
{
    /// <summary>Under way; it may still come to its end.</summary>
    Progressing,

    /// <summary>All that was asked for runs and is available.</summary>
    Ready,

    /// <summary>It will not come to its end by itself.</summary>
    Failed,
}

/// <summary>How far a workload's rollout is, and a sentence that says why.</summary>
internal readonly record struct Readiness(ReadinessState State, string Reason)
{
    public static Readiness Ready(string reason) => new(ReadinessState.Ready, reason);

    public static Readiness Progressing(string reason) => new(ReadinessState.Progressing, reason);

    public static Readiness Failed(string reason) => new(ReadinessState.Failed, reason);
}
