using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace PatchContainers.Rollout.Journal;

/// <summary>
/// One journal as a file: a line is the first 16 hexadecimal digits of the SHA-256 of the JSON after it, a blank, and the JSON. A line
/// without its line break, or with zero bytes in it, was torn by a crash while it was written: nobody was told that it is there, and it
/// is not. Any other line that does not have its checksum is damage.
/// </summary>
internal static class JournalFile
{
    private const int ChecksumLength = 16;
    private const int FirstWindow = 4096;

    /// <summary>An entry as a line, with its line break.</summary>
    public static byte[] WriteLine(JournalEntry entry)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(entry, JournalJson.Relaxed.JournalEntry);
        return [.. Checksum(json), (byte)' ', .. json, (byte)'\n'];
    }

    /// <summary>Reads all entries.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">Its path, for errors.</param>
    /// <param name="end">Where the last whole entry ends: what comes after it was torn.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.HistoryDamaged"/>, naming file, line and fault.</exception>
    public static IReadOnlyList<JournalEntry> Read(ReadOnlySpan<byte> bytes, string path, out int end)
    {
        var entries = new List<JournalEntry>();
        end = 0;
        while (end < bytes.Length)
        {
            var rest = bytes[end..];
            var length = rest.IndexOf((byte)'\n');
            var line = length < 0 ? rest : rest[..length];
            var entry = TryRead(line);
            if (length < 0 || (entry is null && line.Contains((byte)0) && end + length + 1 == bytes.Length))
            {
                break;
            }

            if (entry?.Number != entries.Count + 1)
            {
                throw new PatchException(PatchErrorCode.HistoryDamaged, path,
                    $"Line {entries.Count + 1} of the journal '{path}' is not the entry that was written. The rollout cannot go on from "
                    + "it: put back what was there, or see in the history what was changed.");
            }

            entries.Add(entry);
            end += length + 1;
        }

        return entries;
    }

    /// <summary>
    /// The number of the last whole entry, read backwards from the end: as much of the file as that entry has, however many come before.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path, for errors.</param>
    /// <param name="end">Where the entry ends: what comes after it was torn.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.HistoryDamaged"/>, naming file, line and fault.</exception>
    public static int ReadLastNumber(FileStream file, string path, out int end)
    {
        var length = checked((int)file.Length);
        for (var window = FirstWindow; ; window = (int)Math.Min(length, window * 4L))
        {
            var bytes = new byte[Math.Min(window, length)];
            file.Seek(length - bytes.Length, SeekOrigin.Begin);
            file.ReadExactly(bytes);
            var stop = bytes.AsSpan().LastIndexOf((byte)'\n');
            var start = stop < 0 ? -1 : bytes.AsSpan(0, stop).LastIndexOf((byte)'\n');
            if (bytes.Length == length || start >= 0)
            {
                end = length - bytes.Length + stop + 1;
                return stop >= 0 && TryRead(bytes.AsSpan((start + 1)..stop)) is { } last ? last.Number : ReadAll(file, path, out end).Count;
            }
        }
    }

    private static IReadOnlyList<JournalEntry> ReadAll(FileStream file, string path, out int end)
    {
        var bytes = new byte[file.Length];
        file.Seek(0, SeekOrigin.Begin);
        file.ReadExactly(bytes);
        return Read(bytes, path, out end);
    }

    private static JournalEntry? TryRead(ReadOnlySpan<byte> line)
    {
        if (line.Length <= ChecksumLength || line[ChecksumLength] != ' '
            || !line[..ChecksumLength].SequenceEqual(Checksum(line[(ChecksumLength + 1)..])))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(line[(ChecksumLength + 1)..], JournalJson.Relaxed.JournalEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Checksum(ReadOnlySpan<byte> json)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(json, hash);
        return Encoding.ASCII.GetBytes(Convert.ToHexString(hash[..(ChecksumLength / 2)]));
    }
}
