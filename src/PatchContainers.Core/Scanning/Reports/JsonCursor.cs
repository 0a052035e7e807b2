using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads JSON from a stream, in the memory of one item at a time: reports may be larger than the memory there is.
/// </summary>
internal sealed class JsonCursor : IDisposable
{
    // The largest single item: a finding, a package.
    private const int MaxItemBytes = 16 * 1024 * 1024;

    private readonly Stream _stream;
    private readonly string _name;
    private readonly CancellationToken _cancellationToken;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _tokenAt;
    private int _at;
    private int _end;
    private bool _isFinal;
    private JsonReaderState _state;
    private JsonReaderState _before;
    private long _tokens;
    private bool _skips;
    private string _property = string.Empty;

    /// <summary>Begins at the stream's first value.</summary>
    /// <param name="stream">The JSON text; it stays the caller's.</param>
    /// <param name="name">What it is called in errors: a file's path.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no JSON.</exception>
    public JsonCursor(Stream stream, string name, CancellationToken cancellationToken)
    {
        (_stream, _name, _cancellationToken) = (stream, name, cancellationToken);
        Next();
    }

    /// <summary>What stands here.</summary>
    public JsonTokenType Type { get; private set; }

    private int Depth { get; set; }

    /// <summary>
    /// The members of the object that stands here, one after another: each one's name, with the cursor at its value. What is not read of a
    /// value is skipped. No member where null stands here.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no object, or no JSON.</exception>
    public IEnumerable<string> Members()
    {
        if (!Enter(JsonTokenType.StartObject, "an object"))
        {
            yield break;
        }

        var depth = Depth;
        while (Next() && Type != JsonTokenType.EndObject)
        {
            var name = _property;
            Next();
            var tokens = _tokens;
            yield return name;
            SkipRest(tokens, depth + 1);
            _property = name;
        }

        // A fault of the whole is at none of its members.
        if (depth == 0)
        {
            _property = string.Empty;
        }
    }

    /// <summary>
    /// The items of the list that stands here: each one's number, with the cursor at it. What is not read of one is skipped. None where
    /// null stands here.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no list, or no JSON.</exception>
    public IEnumerable<int> Items()
    {
        if (!Enter(JsonTokenType.StartArray, "a list"))
        {
            yield break;
        }

        var depth = Depth;
        for (var number = 0; Next() && Type != JsonTokenType.EndArray; number++)
        {
            var tokens = _tokens;
            yield return number;
            SkipRest(tokens, depth + 1);
        }
    }

    /// <summary>The items of the list that stands here, each good until the next. None where null stands here.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no list, or no JSON.</exception>
    public IEnumerable<JsonElement> Values()
    {
        foreach (var _ in Items())
        {
            using var document = Read();
            yield return document.RootElement;
        }
    }

    /// <summary>Reads the value that stands here.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no JSON, or larger than one value may be.</exception>
    public JsonDocument Read()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_tokenAt, _end - _tokenAt), _isFinal, _before);
            try
            {
                reader.Read();
                if (JsonDocument.TryParseValue(ref reader, out var document))
                {
                    // The parser does not look: what is no UTF-8 would read as if it were not there.
                    if (!Utf8.IsValid(_buffer.AsSpan(_tokenAt, (int)reader.BytesConsumed)))
                    {
                        document.Dispose();
                        throw Fault("it holds bytes that are no UTF-8");
                    }

                    Take(reader);
                    return document;
                }
            }
            catch (JsonException e)
            {
                throw Invalid(e);
            }

            Fill();
        }
    }

    /// <summary>The text that stands here; empty where something else does.</summary>
    public string ReadText()
    {
        using var document = Read();
        return document.RootElement.Word();
    }

    /// <summary>Makes sure that nothing follows.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: something does.</exception>
    public void End()
    {
        if (Advance())
        {
            throw Fault("something follows behind its end");
        }
    }

    /// <summary>The fault of what is read, with where it was found.</summary>
    public PatchException Fault(string what) => new(PatchErrorCode.InvalidData, _name,
        $"'{_name}' cannot be read{(_property.Length > 0 ? $" (at '{_property}')" : string.Empty)}: {what}.");

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool Enter(JsonTokenType type, string what) => Type == type || (Type == JsonTokenType.Null ? false
        : throw Fault($"there is {Describe(Type)} where {what} should be"));

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        _ => "a truth value",
    };

    private bool Next() => Advance() ? true : throw Fault("it ends too early");

    // The whole of the value that began there, where nothing of it was read; or what is left of it.
    private void SkipRest(long tokens, int depth)
    {
        if (tokens == _tokens ? Type is not (JsonTokenType.StartObject or JsonTokenType.StartArray) : Depth <= depth)
        {
            return;
        }

        _skips = true;
        do
        {
            Next();
        }
        while (Depth > depth || Type is not (JsonTokenType.EndObject or JsonTokenType.EndArray));
        _skips = false;
    }

    private bool Advance()
    {
        while (true)
        {
            var reader = new Utf8JsonReader(_buffer.AsSpan(_at, _end - _at), _isFinal, _state);
            try
            {
                var before = _state;
                if (reader.Read())
                {
                    (_before, _tokenAt) = (before, _at);
                    Take(reader);
                    return true;
                }
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                throw _tokens == 0 && _buffer.AsSpan(_at, _end - _at).IndexOfAnyExcept(" \t\r\n"u8) < 0 ? Fault("it is empty") : Invalid(e);
            }

            if (_isFinal)
            {
                return false;
            }

            _tokenAt = _at;
            Fill();
        }
    }

    // The reader was made at the token's beginning, or where the one before ended, which is the same.
    private void Take(Utf8JsonReader reader)
    {
        (_at, _state, Type, Depth) = (_tokenAt + (int)reader.BytesConsumed, reader.CurrentState, reader.TokenType, reader.CurrentDepth);
        _tokens++;
        if (Type == JsonTokenType.PropertyName && !_skips)
        {
            _property = reader.GetString()!;
        }
    }

    private void Fill()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_tokenAt > 0)
        {
            _buffer.AsSpan(_tokenAt, _end - _tokenAt).CopyTo(_buffer);
            (_at, _end, _tokenAt) = (_at - _tokenAt, _end - _tokenAt, 0);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxItemBytes)
            {
                throw Fault(string.Create(CultureInfo.InvariantCulture, $"it holds an item of more than {MaxItemBytes} bytes"));
            }

            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _isFinal = read == 0;
    }

    private PatchException Invalid(Exception cause) => new(PatchErrorCode.InvalidData, _name, cause is JsonException { LineNumber: { } line }
        ? string.Create(CultureInfo.InvariantCulture, $"'{_name}' line {line + 1} is no valid JSON: {cause.Message}")
        : $"'{_name}' is no valid JSON: {cause.Message}", cause);
}
