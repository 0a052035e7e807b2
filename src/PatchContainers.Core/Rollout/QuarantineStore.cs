using System.Text.Json;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>
/// The digests that failed after they ran, by repository: one document, replaced as a whole. Killed anywhere, it holds the old list or the
/// new one, and every change may be repeated.
/// </summary>
public sealed class QuarantineStore
{
    private readonly ISharedDocument _document;
    private readonly TimeProvider _clock;

    /// <summary>Makes a store.</summary>
    /// <param name="document">Where it is kept; see <see cref="SharedState.Quarantine"/>.</param>
    /// <param name="clock">The time.</param>
    public QuarantineStore(ISharedDocument document, TimeProvider clock)
    {
        _document = document;
        _clock = clock;
    }

    /// <summary>What is in quarantine now, oldest first.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>, <see cref="PatchErrorCode.InvalidData"/>.</exception>
    public async Task<IReadOnlyList<QuarantinedDigest>> GetAsync(CancellationToken cancellationToken = default) =>
        [.. Read(await _document.ReadAsync(cancellationToken).ConfigureAwait(false)).Where(e => e.ReleasedAt is null)];

    /// <summary>Puts a digest in quarantine. The same digest of the same rollout and ring is there once.</summary>
    public Task AddAsync(QuarantinedDigest entry, CancellationToken cancellationToken = default) => ChangeAsync(entries =>
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!entries.Exists(e => e.Repository == entry.Repository && e.Digest == entry.Digest && e.Rollout == entry.Rollout
            && e.Ring == entry.Ring))
        {
            entries.Add(entry);
        }

        return true;
    }, cancellationToken);

    /// <summary>Releases what another digest of the repository has superseded: one that passed the same ring.</summary>
    /// <param name="repository">The repository, in its canonical spelling.</param>
    /// <param name="path">The folder of the rings.</param>
    /// <param name="ring">The ring that was passed.</param>
    /// <param name="digest">The digest that passed it; it does not release itself.</param>
    /// <param name="rollout">The rollout in which it passed.</param>
    /// <param name="cancellationToken">Cancels the change.</param>
    /// <returns>What this rollout released, also when it did so in an earlier attempt.</returns>
    public Task<IReadOnlyList<QuarantinedDigest>> SupersedeAsync(
        string repository, string path, string ring, string digest, string rollout, CancellationToken cancellationToken = default) =>
        ReleaseAsync(e => e.Repository == repository && e.Path == path && e.Ring == ring && e.Digest != digest, rollout, cancellationToken);

    /// <summary>Releases a digest by hand.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="repository">The repository, in its canonical spelling; null or empty for all.</param>
    /// <param name="actor">Who does so.</param>
    /// <param name="cancellationToken">Cancels the change.</param>
    /// <returns>What was released; empty where the digest was not in quarantine.</returns>
    public Task<IReadOnlyList<QuarantinedDigest>> ClearAsync(
        string digest, string? repository, string actor, CancellationToken cancellationToken = default) =>
        ReleaseAsync(e => e.ReleasedAt is null && e.Digest == digest && (string.IsNullOrEmpty(repository) || e.Repository == repository),
            actor, cancellationToken);

    private Task<IReadOnlyList<QuarantinedDigest>> ReleaseAsync(
        Predicate<QuarantinedDigest> which, string by, CancellationToken cancellationToken) =>
        ChangeAsync<IReadOnlyList<QuarantinedDigest>>(entries =>
        {
            var released = new List<QuarantinedDigest>();
            for (var i = 0; i < entries.Count; i++)
            {
                if (which(entries[i]) && (entries[i].ReleasedAt is null || entries[i].ReleasedBy == by))
                {
                    entries[i] = entries[i].ReleasedAt is null ? entries[i] with { ReleasedAt = _clock.GetUtcNow(), ReleasedBy = by }
                        : entries[i];
                    released.Add(entries[i]);
                }
            }

            return [.. released];
        }, cancellationToken);

    private async Task<T> ChangeAsync<T>(Func<List<QuarantinedDigest>, T> change, CancellationToken cancellationToken)
    {
        T result = default!;
        await _document.ChangeAsync(bytes =>
        {
            var before = Read(bytes);
            var entries = before.ToList();
            result = change(entries);
            return entries.SequenceEqual(before) ? null : JsonSerializer.SerializeToUtf8Bytes(new QuarantineDocument { Entries = entries },
                JournalJson.Relaxed.QuarantineDocument);
        }, cancellationToken).ConfigureAwait(false);
        return result;
    }

    private IReadOnlyList<QuarantinedDigest> Read(byte[]? bytes)
    {
        try
        {
            return bytes is null ? [] : JsonSerializer.Deserialize(bytes, JournalJson.Relaxed.QuarantineDocument)?.Entries
                ?? throw new JsonException("It holds no entries.");
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, _document.Name,
                $"'{_document.Name}' is not the quarantine that was written: {e.Message} No rollout begins until it is put back or deleted; "
                + "a quarantine that cannot be read is not an empty one.", e);
        }
    }
}
