using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PatchContainers.Platforms.Docker.Containers;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>A container as the engine describes it, without what it gives anew to each: ids, times, addresses, ports of its choice.</summary>
internal static partial class ContainerPicture
{
    private static readonly HashSet<string> s_anew = new(StringComparer.Ordinal)
    {
        "Id", "Created", "Pid", "StartedAt", "FinishedAt", "Log", "ExecIDs", "GraphDriver", "SandboxID", "SandboxKey", "EndpointID",
        "IPAddress", "IPPrefixLen", "Gateway", "MacAddress",
    };

    /// <summary>One line of JSON; ids in names and paths are <c>HASH</c>.</summary>
    public static string Of(JsonElement container)
    {
        var picture = JsonObject.Create(container)!;

        // An engine's maps have no order.
        picture["Mounts"] = new JsonArray([.. picture["Mounts"]!.AsArray().Select(m => m!.DeepClone())
            .OrderBy(m => m["Destination"]!.GetValue<string>(), StringComparer.Ordinal)]);
        if (picture["NetworkSettings"]?["Ports"] is JsonObject ports)
        {
            picture["NetworkSettings"]!["Ports"] = string.Join(' ', ports.Select(p => p.Key).Order(StringComparer.Ordinal));
        }

        Strip(picture);
        return Ids().Replace(picture.ToJsonString(), "HASH");
    }

    private static void Strip(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            // What was not set is null to an engine that made the container, and an empty list to one that was started since.
            foreach (var (name, value) in map.ToList())
            {
                if (s_anew.Contains(name) || ImageDefaults.IsEmpty(value))
                {
                    map.Remove(name);
                }
            }

            if (map["Aliases"] is JsonArray aliases)
            {
                map["Aliases"] = new JsonArray([.. aliases.Select(a => a!.GetValue<string>()).OrderBy(a => Ids().Replace(a, "~"),
                    StringComparer.Ordinal).Select(a => (JsonNode)a)]);
            }
        }

        foreach (var child in node switch { JsonObject o => o.Select(p => p.Value), JsonArray a => a, _ => Enumerable.Empty<JsonNode?>() })
        {
            Strip(child);
        }
    }

    [GeneratedRegex("(?<![0-9a-z])(?:[0-9a-f]{64}|[0-9a-f]{12})(?![0-9a-z])")]
    private static partial Regex Ids();
}
