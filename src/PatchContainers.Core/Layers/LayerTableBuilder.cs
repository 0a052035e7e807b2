using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace PatchContainers.Layers;

/// <summary>Collects the entries of a layer in the tar's order and sorts them.</summary>
internal sealed class LayerTableBuilder
{
    private readonly ArrayBufferWriter<byte> _records = new(64 * 1024);
    private readonly List<int> _offsets = [];

    public int Count => _offsets.Count;

    /// <summary>How many bytes the entries take so far.</summary>
    public long Bytes => _records.WrittenCount + (sizeof(int) * (long)_offsets.Count);

    /// <summary>Adds an entry.</summary>
    /// <param name="entry">The entry; its digest does not count.</param>
    /// <param name="sha256">A file's SHA-256; empty otherwise.</param>
    public void Add(in LayerEntry entry, ReadOnlySpan<byte> sha256)
    {
        var pathLength = Encoding.UTF8.GetByteCount(entry.Path);
        var linkLength = Encoding.UTF8.GetByteCount(entry.LinkTarget);
        var length = LayerTable.DigestAt + sha256.Length + pathLength + linkLength;
        var record = _records.GetSpan(length)[..length];
        record[LayerTable.KindAt] = (byte)entry.Kind;
        BinaryPrimitives.WriteUInt16LittleEndian(record[LayerTable.ModeAt..], (ushort)entry.Mode);
        BinaryPrimitives.WriteInt32LittleEndian(record[LayerTable.PathLengthAt..], pathLength);
        BinaryPrimitives.WriteInt32LittleEndian(record[LayerTable.LinkLengthAt..], linkLength);
        BinaryPrimitives.WriteInt64LittleEndian(record[LayerTable.UidAt..], entry.Uid);
        BinaryPrimitives.WriteInt64LittleEndian(record[LayerTable.GidAt..], entry.Gid);
        BinaryPrimitives.WriteInt64LittleEndian(record[LayerTable.SizeAt..], entry.Size);
        sha256.CopyTo(record[LayerTable.DigestAt..]);
        Encoding.UTF8.GetBytes(entry.Path, record[(LayerTable.DigestAt + sha256.Length)..]);
        Encoding.UTF8.GetBytes(entry.LinkTarget, record[(length - linkLength)..]);
        _offsets.Add(_records.WrittenCount);
        _records.Advance(length);
    }

    /// <summary>The entries by path; of a path that came twice, only the last.</summary>
    public LayerTable Build()
    {
        var source = _records.WrittenMemory;
        var order = _offsets.ToArray();
        Array.Sort(order, (a, b) =>
        {
            var span = source.Span;
            var byPath = LayerTable.PathOf(span[a..]).SequenceCompareTo(LayerTable.PathOf(span[b..]));
            var byRank = byPath != 0 ? byPath : RankAt(span, a) - RankAt(span, b);
            return byRank != 0 ? byRank : a.CompareTo(b);
        });

        var target = new byte[source.Length];
        var offsets = new List<int>(order.Length);
        var written = 0;
        for (var i = 0; i < order.Length; i++)
        {
            var span = source.Span;
            var next = i + 1 < order.Length ? order[i + 1] : -1;
            if (next >= 0 && RankAt(span, order[i]) == RankAt(span, next)
                && LayerTable.PathOf(span[order[i]..]).SequenceEqual(LayerTable.PathOf(span[next..])))
            {
                continue;
            }

            var record = span[order[i]..];
            record = record[..LayerTable.LengthOf(record)];
            record.CopyTo(target.AsSpan(written));
            offsets.Add(written);
            written += record.Length;
        }

        return new LayerTable(target.AsMemory(0, written), offsets.ToArray());
    }

    private static int RankAt(ReadOnlySpan<byte> records, int offset) =>
        LayerTable.Rank((LayerEntryKind)records[offset + LayerTable.KindAt]);
}
