using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using PatchContainers.TestKit;
using YamlDotNet.RepresentationModel;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>The published description of one version of the Engine API (Swagger 2.0).</summary>
internal sealed class SwaggerDescription
{
    private readonly YamlMappingNode _root;
    private readonly List<(Regex Path, string Template, YamlMappingNode Methods)> _paths = [];

    private SwaggerDescription(YamlMappingNode root)
    {
        _root = root;
        foreach (var (template, methods) in Members(Map(root, "paths")!))
        {
            // Names of images hold slashes; all others do not.
            var name = template.StartsWith("/images/", StringComparison.Ordinal) ? ".+" : "[^/]+";
            var pattern = Regex.Replace(Regex.Escape(template), @"\\\{[^}]*}", name);
            _paths.Add((new Regex($"^{pattern}$"), template, (YamlMappingNode)methods));
        }

        // Those without parameters first: /containers/json is no container.
        _paths.Sort((a, b) => a.Template.Count(c => c == '{').CompareTo(b.Template.Count(c => c == '{')));
    }

    /// <summary>The versions whose descriptions are there.</summary>
    public static IReadOnlyList<string> Versions => ConformanceData.Find("apis", "docker") is { } folder
        ? Directory.EnumerateFiles(folder, "engine-api-v*.yaml.gz")
            .Select(f => Path.GetFileName(f)["engine-api-v".Length..^".yaml.gz".Length]).Order(StringComparer.Ordinal).ToArray()
        : [];

    public static SwaggerDescription Read(string version)
    {
        using var file = File.OpenRead(ConformanceData.Find("apis", "docker", $"engine-api-v{version}.yaml.gz")!);
        using var text = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var yaml = new YamlStream();
        yaml.Load(text);
        return new SwaggerDescription((YamlMappingNode)yaml.Documents[0].RootNode);
    }

    /// <summary>What is not as described, each in a line that names the operation.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path, without the version.</param>
    /// <param name="query">The names of the parameters.</param>
    /// <param name="request">The request's body; null for none.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="answer">The answer's body; null where it is not looked at.</param>
    public IReadOnlyList<string> Check(string method, string path, IEnumerable<string> query, JsonElement? request, int status,
        JsonElement? answer)
    {
        var faults = new List<string>();
        var (_, template, methods) = _paths.Find(p => p.Path.IsMatch(path) && Map(p.Methods, method.ToLowerInvariant()) is not null);
        if (template is null)
        {
            return [$"{method} {path}: no such operation"];
        }

        var name = $"{method} {template}";
        var operation = Map(methods, method.ToLowerInvariant())!;
        var parameters = Items(operation, "parameters").Concat(Items(methods, "parameters")).Select(Resolve).ToArray();
        faults.AddRange(query.Where(q => !parameters.Any(p => Text(p, "in") == "query" && Text(p, "name") == q))
            .Select(q => $"{name}: no parameter '{q}'"));
        if (request is { } body)
        {
            if (Array.Find(parameters, p => Text(p, "in") == "body") is { } described)
            {
                Compare(body, Map(described, "schema"), $"{name} request", faults);
            }
            else
            {
                faults.Add($"{name}: no body");
            }
        }

        if (Map(Map(operation, "responses")!, status.ToString(System.Globalization.CultureInfo.InvariantCulture)) is not { } response)
        {
            faults.Add($"{name}: no status {status}");
        }
        else if (answer is { } said)
        {
            Compare(said, Map(Resolve(response), "schema"), $"{name} {status}", faults);
        }

        return faults;
    }

    // Null stands for an empty list or mapping nearly everywhere, and is not told apart.
    private void Compare(JsonElement value, YamlMappingNode? schema, string at, List<string> faults)
    {
        if (schema is null || value.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        var resolved = Resolve(schema);
        var parts = Items(resolved, "allOf").Select(Resolve).Append(resolved).ToArray();
        var type = parts.Select(p => Text(p, "type")).LastOrDefault(t => t is not null)
            ?? (parts.Any(p => Map(p, "properties") is not null) ? "object" : null);
        if (type is not null && !Fits(value, type))
        {
            faults.Add($"{at}: {value.ValueKind} is no {type}");
            return;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                Compare(item, parts.Select(p => Map(p, "items")).LastOrDefault(i => i is not null), at + "[]", faults);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            var others = parts.Select(p => Map(p, "additionalProperties")).LastOrDefault(a => a is not null);
            var properties = parts.Select(p => Map(p, "properties")).OfType<YamlMappingNode>().ToArray();
            foreach (var member in value.EnumerateObject())
            {
                var described = properties.Select(p => Map(p, member.Name)).LastOrDefault(p => p is not null);
                if (described is not null || others is not null)
                {
                    Compare(member.Value, described ?? others, described is null ? at + ".*" : $"{at}.{member.Name}", faults);
                }
                else if (properties.Length > 0)
                {
                    faults.Add($"{at}.{member.Name}: not described");
                }
            }
        }
    }

    private static bool Fits(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && !value.GetRawText().Contains('.', StringComparison.Ordinal),
        _ => value.ValueKind == JsonValueKind.Number,
    };

    private YamlMappingNode Resolve(YamlNode node)
    {
        var map = (YamlMappingNode)node;
        while (Text(map, "$ref") is { } reference)
        {
            map = reference.TrimStart('#', '/').Split('/').Aggregate(_root, (at, name) => Map(at, name)!);
        }

        return map;
    }

    private static IEnumerable<(string Name, YamlNode Value)> Members(YamlMappingNode map) =>
        map.Children.Select(c => (((YamlScalarNode)c.Key).Value!, c.Value));

    private static YamlMappingNode? Map(YamlMappingNode map, string name) =>
        map.Children.TryGetValue(new YamlScalarNode(name), out var value) ? value as YamlMappingNode : null;

    private static string? Text(YamlMappingNode map, string name) =>
        map.Children.TryGetValue(new YamlScalarNode(name), out var value) ? (value as YamlScalarNode)?.Value : null;

    private static IEnumerable<YamlNode> Items(YamlMappingNode map, string name) =>
        map.Children.TryGetValue(new YamlScalarNode(name), out var value) && value is YamlSequenceNode list ? list.Children : [];
}
