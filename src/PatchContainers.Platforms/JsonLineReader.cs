namespace PatchContainers.Platforms;

/// <summary>Reads a stream of JSON documents, one a line, as watches and engines send them.</summary>
internal sealed class JsonLineReader(Stream stream, int limit)
{
    private byte[] _buffer = new byte[32 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next line, without its end; null where the stream ends, also in the middle of a line. Good until the next call.</summary>
    /// <exception cref="InvalidDataException">A line is longer than the limit.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        var searched = _start;
        while (true)
        {
            var length = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + length - _start);
                _start = searched + length + 1;
                return line;
            }

            searched = Room();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return null;
            }

            _end += read;
        }
    }

    // Moves what is left to the front and makes the buffer larger where it is full; returns where to search on.
    private int Room()
    {
        var length = _end - _start;
        if (_end == _buffer.Length)
        {
            if (length > limit)
            {
                throw new InvalidDataException($"a line is longer than {limit} bytes");
            }

            var target = length > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
            Buffer.BlockCopy(_buffer, _start, target, 0, length);
            (_buffer, _start, _end) = (target, 0, length);
        }

        return _start + length;
    }
}
