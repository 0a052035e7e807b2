namespace PatchContainers.Rollout.Journal;

/// <summary>
/// Where rollouts' journals and their leases are. Everything is compare-and-swap: a lease is taken only from nobody, from the dead, or
/// after its time; an entry is written only under a lease that nobody else has taken since, and only as the next one.
/// </summary>
public interface IJournalStore
{
    /// <summary>Takes the lease on a resource, with a fencing number greater than any before.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>, naming who has it and since when.</exception>
    Task<JournalLease> AcquireAsync(string resource, CancellationToken cancellationToken = default);

    /// <summary>Prolongs a lease. It has to be prolonged more often than every <see cref="LeaseDuration"/>.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: somebody else has taken it.</exception>
    Task RenewAsync(JournalLease lease, CancellationToken cancellationToken = default);

    /// <summary>Looks whether a lease is still one's own; nothing is written.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: somebody else has taken it.</exception>
    Task CheckAsync(JournalLease lease, CancellationToken cancellationToken = default);

    /// <summary>Gives a lease back. One that somebody else has taken is theirs, and stays.</summary>
    Task ReleaseAsync(JournalLease lease, CancellationToken cancellationToken = default);

    /// <summary>How long a lease lasts that is not prolonged.</summary>
    TimeSpan LeaseDuration { get; }

    /// <summary>Creates a journal with its first entry; it is there whole or not at all.</summary>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.AlreadyExists"/>: there is one with this id; <see cref="PatchErrorCode.Conflict"/>: the lease is lost.
    /// </exception>
    Task CreateAsync(string id, JournalLease lease, JournalEntry first, CancellationToken cancellationToken = default);

    /// <summary>Appends an entry. It is on the disk, or wherever the store keeps it, when the call returns.</summary>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.Conflict"/>: the lease is lost, or the entry is not the next one; <see cref="PatchErrorCode.NotFound"/>.
    /// </exception>
    Task AppendAsync(string id, JournalLease lease, JournalEntry entry, CancellationToken cancellationToken = default);

    /// <summary>Reads a journal. An entry that a crash tore was never reported as written, and is not there.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>; <see cref="PatchErrorCode.HistoryDamaged"/>: it is not
    /// what was written.</exception>
    Task<IReadOnlyList<JournalEntry>> ReadAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Leaves a request for whoever has the rollout, without its lease.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: there is no such rollout.</exception>
    Task PostAsync(string id, JournalRequest request, CancellationToken cancellationToken = default);

    /// <summary>The requests that were left for a rollout, in their order, those that it took in among them.</summary>
    Task<IReadOnlyList<JournalRequest>> ReadRequestsAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>The ids of all journals, in order.</summary>
    Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken = default);
}
