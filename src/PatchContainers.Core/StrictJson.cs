using System.Text.Json;
using System.Text.Unicode;

namespace PatchContainers;

/// <summary>
/// JSON whose every text can be read. The framework's parser also takes bytes that are no UTF-8 and escapes that are half a character
/// (<c>"\ud800"</c>), and fails only when such a text is asked for, with an exception that nobody expects of data.
/// </summary>
internal static class StrictJson
{
    /// <summary>Parses a document.</summary>
    /// <exception cref="JsonException">It is not valid JSON, is nested too deep, or has a text that is not valid Unicode.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> content, JsonDocumentOptions options = default)
    {
        var document = JsonDocument.Parse(content, options);
        if (IsReadable(content.Span, options))
        {
            return document;
        }

        document.Dispose();
        throw new JsonException("A text in it is not valid Unicode.");
    }

    private static bool IsReadable(ReadOnlySpan<byte> content, JsonDocumentOptions options)
    {
        if (!Utf8.IsValid(content))
        {
            return false;
        }

        if (content.IndexOf("\\u"u8) < 0)
        {
            return true;
        }

        var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = options.MaxDepth, AllowTrailingCommas = options.AllowTrailingCommas, CommentHandling = options.CommentHandling });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
