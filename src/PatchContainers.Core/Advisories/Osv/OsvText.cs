using System.Text.Json;

namespace PatchContainers.Advisories.Osv;

/// <summary>Reads the texts of a record. They reach terminals and files, so none holds control characters or is without end.</summary>
internal static class OsvText
{
    private const int MaxLength = 1000;

    /// <summary>An object's text of this name; null where it has none.</summary>
    /// <exception cref="RecordFaultException">It is no text, too long, or holds control characters.</exception>
    public static string? Of(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? Read(value, name) : null;

    /// <summary>A text; null for null.</summary>
    /// <param name="value">The text.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="RecordFaultException">It is no text, too long, or holds control characters.</exception>
    public static string? Read(JsonElement value, string name)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var text = value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new RecordFaultException($"its '{name}' is no text");
        if (text.Length > MaxLength)
        {
            throw new RecordFaultException(
                $"its '{name}' has {text.Length:N0} characters; more than {MaxLength:N0} is no name, version or time");
        }

        return HasControls(text) ? throw new RecordFaultException($"its '{name}' holds control characters") : text;
    }

    /// <summary>An object's text of this name, for what decides nothing; null also where it cannot be used.</summary>
    public static string? UsableOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: <= MaxLength } text && !HasControls(text) ? text : null;

    /// <summary>Whether a text holds control characters; terminals obey those from U+0080 on as they do those of ASCII.</summary>
    public static bool HasControls(ReadOnlySpan<char> text) =>
        text.IndexOfAnyInRange('\0', '\u001f') >= 0 || text.IndexOfAnyInRange('\u007f', '\u009f') >= 0;
}
