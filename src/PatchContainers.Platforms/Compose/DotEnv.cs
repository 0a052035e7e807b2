using System.Globalization;
using System.Text;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Compose;

/// <summary>
/// Reads a <c>.env</c> file as Compose does (Compose documentation, "Syntax for environment files"): <c>KEY=value</c> or <c>KEY:
/// value</c>, <c>export</c> before it, comments, single quotes (as they stand), double quotes (with escapes), values over several lines
/// in quotes, and variables of earlier lines in unquoted and double-quoted values.
/// </summary>
internal sealed class DotEnv
{
    private const int MaxBytes = 1024 * 1024;

    private readonly string _path;
    private readonly string _text;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private int _at;

    private DotEnv(string path, string text)
    {
        _path = path;
        _text = text;
    }

    /// <summary>Reads the file; empty where there is none.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>, naming the file and the line.</exception>
    public static IReadOnlyDictionary<string, string> Load(string path) => File.Exists(path)
        ? Read(path, SourceText.Decode(path, FileBytes.Read(path, MaxBytes)).Text)
        : new Dictionary<string, string>();

    /// <summary>Reads the file's text.</summary>
    public static IReadOnlyDictionary<string, string> Read(string path, string text)
    {
        var reader = new DotEnv(path, text.ReplaceLineEndings("\n"));
        reader.ReadAll();
        return reader._values;
    }

    private void ReadAll()
    {
        while (SkipBlank())
        {
            var line = EndOfLine(_at);
            var key = ReadKey(line);
            if (key is not null)
            {
                _values[key] = ReadValue();
            }

            _at = Math.Min(_text.Length, EndOfLine(_at) + 1);
        }
    }

    // A key alone takes its value from the environment of whoever runs Compose, which a file does not know.
    private string? ReadKey(int line)
    {
        var text = _text[_at..line];
        var separator = text.AsSpan().IndexOfAny('=', ':');
        var key = (separator < 0 ? text : text[..separator]).Trim();
        key = key.StartsWith("export ", StringComparison.Ordinal) ? key["export ".Length..].TrimStart() : key;
        if (key.Length == 0 || key.AsSpan().ContainsAnyExcept(KeyCharacters))
        {
            throw Broken(_at, $"'{key}' is no variable's name");
        }

        _at = separator < 0 ? line : _at + separator + 1;
        return separator < 0 ? null : key;
    }

    private string ReadValue()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t')
        {
            _at++;
        }

        if (_at < _text.Length && _text[_at] is '\'' or '"')
        {
            return ReadQuoted(_text[_at]);
        }

        var end = EndOfLine(_at);
        var value = _text[_at..end];
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '#' && (i == 0 || value[i - 1] is ' ' or '\t'))
            {
                value = value[..i];
                break;
            }
        }

        return Expand(value.TrimEnd());
    }

    private string ReadQuoted(char quote)
    {
        var start = _at++;
        var value = new StringBuilder();
        for (; _at < _text.Length; _at++)
        {
            var c = _text[_at];
            if (c == quote)
            {
                _at++;
                return quote == '"' ? Expand(value.ToString()) : value.ToString();
            }

            if (c == '\\' && _at + 1 < _text.Length && (quote == '"' || _text[_at + 1] == quote))
            {
                value.Append(Unescape(_text[++_at]));
            }
            else
            {
                value.Append(c);
            }
        }

        throw Broken(start, "a quote has no end");
    }

    private static string Unescape(char c) => c switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        '$' => "$$",
        '"' or '\'' or '\\' => c.ToString(),
        _ => "\\" + c,
    };

    private string Expand(string value)
    {
        var result = Interpolation.Resolve(value, name => _values.GetValueOrDefault(name));
        // A '$' that begins no variable stands for itself here.
        return result.Fault.Length == 0 ? result.Value : value;
    }

    private bool SkipBlank()
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at]))
            {
                _at++;
            }
            else if (_text[_at] == '#')
            {
                _at = EndOfLine(_at);
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    private int EndOfLine(int from)
    {
        var end = _text.IndexOf('\n', Math.Min(from, _text.Length));
        return end < 0 ? _text.Length : end;
    }

    private PatchException Broken(int at, string fault) => new(PatchErrorCode.InvalidData, _path,
        string.Create(CultureInfo.InvariantCulture, $"'{_path}' line {1 + _text.AsSpan(0, at).Count('\n')}: {fault}."));

    private static readonly System.Buffers.SearchValues<char> KeyCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-[]");
}
