namespace PatchContainers.Rollout.Journal;

/// <summary>A document that several processes change: read whole, and replaced whole by compare-and-swap.</summary>
public interface ISharedDocument
{
    /// <summary>Where it is, for messages.</summary>
    string Name { get; }

    /// <summary>Reads it; null where there is none yet.</summary>
    /// <exception cref="PatchException">It cannot be read.</exception>
    Task<byte[]?> ReadAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes it, and returns when the change is kept.</summary>
    /// <param name="change">
    /// Gets what is there, and returns what is to be there; null to leave it. Called again where another writer was first: only the last
    /// call counts.
    /// </param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">It cannot be read or written.</exception>
    Task ChangeAsync(Func<byte[]?, byte[]?> change, CancellationToken cancellationToken = default);
}
