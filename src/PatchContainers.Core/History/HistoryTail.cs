namespace PatchContainers.History;

/// <summary>
/// The end of the file as it truly is: the last whole record, and what a crash left after it. A line is torn when its line
/// break is missing, when it was ended by <see cref="Mark"/>, or when all that it has of a sector is zero bytes (a power cut left
/// room that was never filled). Anything else after the last record was not left by a crash.
/// </summary>
/// <param name="Head">The last whole record; sequence 0 where there is none.</param>
/// <param name="RecordEnd">Where what comes after the last record begins.</param>
/// <param name="Length">The file's length.</param>
/// <param name="IsUnterminated">Whether the last record is whole but for its line break.</param>
internal sealed record HistoryTail(HistoryHead Head, long RecordEnd, long Length, bool IsUnterminated)
{
    private const int FirstWindow = 4096;

    // The least that a disk writes at once.
    private const int Sector = 512;

    /// <summary>What ends a torn line when the next record is written.</summary>
    public static ReadOnlySpan<byte> Mark => "#torn"u8;

    /// <summary>Whether a crash left something after the last record.</summary>
    public bool IsTorn => Length > RecordEnd;

    /// <summary>Whether a crash may have left this line, which is no record.</summary>
    public static bool MayBeTorn(ReadOnlySpan<byte> line, long offset, bool isComplete) =>
        !isComplete || line.EndsWith(Mark) || HasEmptySector(line, offset);

    /// <summary>Reads backwards from the end.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.HistoryDamaged"/>: the last line is neither a record nor
    /// torn.</exception>
    public static HistoryTail Read(FileStream file, string path)
    {
        var length = file.Length;
        var end = length;
        while (end > 0)
        {
            var line = ReadLineBefore(file, path, end, out var start, out var isComplete);
            if (HistoryLine.TryRead(line, out var record, out var fault))
            {
                return new HistoryTail(new HistoryHead(record.Sequence, record.Hash), end, length, !isComplete);
            }

            if (!MayBeTorn(line, start, isComplete))
            {
                throw new PatchException(PatchErrorCode.HistoryDamaged, path,
                    $"The last line of the history '{path}' (from byte {start}) is not what was written: {fault}. Nothing is appended to "
                    + "it. "
                    + "Keep the file for whoever looks into it, and put back a copy, or move it away to begin a new history.");
            }

            end = start;
        }

        return new HistoryTail(new HistoryHead(0, HistoryLine.NoHash), 0, length, false);
    }

    // A sector that was not written is empty up to its end. One zero byte is somebody's edit.
    private static bool HasEmptySector(ReadOnlySpan<byte> line, long offset)
    {
        var start = 0;
        for (var end = Sector - (int)(offset % Sector); end <= line.Length; end += Sector)
        {
            if (end - start > 1 && !line[start..end].ContainsAnyExcept((byte)0))
            {
                return true;
            }

            start = end;
        }

        return false;
    }

    private static byte[] ReadLineBefore(FileStream file, string path, long end, out long start, out bool isComplete)
    {
        for (var window = FirstWindow; ; window *= 2)
        {
            var from = Math.Max(0, end - window);
            var bytes = new byte[end - from];
            file.Seek(from, SeekOrigin.Begin);
            file.ReadExactly(bytes);
            isComplete = bytes[^1] == '\n';
            var content = bytes.AsSpan(0, bytes.Length - (isComplete ? 1 : 0));
            var lineBreak = content.LastIndexOf((byte)'\n');
            if (lineBreak >= 0 || from == 0)
            {
                start = from + lineBreak + 1;
                return content[(lineBreak + 1)..].ToArray();
            }

            if (window > HistoryLine.MaxBytes)
            {
                throw new PatchException(PatchErrorCode.HistoryDamaged, path,
                    $"The last line of '{path}' is longer than {HistoryLine.MaxBytes} bytes; that is no history. Check which file was "
                    + "named.");
            }
        }
    }
}
