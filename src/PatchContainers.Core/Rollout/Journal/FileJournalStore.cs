using System.Text;
using System.Text.Json;
using PatchContainers.History;

namespace PatchContainers.Rollout.Journal;

/// <summary>
/// Journals and leases in a folder: <c>rollouts/ID/journal</c>, an append-only log, and <c>leases/</c>. Every write happens under one
/// lock between processes, in which the lease's fencing number and the entry's number are checked: an owner whose lease was taken cannot
/// write, whatever it believes.
/// </summary>
/// <remarks>
/// Killed while an entry is written: the entry is not there, and the next one is written in its place. Killed while a lease is held:
/// another process of the same host takes it at once; one of another host, when its time is over. A full disk or a folder that cannot be
/// written is <see cref="PatchErrorCode.FileError"/>, and what was there stays as it was.
/// </remarks>
public sealed class FileJournalStore : IJournalStore, IDisposable
{
    private const string FileName = "journal";
    private const string RequestsName = "requests";

    private readonly string _root;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly ProcessIdentity _process = ProcessIdentity.Current();

    /// <summary>Makes a store.</summary>
    /// <param name="state">Where state lies; see <see cref="PatchState.Journal"/>.</param>
    /// <param name="clock">The time.</param>
    public FileJournalStore(PatchState state, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(state);
        _root = state.Journal;
        _clock = clock;
    }

    /// <inheritdoc/>
    public TimeSpan LeaseDuration => TimeSpan.FromMinutes(2);

    private string Rollouts => Path.Combine(_root, "rollouts");

    private string Leases => Path.Combine(_root, "leases");

    /// <inheritdoc/>
    public Task<JournalLease> AcquireAsync(string resource, CancellationToken cancellationToken = default) => LockedAsync(async () =>
    {
        var now = _clock.GetUtcNow();
        var held = ReadLease(resource);
        if (held is not null && held.Until > now && !held.Process.IsDead())
        {
            throw new PatchException(PatchErrorCode.Conflict, resource,
                $"{held.Actor} (process {held.Process.Id}) has had '{resource}' since {held.Since:u}, until {held.Until:u} unless it goes "
                + "on. Wait for it to end, or end that process, and try again.");
        }

        var lease = new JournalLease(resource, (held?.Fence ?? 0) + 1);
        await WriteLeaseAsync(new LeaseDocument
        {
            Resource = resource,
            Fence = lease.Fence,
            Actor = HistoryActor.Current(),
            Process = _process,
            Since = now,
            Until = now + LeaseDuration,
        }).ConfigureAwait(false);
        return lease;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task RenewAsync(JournalLease lease, CancellationToken cancellationToken = default) => LockedAsync(async () =>
    {
        var held = CheckLease(lease);
        await WriteLeaseAsync(held with { Until = _clock.GetUtcNow() + LeaseDuration }).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task CheckAsync(JournalLease lease, CancellationToken cancellationToken = default) =>
        LockedAsync(() => Task.FromResult(CheckLease(lease)), cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAsync(JournalLease lease, CancellationToken cancellationToken = default) => LockedAsync(async () =>
    {
        ArgumentNullException.ThrowIfNull(lease);
        if (ReadLease(lease.Resource) is { } held && held.Fence == lease.Fence)
        {
            await WriteLeaseAsync(held with { Until = default }).ConfigureAwait(false);
        }

        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task CreateAsync(
        string id, JournalLease lease, JournalEntry first, CancellationToken cancellationToken = default) => LockedAsync(async () =>
    {
        CheckLease(lease);
        var folder = FolderOf(id);
        if (Directory.Exists(folder))
        {
            throw new PatchException(PatchErrorCode.AlreadyExists, id, $"There is a rollout '{id}' already.");
        }

        Directory.CreateDirectory(folder);
        DurableFile.SyncDirectory(Rollouts);
        await DurableFile.WriteAsync(Path.Combine(folder, FileName), JournalFile.WriteLine(first), CancellationToken.None)
            .ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task AppendAsync(
        string id, JournalLease lease, JournalEntry entry, CancellationToken cancellationToken = default) => LockedAsync(() =>
    {
        ArgumentNullException.ThrowIfNull(entry);
        CheckLease(lease);
        var path = Path.Combine(FolderOf(id), FileName);
        CheckExists(id, path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 0);
        var last = JournalFile.ReadLastNumber(file, path, out var end);
        if (entry.Number != last + 1)
        {
            throw new PatchException(PatchErrorCode.Conflict, id,
                $"Entry {entry.Number} of the rollout '{id}' cannot be written: its journal has {last} entries. Another process went on "
                + "with it; nothing was written.");
        }

        // What a crash tore was never reported as written.
        file.SetLength(end);
        file.Seek(end, SeekOrigin.Begin);
        file.Write(JournalFile.WriteLine(entry));
        file.Flush(flushToDisk: true);
        return Task.FromResult(true);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<JournalEntry>> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        var path = Path.Combine(FolderOf(id), FileName);
        try
        {
            CheckExists(id, path);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            using var bytes = new MemoryStream((int)file.Length);
            file.CopyTo(bytes);
            return Task.FromResult(JournalFile.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), path, out _));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault(path, e);
        }
    }

    /// <inheritdoc/>
    public Task PostAsync(string id, JournalRequest request, CancellationToken cancellationToken = default) => LockedAsync(async () =>
    {
        ArgumentNullException.ThrowIfNull(request);
        CheckExists(id, Path.Combine(FolderOf(id), FileName));
        var folder = Path.Combine(FolderOf(id), RequestsName);
        Directory.CreateDirectory(folder);
        DurableFile.SyncDirectory(FolderOf(id));
        var number = Directory.EnumerateFiles(folder, "*.json").Count() + 1;
        await DurableFile.WriteAsync(Path.Combine(folder, FormattableString.Invariant($"{number:d6}.json")),
            JsonSerializer.SerializeToUtf8Bytes(request, JournalJson.Relaxed.JournalRequest), CancellationToken.None).ConfigureAwait(false);
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<JournalRequest>> ReadRequestsAsync(string id, CancellationToken cancellationToken = default)
    {
        var folder = Path.Combine(FolderOf(id), RequestsName);
        try
        {
            // Each file is renamed into its place whole; one of the names is there as soon as it is read.
            return Task.FromResult<IReadOnlyList<JournalRequest>>(!Directory.Exists(folder) ? [] :
                [.. Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(ReadRequest)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault(folder, e);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            // A folder without a journal was left by a process that was killed while it made one.
            return Task.FromResult<IReadOnlyList<string>>(!Directory.Exists(Rollouts) ? [] :
                [.. Directory.EnumerateDirectories(Rollouts).Where(d => File.Exists(Path.Combine(d, FileName)))
                    .Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault(Rollouts, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _oneAtATime.Dispose();

    private async Task<T> LockedAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Directory.CreateDirectory(Rollouts);
            Directory.CreateDirectory(Leases);
            var held = await FileLock.AcquireAsync(Path.Combine(_root, "journal.lock"), _clock, FileLock.DefaultTimeout, cancellationToken)
                .ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                return await action().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault(_root, e);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private static JournalRequest ReadRequest(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Relaxed.JournalRequest)
                ?? throw new JsonException("It holds nothing.");
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path,
                $"'{path}' is not the request that was written: {e.Message} Delete the file, and ask again.", e);
        }
    }

    private LeaseDocument CheckLease(JournalLease lease)
    {
        ArgumentNullException.ThrowIfNull(lease);
        var held = ReadLease(lease.Resource);
        return held?.Fence == lease.Fence
            ? held
            : throw new PatchException(PatchErrorCode.Conflict, lease.Resource,
                $"{held?.Actor ?? "Somebody"} has taken '{lease.Resource}' over, because its lease was not prolonged in time. Nothing "
                + "more is written from here; see the rollout's journal for who goes on.");
    }

    private LeaseDocument? ReadLease(string resource)
    {
        var path = LeasePath(resource);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), JournalJson.Relaxed.LeaseDocument);
        }
        catch (JsonException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path,
                $"'{path}' is not the lease that was written: {e.Message} Make sure that no rollout of '{resource}' is running, delete "
                + "the file, and try again.", e);
        }
    }

    private Task WriteLeaseAsync(LeaseDocument lease)
    {
        // Only the lock's holder writes here: what is there half-written was left by one that was killed.
        foreach (var left in Directory.EnumerateFiles(Leases, ".*" + DurableFile.TemporarySuffix))
        {
            File.Delete(left);
        }

        return DurableFile.WriteAsync(LeasePath(lease.Resource),
            JsonSerializer.SerializeToUtf8Bytes(lease, JournalJson.Relaxed.LeaseDocument), CancellationToken.None);
    }

    private string LeasePath(string resource) =>
        Path.Combine(Leases, Images.Digest.OfBytes(Encoding.UTF8.GetBytes(resource)).Hex[..32] + ".json");

    private string FolderOf(string id) => Path.Combine(Rollouts, RolloutId.Check(id));

    private static void CheckExists(string id, string path)
    {
        if (!File.Exists(path))
        {
            throw new PatchException(PatchErrorCode.NotFound, id, $"There is no rollout '{id}' under "
                + $"'{Path.GetDirectoryName(Path.GetDirectoryName(path))}'.");
        }
    }

    private static PatchException FileFault(string path, Exception e) =>
        new(PatchErrorCode.FileError, path, $"The journal under '{path}' could not be read or written: {e.Message} Check the folder, its "
            + "rights and its free space.", e);
}
