using System.Buffers.Binary;
using System.Collections;
using System.Security.Cryptography;
using System.Text;
using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>
/// The entries of a layer in compact form, sorted by path: found by binary search and made into records only when asked for. The bytes
/// are those that the cache keeps, so that reading them back costs one copy, whatever the number of entries.
/// </summary>
internal sealed class LayerTable : IReadOnlyList<LayerEntry>
{
    // A record: kind, mode, lengths of path and link, owner, group, size, 32 bytes of SHA-256 for files, path, link.
    internal const int KindAt = 0;
    internal const int ModeAt = 1;
    internal const int PathLengthAt = 3;
    internal const int LinkLengthAt = 7;
    internal const int UidAt = 11;
    internal const int GidAt = 19;
    internal const int SizeAt = 27;
    internal const int DigestAt = 35;

    private readonly ReadOnlyMemory<byte> _records;
    private readonly int[] _offsets;

    /// <summary>Takes records that stand in order.</summary>
    /// <param name="records">The records, one after the other.</param>
    /// <param name="offsets">Where each begins.</param>
    public LayerTable(ReadOnlyMemory<byte> records, int[] offsets)
    {
        _records = records;
        _offsets = offsets;
    }

    public int Count => _offsets.Length;

    internal ReadOnlyMemory<byte> Records => _records;

    internal ReadOnlySpan<int> Offsets => _offsets;

    public LayerEntry this[int index]
    {
        get
        {
            var record = Record(index);
            var kind = (LayerEntryKind)record[KindAt];
            var path = PathOf(record);
            var link = record.Slice(PathAt(record) + path.Length, BinaryPrimitives.ReadInt32LittleEndian(record[LinkLengthAt..]));
            return new LayerEntry(
                Encoding.UTF8.GetString(path),
                kind,
                BinaryPrimitives.ReadUInt16LittleEndian(record[ModeAt..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[UidAt..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[GidAt..]),
                BinaryPrimitives.ReadInt64LittleEndian(record[SizeAt..]),
                Encoding.UTF8.GetString(link),
                kind != LayerEntryKind.File ? default
                    : Digest.FromHash(HashAlgorithmName.SHA256, record.Slice(DigestAt, SHA256.HashSizeInBytes)));
        }
    }

    public IEnumerator<LayerEntry> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public LayerEntryKind KindAtIndex(int index) => (LayerEntryKind)Record(index)[KindAt];

    public ReadOnlySpan<byte> PathAtIndex(int index) => PathOf(Record(index));

    /// <summary>What the layer says about a path.</summary>
    public LayerWord Find(ReadOnlySpan<byte> path)
    {
        var word = new LayerWord(-1, false, false);
        for (var i = LowerBound(path); i < Count && PathAtIndex(i).SequenceEqual(path); i++)
        {
            word = KindAtIndex(i) switch
            {
                LayerEntryKind.Whiteout => word with { IsWhiteout = true },
                LayerEntryKind.OpaqueWhiteout => word with { IsOpaque = true },
                _ => word with { Entry = i },
            };
        }

        return word;
    }

    /// <summary>Whether the layer says anything about paths below this one.</summary>
    public bool HasBelow(ReadOnlySpan<byte> directory) => RangeBelow(directory) is var (start, end) && start < end;

    /// <summary>The indexes of everything below a directory.</summary>
    public (int Start, int End) RangeBelow(ReadOnlySpan<byte> directory)
    {
        if (directory.IsEmpty)
        {
            // The root's own entries stand first.
            var first = 0;
            while (first < Count && PathAtIndex(first).IsEmpty)
            {
                first++;
            }

            return (first, Count);
        }

        Span<byte> key = directory.Length < 512 ? stackalloc byte[directory.Length + 1] : new byte[directory.Length + 1];
        directory.CopyTo(key);
        key[^1] = (byte)'/';
        var start = LowerBound(key);
        key[^1]++;
        return (start, LowerBound(key));
    }

    /// <summary>The index of the first entry whose path is not before this one.</summary>
    public int LowerBound(ReadOnlySpan<byte> path)
    {
        int low = 0, high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (PathAtIndex(middle).SequenceCompareTo(path) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Of entries with the same path, the path's own comes first, then its whiteout, then its opaque whiteout.</summary>
    internal static int Rank(LayerEntryKind kind) => kind switch
    {
        LayerEntryKind.Whiteout => 1,
        LayerEntryKind.OpaqueWhiteout => 2,
        _ => 0,
    };

    internal static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> record) =>
        record.Slice(PathAt(record), BinaryPrimitives.ReadInt32LittleEndian(record[PathLengthAt..]));

    internal static int LengthOf(ReadOnlySpan<byte> record) => PathAt(record)
        + BinaryPrimitives.ReadInt32LittleEndian(record[PathLengthAt..]) + BinaryPrimitives.ReadInt32LittleEndian(record[LinkLengthAt..]);

    private static int PathAt(ReadOnlySpan<byte> record) =>
        (LayerEntryKind)record[KindAt] == LayerEntryKind.File ? DigestAt + SHA256.HashSizeInBytes : DigestAt;

    private ReadOnlySpan<byte> Record(int index) => _records.Span[_offsets[index]..];
}

/// <summary>What one layer says about a path.</summary>
/// <param name="Entry">The index of the path's own entry; -1 where there is none.</param>
/// <param name="IsWhiteout">Whether what lower layers have there is removed.</param>
/// <param name="IsOpaque">Whether what lower layers have below it is removed.</param>
internal readonly record struct LayerWord(int Entry, bool IsWhiteout, bool IsOpaque);
