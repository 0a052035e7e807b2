using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>
/// Compares a container with its successor: everything is to be equal but the image, what follows from it, and what an engine gives each
/// container anew. Fields are named without their values, which may be secrets.
/// </summary>
internal static class ContainerDifferences
{
    // Of the image alone, or for building images alone.
    private static readonly HashSet<string> OfImage = ["Image", "OnBuild", "Shell", "ArgsEscaped"];
    private static readonly string[] Whole = ["Platform", "Driver", "AppArmorProfile"];
    private static readonly string[] OfMount = ["Type", "Name", "Source", "Driver", "RW", "Propagation"];

    /// <summary>What differs, by the fields of inspecting.</summary>
    /// <param name="old">The container.</param>
    /// <param name="before">What was read of it when it ran.</param>
    /// <param name="oldImage">The <c>Config</c> of its image.</param>
    /// <param name="successor">The successor.</param>
    /// <param name="newImage">The <c>Config</c> of the successor's image.</param>
    /// <param name="borrowed">Where volumes of other containers are mounted.</param>
    public static IReadOnlyList<string> Find(JsonElement old, ContainerBefore before, JsonObject oldImage, JsonElement successor,
        JsonObject newImage, IReadOnlySet<string> borrowed)
    {
        var expected = ImageDefaults.Merge(ImageDefaults.Subtract(old.Object("Config"), oldImage, old.PublishedPorts()), newImage);
        var host = CarriedVolumes.HostConfig(old, borrowed);
        host["RestartPolicy"] = before.RestartPolicy.DeepClone();
        return
        [
            .. Config(Comparable(old, expected), Comparable(successor, successor.Object("Config"))),
            .. Fields("HostConfig", Comparable(host), Comparable(successor.Object("HostConfig"))),
            .. Mounts(old, successor),
            .. Networks(old, successor),
            .. Whole.Where(name => old.Text(name) != successor.Text(name)),
        ];
    }

    private static IEnumerable<string> Config(JsonObject expected, JsonObject actual)
    {
        foreach (var name in Differing(expected, actual))
        {
            if (name == "Env")
            {
                var (one, other) = (Set(expected[name]), Set(actual[name]));
                foreach (var variable in one.Except(other).Concat(other.Except(one)).Select(ImageDefaults.NameOf).Distinct())
                {
                    yield return $"Config.Env {variable}";
                }
            }
            else if (name == "Labels")
            {
                foreach (var label in Differing(expected[name] as JsonObject ?? [], actual[name] as JsonObject ?? []))
                {
                    yield return $"Config.Labels {label}";
                }
            }
            else
            {
                yield return $"Config.{name}";
            }
        }
    }

    // Names that the engine made up are its own, and so are those of the machine or the container whose network it shares.
    private static JsonObject Comparable(JsonElement container, JsonObject config)
    {
        foreach (var name in OfImage)
        {
            config.Remove(name);
        }

        if (!container.HasNetworks() || config["Hostname"]?.GetValue<string>() == container.ShortId())
        {
            config.Remove("Hostname");
        }

        if (config["Labels"] is JsonObject labels)
        {
            foreach (var label in labels.Select(l => l.Key).Where(ContainerMarks.IsMark).ToArray())
            {
                labels.Remove(label);
            }
        }

        return config;
    }

    // A link is told with the name that the container has at the moment: /db:/web/alias.
    private static JsonObject Comparable(JsonObject host)
    {
        host["Links"] = new JsonArray([.. ImageDefaults.Texts(host["Links"])
            .Select(link => (JsonNode)$"{link.Split(':')[0]}:{link[(link.LastIndexOf('/') + 1)..]}")]);
        return host;
    }

    private static IEnumerable<string> Mounts(JsonElement old, JsonElement successor)
    {
        var (one, other) = (ByPlace(old), ByPlace(successor));

        // A place that the new image alone declares follows from it.
        return one.Keys.Where(place => !other.TryGetValue(place, out var mount) || mount != one[place]).Select(place => $"Mounts {place}");

        static Dictionary<string, string> ByPlace(JsonElement container) => container.Items("Mounts").ToDictionary(
            m => m.Text("Destination") ?? string.Empty,
            m => string.Join(' ', OfMount.Select(field => m.At(field)?.GetRawText())), StringComparer.Ordinal);
    }

    private static IEnumerable<string> Networks(JsonElement old, JsonElement successor)
    {
        var (one, other) = (ContainerEndpoints.Of(old), ContainerEndpoints.Of(successor));
        foreach (var network in one.Keys.Union(other.Keys, StringComparer.Ordinal))
        {
            if (!one.TryGetValue(network, out var expected) || !other.TryGetValue(network, out var actual))
            {
                yield return $"NetworkSettings.Networks {network}";
                continue;
            }

            foreach (var field in Differing(expected, actual).Where(f => f != "Aliases" || !Set(expected[f]).SetEquals(Set(actual[f]))))
            {
                yield return $"NetworkSettings.Networks {network}.{field}";
            }
        }
    }

    private static IEnumerable<string> Fields(string parent, JsonObject expected, JsonObject actual) =>
        Differing(expected, actual).Select(name => $"{parent}.{name}");

    private static IEnumerable<string> Differing(JsonObject one, JsonObject other) => one.Select(p => p.Key)
        .Union(other.Select(p => p.Key), StringComparer.Ordinal).Where(name => !(ImageDefaults.IsEmpty(one[name])
            && ImageDefaults.IsEmpty(other[name])) && !JsonNode.DeepEquals(one[name], other[name]))
        .Where(name => name != "Env" || !Set(one[name]).SetEquals(Set(other[name])));

    private static HashSet<string> Set(JsonNode? list) => ImageDefaults.Texts(list).ToHashSet(StringComparer.Ordinal);
}
