using PatchContainers.Updating;

namespace PatchContainers.Rollout;

/// <summary>What is to be rolled out, where, and under which conditions.</summary>
public sealed record RolloutRequest
{
    /// <summary>
    /// The updates: each <see cref="UpdateStatus.Updated"/> or <see cref="UpdateStatus.UpToDate"/> one replaces its old image; others are
    /// left out, and said so.
    /// </summary>
    public required IReadOnlyList<BaseImageUpdate> Updates { get; init; }

    /// <summary>The folder that holds one folder a ring.</summary>
    public required string Path { get; init; }

    /// <summary>The rings to run, by their folders' names, in order.</summary>
    public required IReadOnlyList<string> Rings { get; init; }

    /// <summary>
    /// The order of all rings below <see cref="Path"/>, where <see cref="Rings"/> names only some of them and their order cannot be told
    /// from earlier rollouts or from their names; empty otherwise.
    /// </summary>
    public IReadOnlyList<string> RingOrder { get; init; } = [];

    /// <summary>The gates that each ring has to pass, in order.</summary>
    public IReadOnlyList<RolloutGate> Gates { get; init; } = [];

    /// <summary>What a failed change or gate leads to.</summary>
    public FailureAction OnFailure { get; init; }

    /// <summary>What a gate that could not say leads to.</summary>
    public InconclusiveAction OnInconclusive { get; init; }

    /// <summary>How much a rollback puts back.</summary>
    public RollbackScope RollbackScope { get; init; }

    /// <summary>
    /// Whether the rollout goes on without the changes that are refused. By default it does not begin at all: half a patch is a decision
    /// for a person to take.
    /// </summary>
    public bool SkipRefused { get; init; }
}
