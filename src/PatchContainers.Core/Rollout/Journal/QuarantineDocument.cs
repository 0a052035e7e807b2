namespace PatchContainers.Rollout.Journal;

/// <summary>
/// The quarantine as it is stored: entries that were released stay, so that a step repeated after a crash finds what it did.
/// </summary>
internal sealed record QuarantineDocument
{
    public IReadOnlyList<QuarantinedDigest> Entries { get; init; } = [];
}
