using System.Buffers;

namespace PatchContainers.Advisories.Osv;

/// <summary>
/// Cuts a stream into the JSON text of one record after the other: an object, objects one after another, an array of objects, or JSON
/// lines. Only line ends, or braces and strings, are looked at, so that a record that is no JSON spoils itself alone, and memory is that
/// of the largest record.
/// </summary>
internal sealed class OsvRecordSplitter : IDisposable
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);

    private readonly Stream _stream;
    private readonly int _maxRecordBytes;
    private readonly bool _lines;
    private readonly Action<int> _count;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _start;
    private int _end;
    private bool _inArray;
    private bool _begun;
    private long _bytesRead;

    /// <summary>Reads from a stream, which stays the caller's.</summary>
    /// <param name="stream">The JSON text.</param>
    /// <param name="maxRecordBytes">The largest record.</param>
    /// <param name="lines">Whether a record is a line: a broken one then ends where its line does.</param>
    /// <param name="count">Is told of all bytes that are read, and may put an end to it.</param>
    public OsvRecordSplitter(Stream stream, int maxRecordBytes, bool lines, Action<int> count)
    {
        _count = count;
        _stream = stream;
        _maxRecordBytes = maxRecordBytes;
        _lines = lines;
    }

    /// <summary>The next record's text, valid until the next call; false at the end.</summary>
    /// <exception cref="InvalidDataException">What follows is no record, and where the next one would begin is not known.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> record)
    {
        record = default;
        if (!SkipToRecord())
        {
            return false;
        }

        if (_lines)
        {
            record = ReadLine();
            return true;
        }

        var depth = 0;
        var inString = false;
        var at = 0;
        while (true)
        {
            var rest = _buffer.AsSpan(_start + at, _end - _start - at);
            var found = rest.IndexOfAny(inString ? StringEnd : Structure);
            if (found < 0)
            {
                at = _end - _start;
                if (!Fill())
                {
                    throw new InvalidDataException($"it ends in the middle of a record, after {_bytesRead:N0} bytes");
                }

                continue;
            }

            at += found + 1;
            switch (rest[found])
            {
                case (byte)'\\':
                    // What is escaped decides nothing, but it may lie beyond the buffer.
                    while (_start + at >= _end)
                    {
                        if (!Fill())
                        {
                            throw new InvalidDataException($"it ends in the middle of a record, after {_bytesRead:N0} bytes");
                        }
                    }

                    at++;
                    break;
                case (byte)'"':
                    inString = !inString;
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                default:
                    depth--;
                    break;
            }

            if (depth == 0 && !inString)
            {
                record = _buffer.AsMemory(_start, at);
                _start += at;
                return true;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private ReadOnlyMemory<byte> ReadLine()
    {
        var at = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + at, _end - _start - at).IndexOf((byte)'\n');
            at = found < 0 ? _end - _start : at + found;
            if (found >= 0 || !Fill())
            {
                var line = _buffer.AsMemory(_start, at);
                _start += at;
                return line;
            }
        }
    }

    private bool SkipToRecord()
    {
        while (true)
        {
            while (_start < _end)
            {
                var current = _buffer[_start];
                switch (current)
                {
                    case (byte)'{':
                        _begun = true;
                        return true;
                    case (byte)'[' when !_begun:
                        _begun = _inArray = true;
                        break;
                    case (byte)',' when _inArray:
                        break;
                    case (byte)']' when _inArray:
                        _inArray = false;
                        break;
                    case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                        break;
                    case 0xEF or 0xBB or 0xBF when !_begun:
                        break;
                    case var _ when _lines:
                        return true;
                    default:
                        throw new InvalidDataException(_begun
                            ? "between two records stands something that is neither"
                            : "it does not begin with '{' or '[', so it is no JSON of OSV records");
                }

                _start++;
            }

            if (!Fill())
            {
                return _inArray
                    ? throw new InvalidDataException($"it ends in the middle of its list, after {_bytesRead:N0} bytes")
                    : false;
            }
        }
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= _maxRecordBytes)
            {
                throw new InvalidDataException($"it holds a record of more than {_maxRecordBytes:N0} bytes, which is the limit");
            }

            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(_buffer.Length * 2L, _maxRecordBytes));
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _bytesRead += read;
        _count(read);
        return read > 0;
    }
}
