namespace PatchContainers.Rollout;

/// <summary>How a run goes about a rollout.</summary>
public sealed record RolloutRunOptions
{
    /// <summary>
    /// How long this run may take. It then stops at the next point where nothing is half done, and at once where a soak or a window would
    /// take longer; the rollout is <see cref="RolloutStatus.Paused"/>. A rollback that has begun is ended. Null for no limit.
    /// </summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>Whether the plan is only written down: the rollout is <see cref="RolloutStatus.Planned"/> until somebody resumes it.</summary>
    public bool Detach { get; init; }
}
