using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>
/// The cache's two kinds of files. Each begins with a line that says what it is and of which layer, and ends with the SHA-256 of all
/// before: a file that was cut, changed or put under another name is not believed.
/// </summary>
internal static class LayerCacheFormat
{
    // Changes with the format, and with what a pass makes of a tar: what an older program found is read anew.
    private const int Version = 2;

    public static readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> NoFiles = new Dictionary<string, ReadOnlyMemory<byte>>();

    public static ReadOnlyMemory<byte> WriteEntries(LayerContent content)
    {
        var offsets = content.Table.Offsets;
        var records = content.Table.Records.Span;
        var output = Begin(EntriesHead(content.DiffId), sizeof(int) + (sizeof(int) * offsets.Length) + records.Length);
        WriteInt32(output, offsets.Length);
        foreach (var offset in offsets)
        {
            WriteInt32(output, offset);
        }

        output.Write(records);
        return End(output);
    }

    /// <summary>Reads entries back; null where the file is not what was written for this layer.</summary>
    public static LayerTable? ReadEntries(byte[] file, Digest diffId)
    {
        if (Open(file, EntriesHead(diffId)) is not { } body)
        {
            return null;
        }

        var offsets = new int[BinaryPrimitives.ReadInt32LittleEndian(body.Span)];
        for (var i = 0; i < offsets.Length; i++)
        {
            offsets[i] = BinaryPrimitives.ReadInt32LittleEndian(body.Span[(sizeof(int) * (i + 1))..]);
        }

        return new LayerTable(body[(sizeof(int) * (offsets.Length + 1))..], offsets);
    }

    public static ReadOnlyMemory<byte> WriteFiles(LayerContent content, string selection)
    {
        var output = Begin(FilesHead(content.DiffId, selection), content.Files.Sum(f => f.Value.Length + (4 * f.Key.Length)));
        WriteInt32(output, content.Files.Count);
        foreach (var (path, bytes) in content.Files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var name = Encoding.UTF8.GetBytes(path);
            WriteInt32(output, name.Length);
            WriteInt32(output, bytes.Length);
            output.Write(name);
            output.Write(bytes.Span);
        }

        return End(output);
    }

    /// <summary>Reads files back; null where the file is not what was written for this layer and selection.</summary>
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? ReadFiles(byte[] file, Digest diffId, string selection)
    {
        if (Open(file, FilesHead(diffId, selection)) is not { } body)
        {
            return null;
        }

        var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var count = BinaryPrimitives.ReadInt32LittleEndian(body.Span);
        body = body[sizeof(int)..];
        for (var i = 0; i < count; i++)
        {
            var nameLength = BinaryPrimitives.ReadInt32LittleEndian(body.Span);
            var length = BinaryPrimitives.ReadInt32LittleEndian(body.Span[sizeof(int)..]);
            body = body[(2 * sizeof(int))..];
            files.Add(Encoding.UTF8.GetString(body.Span[..nameLength]), body.Slice(nameLength, length));
            body = body[(nameLength + length)..];
        }

        return files;
    }

    private static string EntriesHead(Digest diffId) => $"patchcontainers layer entries {Version} {diffId}\n";

    private static string FilesHead(Digest diffId, string selection) => $"patchcontainers layer files {Version} {diffId} {selection}\n";

    private static ArrayBufferWriter<byte> Begin(string head, int bodyLength)
    {
        var output = new ArrayBufferWriter<byte>(head.Length + bodyLength + SHA256.HashSizeInBytes);
        Encoding.UTF8.GetBytes(head, output);
        return output;
    }

    private static ReadOnlyMemory<byte> End(ArrayBufferWriter<byte> output)
    {
        SHA256.HashData(output.WrittenSpan, output.GetSpan(SHA256.HashSizeInBytes));
        output.Advance(SHA256.HashSizeInBytes);
        return output.WrittenMemory;
    }

    private static ReadOnlyMemory<byte>? Open(byte[] file, string head)
    {
        var start = Encoding.UTF8.GetBytes(head);
        var end = file.Length - SHA256.HashSizeInBytes;
        return end >= start.Length && file.AsSpan().StartsWith(start)
            && SHA256.HashData(file.AsSpan(0, end)).AsSpan().SequenceEqual(file.AsSpan(end))
            ? (ReadOnlyMemory<byte>?)file.AsMemory(start.Length, end - start.Length)
            : null;
    }

    private static void WriteInt32(ArrayBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }
}
