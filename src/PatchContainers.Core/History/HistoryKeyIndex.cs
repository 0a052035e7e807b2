using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PatchContainers.History;

/// <summary>
/// Which keys the file has, and where: built by reading the file once, kept up by reading what was appended since. Nothing of it is
/// stored, so nothing of it can be wrong; a file that was replaced is read again. A million records take about a second, once in a
/// process, and only for records that have a key.
/// </summary>
internal sealed class HistoryKeyIndex
{
    private readonly Dictionary<UInt128, long> _offsets = [];
    private byte[] _lastLine = [];
    private long _end;

    /// <summary>Finds the record with this key among those before <paramref name="recordEnd"/>; null where there is none.</summary>
    public PatchRecord? Find(FileStream file, string path, long recordEnd, string key)
    {
        var encoded = HistoryLine.EncodeKey(key);
        CatchUp(file, path, recordEnd);
        if (!_offsets.TryGetValue(Hash(encoded), out var offset))
        {
            return null;
        }

        file.Seek(offset, SeekOrigin.Begin);
        var reader = new HistoryLineReader(file, path, offset);
        return reader.Read() && HistoryLine.TryRead(reader.Line.Span, out var record, out _) && record.Key == key
            ? record
            : throw new PatchException(PatchErrorCode.HistoryDamaged, path, FormattableString.Invariant(
                $"The record at byte {offset} of the history '{path}' is not what was written. Check it with Test-PatchHistory."));
    }

    private void CatchUp(FileStream file, string path, long recordEnd)
    {
        if (!IsStillThere(file, recordEnd))
        {
            _offsets.Clear();
            (_end, _lastLine) = (0, []);
        }

        file.Seek(_end, SeekOrigin.Begin);
        var reader = new HistoryLineReader(file, path, _end);
        ReadOnlyMemory<byte> last = default;
        while (_end < recordEnd && reader.Read())
        {
            last = reader.Line;
            var key = HistoryLine.KeyOf(last.Span);
            if (key.Length > 0)
            {
                // The first one counts: it is the one that a repeat was answered with.
                _offsets.TryAdd(Hash(key), reader.Offset);
            }

            _end = reader.Offset + last.Length + 1;
        }

        if (last.Length > 0)
        {
            _lastLine = last.ToArray();
        }
    }

    // The chain makes the last line stand for all before it.
    private bool IsStillThere(FileStream file, long recordEnd)
    {
        if (recordEnd < _end)
        {
            return false;
        }

        if (_lastLine.Length == 0)
        {
            return _end == 0;
        }

        var bytes = new byte[_lastLine.Length];
        file.Seek(_end - 1 - bytes.Length, SeekOrigin.Begin);
        file.ReadExactly(bytes);
        return bytes.AsSpan().SequenceEqual(_lastLine);
    }

    private static UInt128 Hash(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
