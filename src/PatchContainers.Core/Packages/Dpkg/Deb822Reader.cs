using System.Buffers;
using System.Text;

namespace PatchContainers.Packages.Dpkg;

/// <summary>A paragraph of a deb822 file: the fields that were asked for, and the first fault in it.</summary>
/// <param name="Line">The number of its first line, from 1.</param>
/// <param name="Fields">The values, in the order of the wanted names; null for a field that is not there.</param>
/// <param name="FaultLine">The line of the first fault; 0 where there is none.</param>
/// <param name="Fault">The first fault; null where there is none.</param>
internal readonly record struct Deb822Paragraph(int Line, string?[] Fields, int FaultLine, string? Fault);

/// <summary>
/// Reads paragraphs of fields (deb822(5), Debian policy 5.1): dpkg's status, apt's Packages. Only the wanted fields are made into text;
/// a broken line spoils its own paragraph alone. Fields that span lines keep their first line: no wanted one does.
/// </summary>
internal sealed class Deb822Reader : IDisposable
{
    private readonly Stream _stream;
    private readonly byte[][] _wanted;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _start;
    private int _end;
    private int _line;
    private bool _ended;

    /// <param name="stream">The file; not disposed.</param>
    /// <param name="wanted">The names of the fields, in any case.</param>
    public Deb822Reader(Stream stream, params string[] wanted)
    {
        _stream = stream;
        _wanted = wanted.Select(Encoding.ASCII.GetBytes).ToArray();
    }

    /// <summary>Reads the next paragraph; false at the end.</summary>
    public bool TryRead(out Deb822Paragraph paragraph)
    {
        var fields = new string?[_wanted.Length];
        var (first, faultLine, fault) = (0, 0, (string?)null);
        while (TryReadLine(out var line))
        {
            if (line.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0)
            {
                if (first > 0)
                {
                    break;
                }

                continue;
            }

            var isFirst = first == 0;
            first = isFirst ? _line : first;
            if (Take(line, fields, isFirst) is { } found && fault is null)
            {
                (faultLine, fault) = (_line, found);
            }
        }

        paragraph = new Deb822Paragraph(first, fields, faultLine, fault);
        return first > 0;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private string? Take(ReadOnlySpan<byte> line, string?[] fields, bool isFirst)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
        {
            return isFirst ? "a paragraph begins with a line that continues another" : null;
        }

        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0)
        {
            return "the line is neither a field nor the continuation of one";
        }

        for (var i = 0; i < _wanted.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(line[..colon], _wanted[i]))
            {
                if (fields[i] is not null)
                {
                    return $"the field {Encoding.ASCII.GetString(_wanted[i])} comes twice";
                }

                fields[i] = Encoding.UTF8.GetString(line[(colon + 1)..].Trim(" \t"u8));
            }
        }

        return null;
    }

    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var newline = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (newline >= 0 || (_ended && _start < _end))
            {
                var length = newline >= 0 ? searched + newline : _end - _start;
                line = _buffer.AsSpan(_start, length).TrimEnd((byte)'\r');
                _start = Math.Min(_end, _start + length + 1);
                _line++;
                return true;
            }

            if (_ended)
            {
                line = default;
                return false;
            }

            searched = _end - _start;
            Fill();
        }
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.CopyTo(larger, 0);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _ended = read == 0;
    }
}
