using System.Runtime.CompilerServices;
using System.Text.Json;

namespace PatchContainers.History;

/// <summary>
/// The history in one file of JSON lines. Each line is one record, ends with its own hash, and names the hash of the line before; the
/// hash is the SHA-256 of the line's bytes in front of <c>,"Hash":</c>, so that <c>sha256sum</c> can check it.
/// </summary>
/// <remarks>
/// <para>A record is appended under an exclusive lock between processes (<c>FILE.lock</c>, which the system releases when its holder
/// dies), after the true end of the file, and is on the disk when the call returns. Nothing that was written is ever changed.</para>
/// <para>Killed in the middle of a write: the file ends with a torn line. Readers do not see it; the next record completes it as
/// <see cref="PatchRecordKind.Interrupted"/>. Killed before the call returned: the record is there whole, or not at all; append it again
/// with the same key, and it is there once. The disk is full, or the folder cannot be written: <see cref="PatchErrorCode.FileError"/>,
/// and again the record is there whole or not at all.</para>
/// <para>The check finds every edit, removal and move of records by itself, except at the very end: that records were cut off the end, or
/// that somebody wrote the chain anew from some record on, only a head kept elsewhere can tell.</para>
/// </remarks>
public sealed class HistoryFile : IHistoryStore, IDisposable
{
    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly HistoryKeyIndex _keys = new();

    /// <summary>Makes a store.</summary>
    /// <param name="path">The file, created with its folder when the first record is appended; see
    /// <see cref="PatchState.History"/>.</param>
    /// <param name="clock">The time.</param>
    public HistoryFile(string path, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = Path.GetFullPath(path);
        _clock = clock;
    }

    /// <inheritdoc/>
    /// <remarks><see cref="PatchRecord.Time"/> and <see cref="PatchRecord.Actor"/> are filled in where they are not given.</remarks>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.FileError"/>; <see cref="PatchErrorCode.Conflict"/>: the lock was held for a minute;
    /// <see cref="PatchErrorCode.HistoryDamaged"/>: the last line is neither a record nor torn;
    /// <see cref="PatchErrorCode.LimitExceeded"/>: the record is larger than 16 MiB.
    /// </exception>
    public async Task<PatchRecord> AppendAsync(PatchRecord record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var held = await FileLock.AcquireAsync(_path + ".lock", _clock, FileLock.DefaultTimeout, cancellationToken)
                .ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                return Append(record);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault("appended to", e);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.HistoryDamaged"/>: a line is no record; <see cref="PatchErrorCode.InvalidArgument"/>: the filter's image
    /// is none. Hashes are not checked; <see cref="VerifyAsync"/> does that.
    /// </exception>
    public async IAsyncEnumerable<PatchRecord> ReadAsync(
        HistoryFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var query = new HistoryQuery(filter);
        using var file = OpenToRead();
        if (file is null)
        {
            yield break;
        }

        var reader = new HistoryLineReader(file, _path);
        long? torn = null;
        while (Reading(reader.Read))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ParseLine(reader) is not { } record)
            {
                torn ??= reader.Offset;
                continue;
            }

            // Torn bytes are followed by the record that stands for them; a line that only looks torn may hide one.
            if (torn is { } offset && record.Kind != PatchRecordKind.Interrupted)
            {
                throw NoRecord(offset, "it looks torn, and no record stands for it", null);
            }

            torn = null;
            if (query.Matches(record))
            {
                yield return record;
            }
        }

        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<HistoryHead> ReadHeadAsync(CancellationToken cancellationToken = default)
    {
        using var file = OpenToRead();
        return Task.FromResult(file is null ? new HistoryHead(0, HistoryLine.NoHash) : Reading(() => HistoryTail.Read(file, _path).Head));
    }

    /// <inheritdoc/>
    public Task<HistoryVerification> VerifyAsync(HistoryHead? expectedHead, CancellationToken cancellationToken = default) =>
        VerifyAgainstAsync(expectedHead is null ? [] : [new KeptHead(expectedHead)], cancellationToken);

    /// <inheritdoc/>
    public Task<HistoryVerification> VerifyAgainstAsync(IReadOnlyCollection<KeptHead> kept, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kept);
        using var file = OpenToRead();
        return Task.FromResult(Reading(() => new HistoryVerifier(_path, kept).Verify(file ?? Stream.Null, cancellationToken)));
    }

    /// <inheritdoc/>
    public void Dispose() => _oneAtATime.Dispose();

    private PatchRecord Append(PatchRecord record)
    {
        // Unbuffered: what one call writes, one system call writes.
        using var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        if (file.Length == 0)
        {
            DurableFile.SyncDirectory(Path.GetDirectoryName(_path)!);
        }

        var tail = HistoryTail.Read(file, _path);
        if (tail.IsUnterminated)
        {
            file.Seek(0, SeekOrigin.End);
            file.Write("\n"u8);
            tail = tail with { RecordEnd = tail.RecordEnd + 1, Length = tail.Length + 1, IsUnterminated = false };
        }

        if (record.Key.Length > 0 && _keys.Find(file, _path, tail.RecordEnd, record.Key) is { } there)
        {
            // Its writer may have died between writing and syncing.
            file.Flush(flushToDisk: true);
            return there;
        }

        using var buffer = new MemoryStream();
        var previous = tail.IsTorn ? Complete(file, tail, buffer) : tail.Head;
        var (line, written) = HistoryLine.Write(record with
        {
            Sequence = previous.Sequence + 1,
            Time = record.Time == default ? _clock.GetUtcNow() : record.Time,
            Actor = record.Actor.Length > 0 ? record.Actor : HistoryActor.Current(),
            PreviousHash = previous.Hash,
        });
        if (line.Length > HistoryLine.MaxBytes)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, _path, FormattableString.Invariant(
                $"A record of {line.Length} bytes is more than the history takes ({HistoryLine.MaxBytes}). Nothing was appended."));
        }

        buffer.Write(line);
        buffer.WriteByte((byte)'\n');
        file.Seek(0, SeekOrigin.End);
        file.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        file.Flush(flushToDisk: true);
        return written;
    }

    private HistoryHead Complete(FileStream file, HistoryTail tail, MemoryStream buffer)
    {
        var left = new byte[tail.Length - tail.RecordEnd];
        file.Seek(tail.RecordEnd, SeekOrigin.Begin);
        file.ReadExactly(left);
        byte[] mark = left[^1] == '\n' ? [] : [.. HistoryTail.Mark, (byte)'\n'];
        var (line, record) = HistoryLine.Write(InterruptedLine.Create([.. left, .. mark], left.Length, tail.Head) with
        {
            Time = _clock.GetUtcNow(),
            Actor = HistoryActor.Current(),
        });
        buffer.Write(mark);
        buffer.Write(line);
        buffer.WriteByte((byte)'\n');
        return new HistoryHead(record.Sequence, record.Hash);
    }

    private PatchRecord? ParseLine(HistoryLineReader reader)
    {
        // A line without its break is still being written, or was torn: either way nobody was told that it is there.
        if (!reader.IsComplete)
        {
            return null;
        }

        try
        {
            return HistoryLine.Read(reader.Line.Span);
        }
        catch (JsonException) when (HistoryTail.MayBeTorn(reader.Line.Span, reader.Offset, reader.IsComplete))
        {
            return null;
        }
        catch (JsonException e)
        {
            throw NoRecord(reader.Offset, e.Message, e);
        }
    }

    private PatchException NoRecord(long offset, string fault, Exception? e) => new(PatchErrorCode.HistoryDamaged, _path,
        $"The line at byte {offset} of the history '{_path}' is no record: {fault}. Check it with Test-PatchHistory.", e);

    private FileStream? OpenToRead() => Reading(() =>
        File.Exists(_path) ? new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1) : null);

    private T Reading<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileFault("read", e);
        }
    }

    private PatchException FileFault(string verb, Exception e) =>
        new(PatchErrorCode.FileError, _path, $"The history '{_path}' could not be {verb}: {e.Message} Check the folder, its rights and "
            + "its free space.", e);
}
