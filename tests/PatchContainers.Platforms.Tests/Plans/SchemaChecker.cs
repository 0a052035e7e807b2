using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PatchContainers.Platforms.Tests.Plans;

/// <summary>
/// Checks documents by a JSON schema of draft 2020-12: the keywords that docs/patch-plan.schema.json uses, after the specification's
/// core and validation parts. A keyword that it does not know is an error, so that none is passed over.
/// </summary>
internal sealed class SchemaChecker(JsonNode schema)
{
    private static readonly string[] Annotations = ["$schema", "$id", "$defs", "title", "description", "default", "examples", "then"];

    /// <summary>What is wrong with a document; empty where it is valid.</summary>
    public IReadOnlyList<string> Check(JsonNode? document)
    {
        var faults = new List<string>();
        Check(schema, document, "", faults);
        return faults;
    }

    private bool IsValid(JsonNode? part, JsonNode? value)
    {
        var faults = new List<string>();
        Check(part, value, "", faults);
        return faults.Count == 0;
    }

    private void Check(JsonNode? part, JsonNode? value, string at, List<string> faults)
    {
        if (part is JsonValue flag)
        {
            if (!flag.GetValue<bool>())
            {
                faults.Add($"{at}: nothing may stand here");
            }

            return;
        }

        foreach (var (keyword, wanted) in part!.AsObject())
        {
            if (Annotations.Contains(keyword))
            {
                continue;
            }

            if (value is JsonObject map && OfObject(part, keyword, wanted!, map, at, faults)
                || value is JsonArray list && OfArray(keyword, wanted!, list, at, faults)
                || OfAny(part, keyword, wanted!, value, at, faults))
            {
                continue;
            }

            throw new NotSupportedException($"The checker does not know the keyword '{keyword}'.");
        }
    }

    private bool OfAny(JsonNode part, string keyword, JsonNode wanted, JsonNode? value, string at, List<string> faults)
    {
        var kind = value?.GetValueKind() ?? JsonValueKind.Null;
        var isRight = keyword switch
        {
            "$ref" => Passed(() => Check(Referred((string)wanted!), value, at, faults)),
            "allOf" => Passed(() => { foreach (var each in wanted.AsArray()) { Check(each, value, at, faults); } }),
            "anyOf" => wanted.AsArray().Any(each => IsValid(each, value)),
            "not" => !IsValid(wanted, value),
            "if" => Passed(() => { if (IsValid(wanted, value)) { Check(part["then"], value, at, faults); } }),
            "type" => (wanted is JsonArray types ? types : new JsonArray(wanted.DeepClone())).Any(t => IsOf((string)t!, value, kind)),
            "enum" => wanted.AsArray().Any(each => JsonNode.DeepEquals(each, value)),
            "const" => JsonNode.DeepEquals(wanted, value),
            "pattern" => kind != JsonValueKind.String || Regex.IsMatch((string)value!, (string)wanted!, RegexOptions.CultureInvariant),
            "minLength" => kind != JsonValueKind.String || ((string)value!).Length >= (int)wanted,
            "minimum" => kind != JsonValueKind.Number || Number(value!) >= Number(wanted),
            "maximum" => kind != JsonValueKind.Number || Number(value!) <= Number(wanted),
            // Of objects and arrays alone; the value is neither, or it was looked at.
            "required" or "properties" or "patternProperties" or "additionalProperties" or "propertyNames" or "dependentRequired"
                or "minProperties" or "maxProperties" or "items" or "minItems" or "uniqueItems" => true,
            _ => (bool?)null,
        };
        if (isRight == false)
        {
            faults.Add($"{at}: {keyword} {wanted.ToJsonString()}");
        }

        return isRight is not null;
    }

    private bool OfObject(JsonNode part, string keyword, JsonNode wanted, JsonObject value, string at, List<string> faults)
    {
        var bad = new List<string>();
        switch (keyword)
        {
            case "required":
                bad.AddRange(wanted.AsArray().Select(n => (string)n!).Where(n => !value.ContainsKey(n)));
                break;
            case "dependentRequired":
                bad.AddRange(wanted.AsObject().Where(d => value.ContainsKey(d.Key)).SelectMany(d => d.Value!.AsArray()).Select(n => (string)n!)
                    .Where(n => !value.ContainsKey(n)));
                break;
            case "minProperties" when value.Count < (int)wanted:
            case "maxProperties" when value.Count > (int)wanted:
                bad.Add(value.Count.ToString(CultureInfo.InvariantCulture));
                break;
            case "minProperties" or "maxProperties":
                break;
            case "propertyNames":
                bad.AddRange(value.Select(p => p.Key).Where(name => !IsValid(wanted, JsonValue.Create(name))));
                break;
            case "properties" or "patternProperties" or "additionalProperties":
                foreach (var (name, each) in value)
                {
                    SchemasOf(part, keyword, name).ForEach(schemaOf => Check(schemaOf, each, $"{at}/{name}", faults));
                }

                break;
            default:
                return false;
        }

        faults.AddRange(bad.Select(name => $"{at}: {keyword} {name}"));
        return true;
    }

    private static List<JsonNode?> SchemasOf(JsonNode part, string keyword, string name)
    {
        var named = part["properties"]?.AsObject().Where(p => p.Key == name).Select(p => p.Value).ToList() ?? [];
        var matched = part["patternProperties"]?.AsObject().Where(p => Regex.IsMatch(name, p.Key)).Select(p => p.Value).ToList() ?? [];
        return keyword switch
        {
            "properties" => named,
            "patternProperties" => matched,
            _ => named.Count + matched.Count == 0 ? [part["additionalProperties"]] : [],
        };
    }

    private bool OfArray(string keyword, JsonNode wanted, JsonArray value, string at, List<string> faults)
    {
        switch (keyword)
        {
            case "items":
                for (var i = 0; i < value.Count; i++)
                {
                    Check(wanted, value[i], FormattableString.Invariant($"{at}/{i}"), faults);
                }

                return true;
            case "minItems" when value.Count < (int)wanted:
            case "uniqueItems" when value.Index().Any(a => value.Take(a.Index).Any(b => JsonNode.DeepEquals(a.Item, b))):
                faults.Add($"{at}: {keyword}");
                return true;
            default:
                return keyword is "minItems" or "uniqueItems";
        }
    }

    private JsonNode Referred(string reference) =>
        reference.TrimStart('#', '/').Split('/').Aggregate(schema, (node, name) => node[name] ?? throw new NotSupportedException(reference));

    private static bool IsOf(string type, JsonNode? value, JsonValueKind kind) => type switch
    {
        "object" => kind == JsonValueKind.Object,
        "array" => kind == JsonValueKind.Array,
        "string" => kind == JsonValueKind.String,
        "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
        "number" => kind == JsonValueKind.Number,
        "integer" => kind == JsonValueKind.Number && double.IsInteger(Number(value!)),
        _ => throw new NotSupportedException(type),
    };

    private static double Number(JsonNode node) => double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    // The faults are noted by what is called.
    private static bool Passed(Action check)
    {
        check();
        return true;
    }
}
