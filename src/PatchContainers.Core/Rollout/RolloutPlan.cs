using System.Text.Json.Serialization;

namespace PatchContainers.Rollout;

/// <summary>A change that will not be made.</summary>
/// <param name="Code">Why, as a stable name: <see cref="PatchErrorCode.NotPromotable"/> or
/// <see cref="PatchErrorCode.ChangeRefused"/>.</param>
/// <param name="Workload">The workload's id; the file, where that could not be read.</param>
/// <param name="Ring">The ring.</param>
/// <param name="Reason">Why, and what to do about it.</param>
public sealed record RolloutRefusal(PatchErrorCode Code, string Workload, string Ring, string Reason);

/// <summary>What a rollout will do, found without writing anything. It is also the first entry of the rollout's journal.</summary>
public sealed record RolloutPlan
{
    /// <summary>The plan's name; empty where the rings are the folders of <see cref="Path"/>.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The folder that holds one folder a ring, in full, or a plan file's folder.</summary>
    public required string Path { get; init; }

    /// <summary>The rings that will be run, in order, with the gates that will be asked.</summary>
    public required IReadOnlyList<PatchRing> Rings { get; init; }

    /// <summary>The order of all rings as far as it is known, <see cref="Rings"/> among them.</summary>
    public required IReadOnlyList<string> RingOrder { get; init; }

    /// <summary>
    /// The changes in the order in which they are made. Refused ones have <see cref="ChangeStatus.Refused"/>; a workload that holds the
    /// new image already is <see cref="ChangeStatus.Written"/>, and will not be touched.
    /// </summary>
    public required IReadOnlyList<RolloutChange> Changes { get; init; }

    /// <summary>The gates that a person decided not to ask.</summary>
    public IReadOnlyList<string> SkippedGates { get; init; } = [];

    /// <summary>What a failed change or gate leads to.</summary>
    public FailureAction OnFailure { get; init; }

    /// <summary>What a gate that could not say leads to.</summary>
    public InconclusiveAction OnInconclusive { get; init; }

    /// <summary>How much a rollback puts back.</summary>
    public RollbackScope RollbackScope { get; init; }

    /// <summary>Whether the rollout goes on without the changes that are refused.</summary>
    public bool SkipRefused { get; init; }

    /// <summary>The changes that will not be made, and why.</summary>
    public IReadOnlyList<RolloutRefusal> Refusals { get; init; } = [];

    /// <summary>The vulnerabilities that each new digest is without, by digest: what the history's records of its changes name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Fixes { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>What one rollout has at a time, and what earlier rollouts of the same rings are found by.</summary>
    [JsonIgnore]
    public string Scope => Name.Length > 0 ? Name : Path;

    /// <summary>
    /// The plan as the record that a rollout is, <see cref="RolloutStatus.Planned"/>, without an id, and with the steps that it will take
    /// if nothing goes wrong: what a preview shows.
    /// </summary>
    public PatchRollout ToRollout() => RolloutState.Of(string.Empty, this).ToRecord() with
    {
        Status = RolloutStatus.Planned,
        Steps = RolloutForecast.Of(this),
    };
}
