using System.Text.RegularExpressions;
using PatchContainers.Images;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Manifests;

/// <summary>The Kubernetes object that a container belongs to, and the parameters of the OpenShift Template around it.</summary>
internal sealed partial class KubernetesObject
{
    private IReadOnlyDictionary<string, string?>? _parameters;

    private KubernetesObject(string kind, string name, string space, IReadOnlyDictionary<string, string> labels)
    {
        Kind = kind;
        Name = name;
        Namespace = space;
        Labels = labels;
    }

    public string Kind { get; }

    /// <summary>The name; for an object that only has a <c>generateName</c>, that.</summary>
    public string Name { get; }

    public string Namespace { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>
    /// For a list, the kind of the items that do not say their own: <c>Pod</c> for <c>PodList</c>, <c>List</c> for <c>List</c>.
    /// </summary>
    public string? ItemKind => Kind.EndsWith("List", StringComparison.Ordinal) ? Kind.Length > 4 ? Kind[..^4] : Kind : null;

    /// <summary>The object that this mapping is; null if it is none.</summary>
    public static KubernetesObject? TryRead(YamlMapping mapping, KubernetesObject? outer) =>
        mapping.Text("apiVersion") is not null && mapping.Text("kind") is { } kind ? Of(mapping, kind, outer) : null;

    /// <summary>This mapping as an object of that kind.</summary>
    public static KubernetesObject Of(YamlMapping mapping, string kind, KubernetesObject? outer)
    {
        var metadata = mapping["metadata"] as YamlMapping;
        return new KubernetesObject(kind, NameOf(mapping), metadata?.Text("namespace") ?? string.Empty, LabelsOf(metadata?["labels"]))
        {
            _parameters = kind == "Template" && mapping["parameters"] is YamlSequence parameters
                ? ParametersOf(parameters)
                : outer?._parameters,
        };
    }

    public static string NameOf(YamlMapping mapping)
    {
        var metadata = mapping["metadata"] as YamlMapping;
        return metadata?.Text("name") ?? metadata?.Text("generateName") ?? "_";
    }

    /// <summary>The image that a text stands for; why it cannot be told; why it must not be edited.</summary>
    public (string Image, string Fault, string EditFault) Resolve(string text)
    {
        if (_parameters is not null && ParameterPattern().IsMatch(text))
        {
            return ResolveParameters(text, _parameters);
        }

        if (TemplateText.IsIn(text))
        {
            return (text, $"its image '{text}' is a template expression. Render the template, and name the rendered file", string.Empty);
        }

        // Kubernetes itself puts nothing in the place of a variable here; envsubst, Flux and their like do.
        return text.Contains('$', StringComparison.Ordinal)
            ? (text, $"its image '{text}' holds a variable that another program fills in. Name the file that it writes", string.Empty)
            : (text, string.Empty, string.Empty);
    }

    private static (string Image, string Fault, string EditFault) ResolveParameters(
        string text, IReadOnlyDictionary<string, string?> parameters)
    {
        var names = ParameterPattern().Matches(text).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal).ToArray();
        var unknown = names.Where(name => parameters.GetValueOrDefault(name) is null).ToArray();
        if (unknown.Length > 0)
        {
            return (text, $"its image '{text}' needs the Template's parameter {string.Join(", ", unknown)}, which has no value in the file",
                string.Empty);
        }

        var image = ParameterPattern().Replace(text, match => parameters[match.Groups[1].Value]!);
        return ImageReference.TryParse(image, out _, out _)
            ? (image, string.Empty,
                $"its image '{text}' is made of the Template's parameter {string.Join(", ", names)}. Change the parameter's value")
            : (text, $"its image '{text}' becomes '{image}' with the values of the Template's parameters, and that is no image reference",
                string.Empty);
    }

    private static Dictionary<string, string?> ParametersOf(YamlSequence parameters)
    {
        var result = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var item in parameters.Items)
        {
            if (item.Resolved is YamlMapping parameter && parameter.Text("name") is { } name)
            {
                result[name] = parameter.Text("value");
            }
        }

        return result;
    }

    private static Dictionary<string, string> LabelsOf(YamlNode? node)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in (node as YamlMapping)?.Effective ?? [])
        {
            if (entry.Key is { } key && entry.Value.Resolved is YamlScalar value)
            {
                labels[key] = value.Value;
            }
        }

        return labels;
    }

    // ${NAME}, and ${{NAME}} for values that are no strings (OpenShift, "Using templates").
    [GeneratedRegex(@"\$\{\{?([A-Za-z0-9_]+)\}\}?", RegexOptions.CultureInvariant)]
    private static partial Regex ParameterPattern();
}
