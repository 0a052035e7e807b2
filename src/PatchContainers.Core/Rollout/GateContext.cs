namespace PatchContainers.Rollout;

/// <summary>What a gate judges.</summary>
public sealed record GateContext
{
    /// <summary>The ring.</summary>
    public required string Ring { get; init; }

    /// <summary>The ring's changes as they stand: those that hold their new image.</summary>
    public required IReadOnlyList<RolloutChange> Changes { get; init; }

    /// <summary>
    /// What <see cref="IHealthGate.MeasureBaselineAsync"/> returned before the ring's first change; null where nothing was measured.
    /// </summary>
    public string? Baseline { get; init; }
}
