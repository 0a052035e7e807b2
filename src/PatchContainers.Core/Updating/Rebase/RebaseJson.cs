using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Updating.Rebase;

/// <summary>JSON documents that are changed in a few places and keep everything else, known or not.</summary>
internal static class RebaseJson
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64 };

    /// <summary>Reads a document, changes it and writes it; whatever is wrong in its JSON is an error that names the source.</summary>
    public static T Read<T>(string source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or FormatException)
        {
            // JsonObject finds doubled keys, and strings that are no Unicode, only when they are touched.
            throw new PatchException(PatchErrorCode.InvalidData, source, $"The documents of {source} cannot be changed: {e.Message}", e);
        }
    }

    public static JsonObject Parse(ReadOnlyMemory<byte> content) =>
        JsonNode.Parse(content.Span, documentOptions: Strict) as JsonObject ?? throw new JsonException("it is not a JSON object.");

    /// <summary>
    /// Writes a document without spaces. The framework's writer escapes as it sees fit in each version, and a digest must be the same under
    /// the module's .NET and under the CLI's: only what RFC 8259 (section 7) demands is escaped, and numbers stay as they were written.
    /// </summary>
    public static byte[] Serialize(JsonObject document)
    {
        var text = new StringBuilder();
        Write(text, document);
        return Utf8.GetBytes(text.ToString());
    }

    /// <summary>Sets a property in its place, or appends it.</summary>
    public static void Set(JsonObject target, string name, JsonNode? value) => target[name] = value?.DeepClone();

    /// <summary>Whether a value says nothing: Go's writers print zero values or leave them out as they like.</summary>
    public static bool IsUnset(JsonNode? node) => node switch
    {
        null => true,
        JsonObject o => o.Count == 0,
        JsonArray a => a.Count == 0,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.Null or JsonValueKind.False => true,
            JsonValueKind.String => node.GetValue<string>().Length == 0,
            JsonValueKind.Number => node.ToJsonString() == "0",
            _ => false,
        },
    };

    public static bool Same(JsonNode? left, JsonNode? right) =>
        IsUnset(left) ? IsUnset(right) : !IsUnset(right) && JsonNode.DeepEquals(left, right);

    private static void Write(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                Write(text, '{', map, '}', property =>
                {
                    WriteString(text, property.Key);
                    text.Append(':');
                    Write(text, property.Value);
                });
                break;
            case JsonArray list:
                Write(text, '[', list, ']', item => Write(text, item));
                break;
            case { } value when value.GetValueKind() == JsonValueKind.String:
                WriteString(text, value.GetValue<string>());
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void Write<T>(StringBuilder text, char open, IEnumerable<T> items, char close, Action<T> write)
    {
        text.Append(open);
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst)
            {
                text.Append(',');
            }

            isFirst = false;
            write(item);
        }

        text.Append(close);
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case < ' ':
                    text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }
}
