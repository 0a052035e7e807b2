using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PatchContainers.TestKit.ApiDescriptions;

/// <summary>
/// Compares values with the schemas of a description: those of Swagger 2.0, of OpenAPI 3.0 and, of JSON Schema 2020-12 (OpenAPI 3.1), what
/// is in <see cref="Keywords"/>. A member that is not described is a fault wherever others are.
/// </summary>
internal sealed class ApiSchema
{
    // A keyword that is passed over in silence would make the check say more than it did.
    private static readonly HashSet<string> Keywords =
    [
        "$ref", "type", "nullable", "enum", "const", "required", "dependentRequired", "properties", "patternProperties",
        "additionalProperties", "unevaluatedProperties", "minProperties", "items", "minItems", "maxItems", "allOf", "anyOf", "oneOf",
        "pattern", "format", "minLength", "maxLength", "minimum", "maximum",
    ];

    // These say nothing of what a value may be.
    private static readonly HashSet<string> Annotations =
    [
        "$id", "$schema", "$comment", "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly",
        "externalDocs", "xml", "discriminator", "uniqueItems", "name", "in", "collectionFormat", "summary",
    ];

    private readonly JsonObject _root;
    private readonly bool _isLoose;
    private readonly Dictionary<string, JsonObject> _ids = new(StringComparer.Ordinal);

    public ApiSchema(JsonObject root, bool isLoose)
    {
        (_root, _isLoose) = (root, isLoose);
        Collect(root);
    }

    /// <summary>The object that an object stands for, where it is a reference.</summary>
    public JsonObject Resolve(JsonObject node) =>
        node["$ref"] is JsonValue reference ? Resolve(Find(node, reference.GetValue<string>())) : node;

    /// <summary>What a reference from the whole leads to.</summary>
    public JsonObject Find(string reference) => Find(_root, reference);

    /// <summary>Adds what is not as the schema says.</summary>
    public void Compare(JsonElement value, JsonObject schema, string at, List<string> faults)
    {
        var parts = Parts(schema).ToArray();
        if (value.ValueKind == JsonValueKind.Null && (_isLoose || parts.Any(IsNullable)))
        {
            return;
        }

        var before = faults.Count;
        foreach (var part in parts)
        {
            CompareType(value, part, at, faults);
            if (!_isLoose)
            {
                CompareValue(value, part, at, faults);
            }
        }

        if (faults.Count > before)
        {
            return;
        }

        if (value.ValueKind == JsonValueKind.Array && parts.Select(p => p["items"]).OfType<JsonObject>().LastOrDefault() is { } items)
        {
            foreach (var item in value.EnumerateArray())
            {
                Compare(item, items, at + "[]", faults);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            CompareMembers(value, parts, at, faults);
        }
    }

    private void CompareMembers(JsonElement value, JsonObject[] parts, string at, List<string> faults)
    {
        var others = parts.Select(p => p["additionalProperties"]).LastOrDefault(a => a is not null);
        var isClosed = others is null ? parts.Any(p => p["properties"] is JsonObject { Count: > 0 }) : others is JsonValue no && !no.GetValue<bool>();
        foreach (var member in value.EnumerateObject())
        {
            var described = parts.Select(p => p["properties"]?[member.Name]).OfType<JsonObject>().LastOrDefault()
                ?? parts.SelectMany(p => p["patternProperties"]?.AsObject() ?? []).Where(p => Regex.IsMatch(member.Name, p.Key))
                    .Select(p => p.Value).OfType<JsonObject>().LastOrDefault();
            if ((described ?? others as JsonObject) is { } schema)
            {
                Compare(member.Value, schema, described is null ? at + ".*" : $"{at}.{member.Name}", faults);
            }
            else if (isClosed)
            {
                faults.Add($"{at}.{member.Name}: not described");
            }
        }
    }

    private static void CompareType(JsonElement value, JsonObject part, string at, List<string> faults)
    {
        var types = part["type"] switch
        {
            JsonArray list => list.Select(t => t!.GetValue<string>()).ToArray(),
            JsonValue one => [one.GetValue<string>()],
            _ => part["properties"] is null ? [] : ["object"],
        };
        if (types.Length > 0 && !types.Any(t => Fits(value, t)))
        {
            faults.Add($"{at}: {value.ValueKind} is no {string.Join(" or ", types)}");
        }
    }

    private void CompareValue(JsonElement value, JsonObject part, string at, List<string> faults)
    {
        if (part["enum"] is JsonArray words && !words.Any(w => IsSame(value, w)))
        {
            faults.Add($"{at}: {Show(value)} is none of {words.ToJsonString()}");
        }

        if (part["const"] is { } only && !IsSame(value, only))
        {
            faults.Add($"{at}: {Show(value)} is not {only.ToJsonString()}");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                CompareText(value.GetString()!, part, at, faults);
                break;
            case JsonValueKind.Number when Number(part, "minimum") > value.GetDouble() || Number(part, "maximum") < value.GetDouble()
                || (part["format"]?.GetValue<string>() == "int32" && !value.TryGetInt32(out _)):
                faults.Add($"{at}: {Show(value)} is out of bounds");
                break;
            case JsonValueKind.Array when Number(part, "minItems") > value.GetArrayLength()
                || Number(part, "maxItems") < value.GetArrayLength():
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{at}: {value.GetArrayLength()} items"));
                break;
            case JsonValueKind.Object:
                CompareNames(value, part, at, faults);
                break;
            default:
                break;
        }

        CompareChoices(value, part, at, faults);
    }

    private static void CompareText(string text, JsonObject part, string at, List<string> faults)
    {
        if ((part["pattern"] is { } pattern && !Regex.IsMatch(text, pattern.GetValue<string>()))
            || Number(part, "minLength") > text.Length || Number(part, "maxLength") < text.Length)
        {
            faults.Add($"{at}: '{text}' is not of the form {part["pattern"] ?? "(its length)"}");
        }

        var fits = part["format"]?.GetValue<string>() switch
        {
            "date-time" => Regex.IsMatch(text, @"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d")
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
            "uuid" => Guid.TryParse(text, out _),
            _ => true,
        };
        if (!fits)
        {
            faults.Add($"{at}: '{text}' is no {part["format"]}");
        }
    }

    private static void CompareNames(JsonElement value, JsonObject part, string at, List<string> faults)
    {
        faults.AddRange(Names(part["required"]).Where(n => !value.TryGetProperty(n, out _)).Select(n => $"{at}.{n}: missing"));
        faults.AddRange((part["dependentRequired"]?.AsObject() ?? []).Where(d => value.TryGetProperty(d.Key, out _))
            .SelectMany(d => Names(d.Value)).Where(n => !value.TryGetProperty(n, out _)).Select(n => $"{at}.{n}: missing"));
        if (Number(part, "minProperties") > value.EnumerateObject().Count())
        {
            faults.Add($"{at}: too few members");
        }
    }

    private void CompareChoices(JsonElement value, JsonObject part, string at, List<string> faults)
    {
        foreach (var keyword in (string[])["anyOf", "oneOf"])
        {
            if (part[keyword] is not JsonArray choices)
            {
                continue;
            }

            var said = choices.Select(choice =>
            {
                var list = new List<string>();
                Compare(value, choice!.AsObject(), at, list);
                return list;
            }).ToArray();
            var fitting = said.Count(s => s.Count == 0);
            if (fitting == 0)
            {
                faults.Add($"{at}: fits none: {string.Join(" | ", said.Select(s => string.Join(", ", s)))}");
            }
            else if (fitting > 1 && keyword == "oneOf")
            {
                faults.Add($"{at}: fits several");
            }
        }
    }

    // A schema, what it refers to, and all of which it is made.
    private IEnumerable<JsonObject> Parts(JsonObject schema)
    {
        foreach (var (name, _) in schema)
        {
            if (!Keywords.Contains(name) && !Annotations.Contains(name) && !name.StartsWith("x-", StringComparison.Ordinal))
            {
                throw new NotSupportedException($"'{name}' at {schema.GetPath()} is not checked here.");
            }
        }

        var referred = schema["$ref"] is JsonValue reference ? Parts(Find(schema, reference.GetValue<string>())) : [];
        var all = (schema["allOf"] as JsonArray)?.SelectMany(s => Parts(s!.AsObject())) ?? [];
        return [.. referred, .. all, schema];
    }

    // Swagger 2.0 has no null: x-nullable is a custom of its users.
    private static bool IsNullable(JsonObject part) => part["nullable"]?.GetValue<bool>() == true
        || part["x-nullable"]?.GetValue<bool>() == true || (part["type"] as JsonArray)?.Any(t => t!.GetValue<string>() == "null") == true;

    private static bool Fits(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && !value.GetRawText().Contains('.', StringComparison.Ordinal),
        "number" => value.ValueKind == JsonValueKind.Number,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new NotSupportedException($"The type '{type}' is not checked here."),
    };

    private static double? Number(JsonObject part, string name) =>
        part[name] is { } value ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : null;

    private static IEnumerable<string> Names(JsonNode? list) => (list as JsonArray)?.Select(n => n!.GetValue<string>()) ?? [];

    private static bool IsSame(JsonElement value, JsonNode? other) => JsonNode.DeepEquals(JsonSerializer.SerializeToNode(value), other);

    private static string Show(JsonElement value) => value.GetRawText() is { Length: > 80 } text ? text[..80] + "..." : value.GetRawText();

    private void Collect(JsonNode? node)
    {
        foreach (var child in node switch { JsonObject map => map.Select(m => m.Value), JsonArray list => list, _ => [] })
        {
            Collect(child);
        }

        if (node is JsonObject schema && schema["$id"] is JsonValue id && id.TryGetValue<string>(out var name))
        {
            _ids[name] = schema;
        }
    }

    private JsonObject Find(JsonObject from, string reference)
    {
        // References are relative to the schema of its own ($id) that they stand in, and to the whole.
        JsonNode resource = from;
        while (resource.Parent is { } parent && !(resource is JsonObject { } schema && schema["$id"] is JsonValue))
        {
            resource = parent;
        }

        return Found(resource, reference) ?? Found(_root, reference)
            ?? throw new InvalidDataException($"'{reference}' at {from.GetPath()} leads nowhere.");
    }

    private JsonObject? Found(JsonNode resource, string reference) => reference.StartsWith('#')
        ? reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Select(n => Uri.UnescapeDataString(n)
                .Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))
            .Aggregate(resource, (JsonNode? at, string name) => (at as JsonObject)?[name]) as JsonObject
        : resource["$id"] is { } id ? _ids.GetValueOrDefault(new Uri(new Uri(id.GetValue<string>()), reference).ToString()) : null;
}
