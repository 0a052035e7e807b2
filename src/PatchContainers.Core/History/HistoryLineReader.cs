namespace PatchContainers.History;

/// <summary>Reads a file line by line, whatever its size, with the place of each line.</summary>
internal sealed class HistoryLineReader(Stream stream, string path, long offset = 0)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private long _offset = offset;

    /// <summary>The line, without its line break; valid until the next one is read.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Where the line begins in the file.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether the line ends with a line break; only the last one may not.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Goes to the next line; false at the end.</summary>
    public bool Read()
    {
        var searched = 0;
        while (true)
        {
            var length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                Take(searched + length, isComplete: true);
                return true;
            }

            searched = _end - _start;
            if (!Fill())
            {
                Take(searched, isComplete: false);
                return searched > 0;
            }
        }
    }

    private void Take(int length, bool isComplete)
    {
        var taken = isComplete ? length + 1 : length;
        (Line, Offset, IsComplete) = (_buffer.AsMemory(_start, length), _offset, isComplete);
        _start += taken;
        _offset += taken;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            if (_end > HistoryLine.MaxBytes)
            {
                throw new PatchException(PatchErrorCode.HistoryDamaged, path,
                    $"The line of '{path}' that begins at byte {_offset} is longer than {HistoryLine.MaxBytes} bytes; that is no history. "
                    + "Check which file was named.");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
