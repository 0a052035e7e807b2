using System.Text.Json;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Rollout;

/// <summary>
/// The digests that failed after they ran, by repository: <c>quarantine.json</c> beside the journals, replaced as a whole under a lock
/// between processes. Killed anywhere, it holds the old list or the new one, and every change may be repeated.
/// </summary>
public sealed class QuarantineStore
{
    private readonly string _path;
    private readonly TimeProvider _clock;

    /// <summary>Makes a store.</summary>
    /// <param name="state">Where state lies; see <see cref="PatchState.Journal"/>.</param>
    /// <param name="clock">The time.</param>
    public QuarantineStore(PatchState state, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(state);
        _path = Path.Combine(state.Journal, "quarantine.json");
        _clock = clock;
    }

    /// <summary>What is in quarantine now, oldest first.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.FileError"/>, <see cref="PatchErrorCode.InvalidData"/>.</exception>
    public async Task<IReadOnlyList<QuarantinedDigest>> GetAsync(CancellationToken cancellationToken = default) =>
        [.. (await ReadAsync(cancellationToken).ConfigureAwait(false)).Where(e => e.ReleasedAt is null)];

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
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var held = await FileLock.AcquireAsync(_path + ".lock", _clock, FileLock.DefaultTimeout, cancellationToken)
                .ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                var before = await ReadAsync(cancellationToken).ConfigureAwait(false);
                var entries = before.ToList();
                var result = change(entries);
                if (!entries.SequenceEqual(before))
                {
                    var bytes = JsonSerializer.SerializeToUtf8Bytes(new QuarantineDocument { Entries = entries },
                        JournalJson.Relaxed.QuarantineDocument);
                    await DurableFile.WriteAsync(_path, bytes, CancellationToken.None).ConfigureAwait(false);
                }

                return result;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, _path, $"The quarantine '{_path}' could not be written: {e.Message} Check "
                + "the folder, its rights and its free space.", e);
        }
    }

    private async Task<IReadOnlyList<QuarantinedDigest>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return File.Exists(_path)
                ? JsonSerializer.Deserialize(await File.ReadAllBytesAsync(_path, cancellationToken).ConfigureAwait(false),
                    JournalJson.Relaxed.QuarantineDocument)!.Entries
                : [];
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, _path,
                $"'{_path}' is not the quarantine that was written: {e.Message} No rollout begins until it is put back or deleted; a "
                + "quarantine that cannot be read is not an empty one.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, _path, $"The quarantine '{_path}' could not be read: {e.Message} Check the "
                + "folder and its rights.", e);
        }
    }
}
