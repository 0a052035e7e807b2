using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Health;

/// <summary>A JSON pointer (RFC 6901): <c>/status</c>, <c>/checks/0/state</c>; <c>/a~1b</c> for a name with a slash.</summary>
internal sealed class JsonPointer
{
    private readonly string _text;
    private readonly string[] _tokens;

    private JsonPointer(string text, string[] tokens)
    {
        _text = text;
        _tokens = tokens;
    }

    /// <summary>Reads a pointer.</summary>
    /// <exception cref="FormatException">It is none; the message is the rest of a sentence.</exception>
    public static JsonPointer Parse(string text)
    {
        var isValid = text.StartsWith('/');
        for (var i = text.IndexOf('~', StringComparison.Ordinal); i >= 0; i = text.IndexOf('~', i + 1))
        {
            isValid &= i + 1 < text.Length && text[i + 1] is '0' or '1';
        }

        return isValid ? new JsonPointer(text, text[1..].Split('/').Select(t => t.Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal)).ToArray())
            : throw new FormatException($"is '{text}'; it has to be a JSON pointer (RFC 6901), such as /status.");
    }

    /// <summary>What it points to; null where there is nothing.</summary>
    public JsonElement? Find(JsonElement root)
    {
        var element = root;
        foreach (var token in _tokens)
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(token, out var property))
            {
                element = property;
            }
            else if (element.ValueKind == JsonValueKind.Array && (token == "0" || !token.StartsWith('0'))
                && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < element.GetArrayLength())
            {
                element = element[index];
            }
            else
            {
                return null;
            }
        }

        return element;
    }

    /// <inheritdoc/>
    public override string ToString() => _text;
}
