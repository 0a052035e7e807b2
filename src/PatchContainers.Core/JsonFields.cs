using System.Globalization;
using System.Text.Json;

namespace PatchContainers;

/// <summary>Reads fields of objects. What is not there, or is of another type than it should be, is null.</summary>
internal static class JsonFields
{
    /// <summary>The value at a path of members; null where one of them is not there.</summary>
    public static JsonElement? At(this JsonElement element, params string[] path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element;
    }

    /// <summary>The text at a path.</summary>
    public static string? Text(this JsonElement element, params string[] path)
    {
        try
        {
            return element.At(path) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a character (\ud800), which no server sends.
            return null;
        }
    }

    /// <summary>A text; empty where there is none.</summary>
    public static string Word(this JsonElement element, params string[] path) => element.Text(path) ?? string.Empty;

    /// <summary>A time, UTC; null where there is none.</summary>
    public static DateTimeOffset? Time(this JsonElement element, params string[] path) => DateTimeOffset.TryParse(element.Text(path),
        CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>The whole number at a path.</summary>
    public static long? Number(this JsonElement element, params string[] path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    /// <summary>The number at a path; a text that is one counts.</summary>
    public static double? Real(this JsonElement element, params string[] path) => element.At(path) switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out var value) && double.IsFinite(value) => value,
        { ValueKind: JsonValueKind.String } when double.TryParse(element.Text(path), NumberStyles.Float, CultureInfo.InvariantCulture,
            out var value) && double.IsFinite(value) => value,
        _ => null,
    };

    /// <summary>Whether there is <c>true</c> at a path.</summary>
    public static bool IsTrue(this JsonElement element, params string[] path) => element.At(path) is { ValueKind: JsonValueKind.True };

    /// <summary>The items of the list at a path; none where there is no list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, params string[] path) =>
        element.At(path) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : Enumerable.Empty<JsonElement>();

    /// <summary>The texts of the mapping at a path: labels, annotations.</summary>
    public static IReadOnlyDictionary<string, string> Texts(this JsonElement element, params string[] path)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (element.At(path) is { ValueKind: JsonValueKind.Object } map)
        {
            foreach (var member in map.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String)
                {
                    texts[member.Name] = member.Value.GetString()!;
                }
            }
        }

        return texts;
    }
}
