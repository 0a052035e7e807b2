namespace PatchContainers.Rollout.Journal;

/// <summary>Journals in a folder.</summary>
public sealed class FileJournalStore : IJournalStore
{
    /// <summary>Makes a store.</summary>
    public FileJournalStore(PatchState state, TimeProvider clock) => _ = (state, clock);
}
