using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Rollout.Journal;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Rollout;

/// <summary>What a rollout works with.</summary>
internal sealed record RolloutParts(
    IJournalStore Journal,
    QuarantineStore Quarantine,
    IHistoryStore History,
    IReadOnlyList<IOrchestrator> Orchestrators,
    Func<RolloutGate, IHealthGate> Gates,
    IImageStore? Images,
    TimeProvider Clock,
    string Actor,
    Func<ImageReference, RegistryCredential?>? Logins);
