namespace PatchContainers.History;

/// <summary>The history in one file of JSON lines.</summary>
public sealed class HistoryFile : IHistoryStore
{
    /// <summary>Makes a store.</summary>
    /// <param name="path">The file, created with its folder when the first record is appended; see <see cref="PatchState.History"/>.</param>
    /// <param name="clock">The time.</param>
    public HistoryFile(string path, TimeProvider clock) => _ = (path, clock);

    /// <inheritdoc/>
    public Task<PatchRecord> AppendAsync(PatchRecord record, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public IAsyncEnumerable<PatchRecord> ReadAsync(HistoryFilter filter, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<HistoryHead> ReadHeadAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<HistoryVerification> VerifyAsync(HistoryHead? expectedHead, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
