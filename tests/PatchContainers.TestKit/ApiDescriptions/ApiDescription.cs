using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PatchContainers.TestKit.ApiDescriptions;

/// <summary>The published description of an API: Swagger 2.0, OpenAPI 3.0 or 3.1, in YAML or JSON.</summary>
public sealed class ApiDescription
{
    private readonly ApiSchema _schemas;
    private readonly ApiDescriptionOptions _options;
    private readonly List<(Regex Path, string Template, JsonObject Methods)> _paths = [];

    private ApiDescription(JsonObject root, ApiDescriptionOptions options)
    {
        _options = options;
        _schemas = new ApiSchema(root, options.IsLoose);
        foreach (var (template, methods) in root["paths"]!.AsObject())
        {
            var name = options.SlashedPaths is { } start && template.StartsWith(start, StringComparison.Ordinal) ? ".+" : "[^/]+";
            var pattern = Regex.Replace(Regex.Escape(template), @"\\\{([^}]*)}", m => $"(?<p{m.Index}>{name})");
            _paths.Add((new Regex($"^{pattern}$"), template, methods!.AsObject()));
        }

        // Those without parameters first: /containers/json is no container.
        _paths.Sort((a, b) => a.Template.Count(c => c == '{').CompareTo(b.Template.Count(c => c == '{')));
    }

    /// <summary>Reads a description.</summary>
    /// <param name="file">The file: JSON or YAML, compressed with gzip or not.</param>
    /// <param name="options">How closely the API is held to it; null for closely.</param>
    public static ApiDescription Read(string file, ApiDescriptionOptions? options = null)
    {
        using var stream = File.OpenRead(file);
        using var text = new StreamReader(
            file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        var root = file.Contains(".json", StringComparison.Ordinal) ? JsonNode.Parse(text.ReadToEnd()) : YamlText.Read(text);
        return new ApiDescription(root!.AsObject(), options ?? new ApiDescriptionOptions());
    }

    /// <summary>The operation that an exchange is of, <c>GET /images/{name}</c>; null where there is none.</summary>
    public string? OperationOf(ApiExchange exchange) => Find(exchange) is { } found ? $"{exchange.Method} {found.Template}" : null;

    /// <summary>What is not as described, each in a line that names the operation.</summary>
    public IReadOnlyList<string> Check(ApiExchange exchange)
    {
        if (Find(exchange) is not { } found)
        {
            return [$"{exchange.Method} {exchange.Path}: no such operation"];
        }

        var faults = new List<string>();
        var name = $"{exchange.Method} {found.Template}";
        JsonObject[] parameters = [.. Objects(found.Operation["parameters"]), .. Objects(found.Methods["parameters"])];
        CheckParameters(exchange, found.Names, parameters, name, faults);
        CheckRequest(exchange, found.Operation, parameters, name, faults);
        CheckAnswer(exchange, found.Operation, name, faults);
        return faults;
    }

    /// <summary>What of a value is not as a schema says.</summary>
    /// <param name="value">The value in JSON.</param>
    /// <param name="schema">The schema, as references name it: <c>#/definitions/Image</c>.</param>
    public IReadOnlyList<string> Check(ReadOnlyMemory<byte> value, string schema)
    {
        var faults = new List<string>();
        Compare(value, _schemas.Find(schema), schema, faults);
        return faults;
    }

    private (string Template, JsonObject Methods, JsonObject Operation, IReadOnlyDictionary<string, string> Names)? Find(
        ApiExchange exchange)
    {
#pragma warning disable CA1308 // Methods are in lower case there.
        var method = exchange.Method.ToLowerInvariant();
#pragma warning restore CA1308
        foreach (var (path, template, methods) in _paths)
        {
            if (methods[method] is JsonObject operation && path.Match(exchange.Path) is { Success: true } match)
            {
                var names = Regex.Matches(template, "{([^}]*)}").Select(m => m.Groups[1].Value);
                var values = match.Groups.Values.Skip(1).OrderBy(g => g.Index).Select(g => g.Value);
                return (template, methods, operation, names.Zip(values).ToDictionary(p => p.First, p => p.Second));
            }
        }

        return null;
    }

    private void CheckParameters(ApiExchange exchange, IReadOnlyDictionary<string, string> names, JsonObject[] parameters, string name,
        List<string> faults)
    {
        faults.AddRange(exchange.Query.Where(q => !parameters.Any(p => Text(p, "in") == "query" && Text(p, "name") == q.Name))
            .Select(q => $"{name}: no parameter '{q.Name}'"));
        if (_options.IsLoose)
        {
            return;
        }

        foreach (var parameter in parameters.Where(p => Text(p, "in") is "query" or "path" or "header"))
        {
            var own = Text(parameter, "name")!;
            var values = Text(parameter, "in") switch
            {
                "query" => exchange.Query.Where(q => q.Name == own).Select(q => q.Value).ToArray(),
                "path" => names.TryGetValue(own, out var part) ? [part] : [],
                _ => exchange.Headers.Where(h => h.Key.Equals(own, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).ToArray(),
            };
            if (values.Length == 0 && parameter["required"]?.GetValue<bool>() == true)
            {
                faults.Add($"{name}: the parameter '{own}' is missing");
            }

            foreach (var value in values)
            {
                CompareParameter(value, parameter, $"{name}: parameter '{own}'", faults);
            }
        }
    }

    // In OpenAPI 3 a parameter has a schema, in Swagger 2.0 it is one.
    private void CompareParameter(string value, JsonObject parameter, string at, List<string> faults)
    {
        var schema = parameter["schema"] is JsonObject own ? _schemas.Resolve(own) : parameter;
        var type = Text(schema, "type");
        if (type == "array")
        {
            foreach (var item in value.Split(','))
            {
                CompareParameter(item, schema["items"]!.AsObject(), at, faults);
            }

            return;
        }

        var json = type is "integer" or "number" or "boolean" ? value : JsonSerializer.Serialize(value);
        if (schema == parameter)
        {
            // What a parameter is required for is not what a schema means by the word.
            schema = new JsonObject(schema.Where(m => m.Key is not ("required" or "in" or "name" or "allowEmptyValue"))
                .Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
        }

        Compare(System.Text.Encoding.UTF8.GetBytes(json), schema, at, faults);
    }

    private void CheckRequest(ApiExchange exchange, JsonObject operation, JsonObject[] parameters, string name, List<string> faults)
    {
        var body = Array.Find(parameters, p => Text(p, "in") == "body")
            ?? (operation["requestBody"] is JsonObject described ? _schemas.Resolve(described) : null);
        if (exchange.Request.IsEmpty)
        {
            if (body?["required"]?.GetValue<bool>() == true && !_options.IsLoose)
            {
                faults.Add($"{name}: its body is missing");
            }
        }
        else if (body is null)
        {
            faults.Add($"{name}: no body");
        }
        else if (SchemaOf(body, exchange.RequestType, $"{name} request", faults) is { } schema)
        {
            Compare(exchange.Request, schema, $"{name} request", faults);
        }
    }

    private void CheckAnswer(ApiExchange exchange, JsonObject operation, string name, List<string> faults)
    {
        var responses = operation["responses"]!.AsObject();
        var status = exchange.Status.ToString(CultureInfo.InvariantCulture);
        var at = $"{name} {status}";
        if ((responses[status] ?? responses["default"]) is JsonObject response)
        {
            if (exchange.Answer is { IsEmpty: false } said
                && SchemaOf(_schemas.Resolve(response), exchange.AnswerType, at, faults) is { } schema)
            {
                Compare(said, schema, at, faults);
            }
        }
        else if (exchange.Status < 400 || _options.ErrorSchema is null)
        {
            faults.Add($"{name}: no status {status}");
        }
        else if (exchange.Answer is { } said)
        {
            Compare(said, _schemas.Find(_options.ErrorSchema), at, faults);
        }
    }

    // In OpenAPI 3 each media type has its own.
    private static JsonObject? SchemaOf(JsonObject body, string type, string at, List<string> faults)
    {
        if (body["content"] is not JsonObject contents)
        {
            return body["schema"] as JsonObject;
        }

        if (contents[type] is JsonObject content)
        {
            return content["schema"] as JsonObject;
        }

        faults.Add($"{at}: no media type '{type}'");
        return null;
    }

    private void Compare(ReadOnlyMemory<byte> text, JsonObject schema, string at, List<string> faults)
    {
        try
        {
            using var value = JsonDocument.Parse(text);
            _schemas.Compare(value.RootElement, schema, at, faults);
        }
        catch (JsonException e)
        {
            faults.Add($"{at}: no JSON: {e.Message}");
        }
    }

    private IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray)?.Select(i => _schemas.Resolve(i!.AsObject())) ?? [];

    private static string? Text(JsonObject map, string name) => (map[name] as JsonValue)?.GetValue<string>();
}
