using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Updating.Rebase;

/// <summary>JSON documents that are changed in a few places and keep everything else, known or not.</summary>
internal static class RebaseJson
{
    // No HTML is near: what a builder wrote as '<' or as a letter with an accent stays readable, and the same on every run.
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

    public static byte[] Serialize(JsonObject document) => JsonSerializer.SerializeToUtf8Bytes(document, Compact);

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
}
