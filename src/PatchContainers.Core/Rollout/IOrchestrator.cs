namespace PatchContainers.Rollout;

/// <summary>
/// Makes changes on a platform. Every call may be repeated after a crash: a change that is made already is reported as made, and one
/// whose workload no longer holds what the plan expects is never overwritten.
/// </summary>
public interface IOrchestrator
{
    /// <summary>Whether this platform (<see cref="RolloutChange.Platform"/>) is its own.</summary>
    bool CanHandle(string platform);

    /// <summary>
    /// Looks at all changes of a rollout together before any is made, without writing: gives each back unchanged
    /// (<see cref="ChangeStatus.Planned"/>), or <see cref="ChangeStatus.Refused"/> with the reason (a variable, a template, a YAML anchor
    /// with users outside the plan).
    /// </summary>
    Task<IReadOnlyList<RolloutChange>> CheckAsync(IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a change: <see cref="ChangeStatus.Written"/> or <see cref="ChangeStatus.Healthy"/>, also when it was made already;
    /// <see cref="ChangeStatus.Failed"/> with the reason when the workload holds something else, or cannot be read or written.
    /// </summary>
    /// <exception cref="PatchException">It is not known whether the change was made, or will last.</exception>
    Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts a change back: <see cref="ChangeStatus.RolledBack"/>, also when it was put back already or never made;
    /// <see cref="ChangeStatus.LeftAlone"/> when the workload holds neither the new image nor the old one;
    /// <see cref="ChangeStatus.Failed"/> when it cannot be read or written.
    /// </summary>
    /// <exception cref="PatchException">It is not known whether the change was put back, or will last.</exception>
    Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default);
}
