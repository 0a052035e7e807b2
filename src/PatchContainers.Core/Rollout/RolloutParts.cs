using PatchContainers.History;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>What a rollout works with.</summary>
internal sealed record RolloutParts(
    IJournalStore Journal,
    QuarantineStore Quarantine,
    IHistoryStore History,
    IReadOnlyList<IOrchestrator> Orchestrators,
    Func<RolloutGate, IHealthGate> Gates,
    TimeProvider Clock,
    string Actor);
