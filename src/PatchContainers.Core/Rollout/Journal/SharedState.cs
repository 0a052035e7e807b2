namespace PatchContainers.Rollout.Journal;

/// <summary>What all who roll out the same things have to share: the journals with their leases, and the quarantine.</summary>
/// <param name="journal">The journals.</param>
/// <param name="quarantine">The quarantine.</param>
/// <param name="owner">What both hold open; it is closed with this.</param>
public sealed class SharedState(IJournalStore journal, ISharedDocument quarantine, IDisposable owner) : IDisposable
{
    /// <summary>The journals, their leases and requests.</summary>
    public IJournalStore Journal => journal;

    /// <summary>The quarantine; see <see cref="QuarantineStore"/>.</summary>
    public ISharedDocument Quarantine => quarantine;

    /// <summary>Both in the folder of journals.</summary>
    /// <param name="state">Where state lies; see <see cref="PatchState.Journal"/>.</param>
    /// <param name="clock">The time.</param>
    public static SharedState OfFolder(PatchState state, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(state);
        var journal = new FileJournalStore(state, clock);
        return new SharedState(journal, new FileDocument(Path.Combine(state.Journal, "quarantine.json"), clock), journal);
    }

    /// <inheritdoc/>
    public void Dispose() => owner.Dispose();
}
