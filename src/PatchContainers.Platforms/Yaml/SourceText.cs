using System.Globalization;
using System.Text;

namespace PatchContainers.Platforms.Yaml;

/// <summary>One stretch of a text, and what shall stand there instead.</summary>
internal readonly record struct TextEdit(int Start, int End, string Replacement);

/// <summary>
/// A file's bytes and the text they stand for, decoded strictly: encoding the text again gives the same bytes, so that an edit of the
/// text is an edit of exactly those bytes.
/// </summary>
internal sealed class SourceText
{
    private readonly Encoding _encoding;
    private readonly int _preamble;

    private SourceText(string path, ReadOnlyMemory<byte> bytes, Encoding encoding, int preamble, string text)
    {
        Path = path;
        Bytes = bytes;
        _encoding = encoding;
        _preamble = preamble;
        Text = text;
    }

    /// <summary>The file, for messages.</summary>
    public string Path { get; }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The text, without a byte order mark.</summary>
    public string Text { get; }

    /// <summary>
    /// Decodes UTF-8, UTF-16 or UTF-32, by byte order mark or by the zero bytes of the first character (YAML 1.2.2 section 5.2).
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>, naming the first byte that is not text.</exception>
    public static SourceText Decode(string path, ReadOnlyMemory<byte> bytes)
    {
        var (encoding, preamble) = Detect(bytes.Span);
        string text;
        try
        {
            text = encoding.GetString(bytes.Span[preamble..]);
        }
        catch (DecoderFallbackException e)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path,
                $"'{path}' is not text in {encoding.WebName}: the bytes at offset {preamble + Math.Max(0, e.Index)} are no character.", e);
        }

        // YamlDotNet takes U+0000 for the end of its buffer: what follows would be passed over in silence.
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] < ' ' && text[i] is not ('\t' or '\n' or '\r'))
            {
                throw new PatchException(PatchErrorCode.InvalidData, path, string.Create(CultureInfo.InvariantCulture,
                    $"'{path}' is no YAML: line {LineOf(text, i)} holds the control character U+{(int)text[i]:X4}, as binary files do."));
            }
        }

        return new SourceText(path, bytes, encoding, preamble, text);
    }

    /// <summary>The file with some stretches of its text replaced; all bytes around them are copied.</summary>
    public byte[] Replace(IEnumerable<TextEdit> edits)
    {
        var result = new MemoryStream(Bytes.Length + 256);
        var (character, offset) = (0, _preamble);
        var taken = 0;
        foreach (var edit in edits.OrderBy(edit => edit.Start))
        {
            offset += _encoding.GetByteCount(Text.AsSpan(character, edit.Start - character));
            result.Write(Bytes.Span[taken..offset]);
            result.Write(_encoding.GetBytes(edit.Replacement));
            offset += _encoding.GetByteCount(Text.AsSpan(edit.Start, edit.End - edit.Start));
            (character, taken) = (edit.End, offset);
        }

        result.Write(Bytes.Span[taken..]);
        return result.ToArray();
    }

    private static int LineOf(string text, int index) => 1 + text.AsSpan(0, index).Count('\n');

    private static (Encoding Encoding, int Preamble) Detect(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (Utf8(), 3),
        [0x00, 0x00, 0xFE, 0xFF, ..] => (new UTF32Encoding(true, false, true), 4),
        [0xFF, 0xFE, 0x00, 0x00, ..] => (new UTF32Encoding(false, false, true), 4),
        [0xFE, 0xFF, ..] => (new UnicodeEncoding(true, false, true), 2),
        [0xFF, 0xFE, ..] => (new UnicodeEncoding(false, false, true), 2),
        [0x00, 0x00, 0x00, not 0, ..] => (new UTF32Encoding(true, false, true), 0),
        [not 0, 0x00, 0x00, 0x00, ..] => (new UTF32Encoding(false, false, true), 0),
        [0x00, not 0, ..] => (new UnicodeEncoding(true, false, true), 0),
        [not 0, 0x00, ..] => (new UnicodeEncoding(false, false, true), 0),
        _ => (Utf8(), 0),
    };

    private static UTF8Encoding Utf8() => new(false, true);
}
