using PatchContainers.Images;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Rollout;

/// <summary>How a rollout stands.</summary>
public enum RolloutStatus
{
    /// <summary>Written down, not begun.</summary>
    Planned,

    /// <summary>Under way; a process has it, or died with it.</summary>
    Running,

    /// <summary>It waits: for a deadline, a person, or a verdict that was inconclusive.</summary>
    Paused,

    /// <summary>Every ring passed.</summary>
    Succeeded,

    /// <summary>A ring failed, or a person asked for it, and what was changed is as it was.</summary>
    RolledBack,

    /// <summary>A ring failed, and the plan said to leave it so.</summary>
    Frozen,

    /// <summary>A ring failed, or a person asked for it, and not everything could be put back.</summary>
    Failed,

    /// <summary>A person stopped it.</summary>
    Stopped,
}

/// <summary>How a ring stands.</summary>
public enum RingStatus
{
    /// <summary>Not begun.</summary>
    Pending,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>All changes made, all gates passed.</summary>
    Passed,

    /// <summary>A change or a gate failed.</summary>
    Failed,

    /// <summary>Put back as it was.</summary>
    RolledBack,
}

/// <summary>How one workload's change stands.</summary>
public enum ChangeStatus
{
    /// <summary>Not made.</summary>
    Planned,

    /// <summary>The file holds the new image; no platform was observed.</summary>
    Written,

    /// <summary>The platform took the change; it is not yet known whether it is healthy.</summary>
    Applied,

    /// <summary>The platform runs the new image, and it is healthy.</summary>
    Healthy,

    /// <summary>It cannot be made; the detail says why.</summary>
    Refused,

    /// <summary>It was tried and failed.</summary>
    Failed,

    /// <summary>Put back as it was.</summary>
    RolledBack,

    /// <summary>Someone else changed it since; it was left alone.</summary>
    LeftAlone,

    /// <summary>The platform has the new image, and cannot tell whether it is healthy.</summary>
    Inconclusive,
}

/// <summary>What a gate said.</summary>
public enum GateVerdict
{
    /// <summary>There was not enough to say.</summary>
    Inconclusive,

    /// <summary>Go on.</summary>
    Passed,

    /// <summary>Stop and handle the failure as planned.</summary>
    Failed,
}

/// <summary>What a failed ring leads to.</summary>
public enum FailureAction
{
    /// <summary>Put everything back, as far as <see cref="RollbackScope"/> says.</summary>
    Rollback,

    /// <summary>Leave everything as it is, and stop.</summary>
    Freeze,

    /// <summary>
    /// Leave the ring as it is, and go on with the digests that did not fail: those that did enter no further ring, and a rollout that
    /// held one back ends <see cref="RolloutStatus.Frozen"/>, never Succeeded.
    /// </summary>
    Continue,
}

/// <summary>What a verdict of <see cref="GateVerdict.Inconclusive"/> leads to.</summary>
public enum InconclusiveAction
{
    /// <summary>Wait for a person: Resume asks the ring's gates again, Undo puts everything back.</summary>
    Pause,

    /// <summary>Treat it as Failed, except that nothing is quarantined.</summary>
    Fail,

    /// <summary>Treat it as Passed. The gate's own verdict stays as it was.</summary>
    Continue,
}

/// <summary>How much is put back.</summary>
public enum RollbackScope
{
    /// <summary>Every ring of the rollout, last first.</summary>
    Rollout,

    /// <summary>Only the last ring that was begun.</summary>
    Ring,
}

/// <summary>One change of one workload: which image it names, and which it shall name.</summary>
public sealed record RolloutChange
{
    /// <summary>The workload's id.</summary>
    public required string Workload { get; init; }

    /// <summary>The workload's platform: who makes the change.</summary>
    public required string Platform { get; init; }

    /// <summary>The file, for workloads in files; empty otherwise.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>The ring.</summary>
    public required string Ring { get; init; }

    /// <summary>The id of the rollout that makes it; empty in a plan.</summary>
    public string Rollout { get; init; } = string.Empty;

    /// <summary>
    /// The image string before, exactly as it stood. Once it was put back: what was written then, which is the same name pinned to the
    /// digest that ran where the name stands for another one by now.
    /// </summary>
    public required string OldImage { get; init; }

    /// <summary>The image string after: <c>name:tag@sha256:...</c>.</summary>
    public required string NewImage { get; init; }

    /// <summary>The digest before; empty where it is not known.</summary>
    public string OldDigest { get; init; } = string.Empty;

    /// <summary>The digest after.</summary>
    public required string NewDigest { get; init; }

    /// <summary>How it is to be made.</summary>
    public RolloutChangeOptions Options { get; init; } = new();

    /// <summary>What the platform read before the change was made, for putting it back; empty where the image is all.</summary>
    public string Before { get; init; } = string.Empty;

    /// <summary>Whether the new version was seen to run: only such a digest can go to quarantine.</summary>
    public bool Ran { get; init; }

    /// <summary>How it stands.</summary>
    public ChangeStatus Status { get; init; }

    /// <summary>Why it stands so, where that needs a word.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>
    /// Asked by a platform after it has read what is there, right before it writes: ends what it does where the rollout's lease is no
    /// longer this process's own. Null where nobody holds one.
    /// </summary>
    internal Func<CancellationToken, Task>? Lease { get; init; }

    /// <summary>
    /// The login for the registry that an image is pulled from, for platforms that are told it with each change; null where nobody knows one.
    /// </summary>
    internal Func<ImageReference, RegistryCredential?>? Login { get; init; }

    /// <summary>Whether it is made to what runs; a file is only written.</summary>
    internal bool Runs => Path.Length == 0 || Platform == RingTarget.Compose;

    /// <summary>Asks <see cref="Lease"/>, where there is one.</summary>
    internal Task CheckLeaseAsync(CancellationToken cancellationToken) => Lease?.Invoke(cancellationToken) ?? Task.CompletedTask;
}

/// <summary>What one gate said in one ring.</summary>
public sealed record GateResult
{
    /// <summary>The gate's name.</summary>
    public required string Gate { get; init; }

    /// <summary>What it said.</summary>
    public GateVerdict Verdict { get; init; }

    /// <summary>The portion whose canary it judged, from 1; null where it judged the whole ring.</summary>
    public int? Batch { get; init; }

    /// <summary>What it measured, in one sentence.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>The new digests that a verdict other than Passed is about; empty for all of the ring.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    /// <summary>When, UTC.</summary>
    public DateTimeOffset Time { get; init; }
}

/// <summary>One ring of a rollout.</summary>
public sealed record RolloutRing
{
    /// <summary>The ring's name.</summary>
    public required string Name { get; init; }

    /// <summary>How it stands.</summary>
    public RingStatus Status { get; init; }

    /// <summary>What its gates said.</summary>
    public IReadOnlyList<GateResult> Gates { get; init; } = [];
}

/// <summary>One step of a rollout, as the journal has it.</summary>
public sealed record RolloutStep
{
    /// <summary>1, 2, 3, ...</summary>
    public required int Number { get; init; }

    /// <summary>What it did: <c>Apply</c>, <c>Gate</c>, <c>Revert</c>, ...</summary>
    public required string Action { get; init; }

    /// <summary>The ring.</summary>
    public string Ring { get; init; } = string.Empty;

    /// <summary>Which portion of the ring it is about, from 1; null where it is about the whole ring.</summary>
    public int? Batch { get; init; }

    /// <summary>The workload or gate it is about.</summary>
    public string Target { get; init; } = string.Empty;

    /// <summary>What it will do, in words, where it is only planned; empty otherwise.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>How it ended; empty while it is under way, or only planned.</summary>
    public string Outcome { get; init; } = string.Empty;

    /// <summary>When it began, UTC; null where it is only planned.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, UTC; null while it is under way.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A rollout, as its journal has it.</summary>
public sealed record PatchRollout
{
    /// <summary>The rollout's id.</summary>
    public required string Id { get; init; }

    /// <summary>The folder that the rings lie in, in full.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>How it stands.</summary>
    public RolloutStatus Status { get; init; }

    /// <summary>Why it stands so.</summary>
    public string Reason { get; init; } = string.Empty;

    /// <summary>The rings, in order.</summary>
    public IReadOnlyList<RolloutRing> Rings { get; init; } = [];

    /// <summary>The changes, in the order in which they are made.</summary>
    public IReadOnlyList<RolloutChange> Changes { get; init; } = [];

    /// <summary>The steps so far.</summary>
    public IReadOnlyList<RolloutStep> Steps { get; init; } = [];

    /// <summary>When it began, UTC; null where it has not.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, UTC; null where it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The history's head when it ended or paused, <c>SEQUENCE:HASH</c>: kept here, it finds a cut tail later.</summary>
    public string HistoryHead { get; init; } = string.Empty;
}
