namespace PatchContainers.Rollout;

/// <summary>What is waited for after a write.</summary>
public enum AwaitedState
{
    /// <summary>The canary: as many of the new version as <see cref="RolloutChangeOptions.Canary"/> says, ready.</summary>
    Canary,

    /// <summary>The new version everywhere, ready.</summary>
    New,

    /// <summary>The old version everywhere, ready again.</summary>
    Old,
}

/// <summary>An image that ran before a change.</summary>
/// <param name="Digest">Its digest, as the platform reports it.</param>
/// <param name="IsPulled">Whether it was pulled by that digest, and can be again; otherwise it may be its configuration's.</param>
public sealed record RanImage(string Digest, bool IsPulled);

/// <summary>
/// Makes changes on a platform. Every call may be repeated after a crash: a change that is made already is reported as made, and one
/// whose workload no longer holds what the plan expects is never overwritten. A platform that only holds files runs nothing: its changes
/// end <see cref="ChangeStatus.Written"/>, and it is asked only whether they still stand.
/// </summary>
public interface IOrchestrator
{
    /// <summary>
    /// Whether what ran before a change is kept, stopped, so that putting it back needs nothing but it. <see cref="FinishAsync"/> takes it
    /// away when every ring has passed; it is kept where a rollout ends otherwise, until it is undone.
    /// </summary>
    bool KeepsOld => false;

    /// <summary>Whether this platform (<see cref="RolloutChange.Platform"/>) is its own.</summary>
    bool CanHandle(string platform);

    /// <summary>
    /// Looks at all changes of a rollout together before any is made, without writing: gives each back unchanged
    /// (<see cref="ChangeStatus.Planned"/>), or <see cref="ChangeStatus.Refused"/> with the reason (a variable, a template, a YAML anchor
    /// with users outside the plan, a missing right, an object that another tool owns).
    /// </summary>
    Task<IReadOnlyList<RolloutChange>> CheckAsync(IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says which changes are about to be made or put back, one after the other, so that what they have in common is done once. Nothing is
    /// changed by it, and what was not announced may be asked for all the same.
    /// </summary>
    void Announce(IReadOnlyList<RolloutChange> changes)
    {
    }

    /// <summary>
    /// Reads what a change will alter besides the image, and what runs before it: it is in the journal before anything is written, and
    /// comes back as <see cref="RolloutChange.Before"/>.
    /// </summary>
    /// <returns>A text that only this platform reads, without secrets; null where the image is all.</returns>
    /// <exception cref="PatchException">It could not be read: the change is not begun.</exception>
    Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default) => Task.FromResult<string?>(null);

    /// <summary>What ran before a change, as <see cref="PrepareAsync"/> read it, what most pods ran first; empty where nobody knows.</summary>
    IReadOnlyList<RanImage> RanBefore(RolloutChange change) => [];

    /// <summary>
    /// Makes a change: <see cref="ChangeStatus.Written"/> for a file, <see cref="ChangeStatus.Applied"/> where a platform took it and is
    /// still to be observed, also when it was made already; <see cref="ChangeStatus.Failed"/> with the reason when the workload holds
    /// something else, or cannot be read or written.
    /// </summary>
    /// <exception cref="PatchException">It is not known whether the change was made, or will last.</exception>
    Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default);

    /// <summary>
    /// Observes a workload until it has come to a state, for no longer than is said: <see cref="ChangeStatus.Healthy"/> (a file that holds
    /// the new image: <see cref="ChangeStatus.Written"/>),
    /// <see cref="ChangeStatus.Failed"/> with the reason when it will not come there by itself, or <see cref="ChangeStatus.Applied"/> with
    /// what it is waiting for. <see cref="ChangeStatus.LeftAlone"/> when someone else changed the workload meanwhile;
    /// <see cref="ChangeStatus.Inconclusive"/> when the platform cannot tell.
    /// </summary>
    /// <param name="change">The change.</param>
    /// <param name="state">What is waited for.</param>
    /// <param name="atMost">How long; zero looks once.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <exception cref="PatchException">The platform could not be asked all that time.</exception>
    Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default) => Task.FromResult(change);

    /// <summary>Lets a canary go on to all: <see cref="ChangeStatus.Applied"/>, or Failed as <see cref="ApplyAsync"/> says.</summary>
    /// <exception cref="PatchException">It is not known whether that was written.</exception>
    Task<RolloutChange> PromoteAsync(RolloutChange change, CancellationToken cancellationToken = default) => Task.FromResult(change);

    /// <summary>
    /// After success, restores what a canary, or the plan's own update, altered besides the image, or takes away what was kept
    /// (<see cref="KeepsOld"/>): <see cref="ChangeStatus.Healthy"/>, or Failed as <see cref="ApplyAsync"/> says. What was kept may be gone
    /// when <see cref="RevertAsync"/> is called: an undo after success.
    /// </summary>
    /// <exception cref="PatchException">It is not known whether that was written.</exception>
    Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default) => Task.FromResult(change);

    /// <summary>
    /// Puts a change back, to the image that <see cref="RolloutChange.OldImage"/> says: <see cref="ChangeStatus.RolledBack"/>, also when it was put back already or never made;
    /// <see cref="ChangeStatus.Applied"/> where a platform took it and is to be awaited (<see cref="AwaitedState.Old"/>);
    /// <see cref="ChangeStatus.LeftAlone"/> when the workload holds neither the new image nor the old one;
    /// <see cref="ChangeStatus.Failed"/> when it cannot be read or written.
    /// </summary>
    /// <exception cref="PatchException">It is not known whether the change was put back, or will last.</exception>
    Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default);
}
