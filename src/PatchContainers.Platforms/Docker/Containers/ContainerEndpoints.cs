using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>What an owner set of a container's place in its networks: aliases, links, driver options, fixed addresses.</summary>
internal static class ContainerEndpoints
{
    // What the engine gave: another container gets its own.
    private static readonly string[] Given =
    [
        "NetworkID", "EndpointID", "Gateway", "IPAddress", "IPPrefixLen", "IPv6Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen",
        "MacAddress", "DNSNames",
    ];

    /// <summary>By network, what connecting to it takes. Nothing for a container whose network is not its own.</summary>
    public static IReadOnlyDictionary<string, JsonObject> Of(JsonElement container)
    {
        var endpoints = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var network in container.HasNetworks() ? container.Networks() : [])
        {
            var endpoint = container.Object("NetworkSettings", "Networks", network);
            foreach (var name in Given)
            {
                endpoint.Remove(name);
            }

            // Engines add the short id as an alias by themselves.
            endpoint["Aliases"] = new JsonArray([.. ImageDefaults.Texts(endpoint["Aliases"])
                .Where(a => a != container.ShortId() && a != container.Id()).Select(a => (JsonNode)a)]);
            foreach (var name in endpoint.Where(p => ImageDefaults.IsEmpty(p.Value)).Select(p => p.Key).ToArray())
            {
                endpoint.Remove(name);
            }

            endpoints.Add(network, endpoint);
        }

        return endpoints;
    }

    /// <summary>The network that the container is made in; null where its owner took it out of there since.</summary>
    public static string? First(JsonElement container)
    {
        var mode = container.NetworkMode();
        var name = mode is "default" or "" ? "bridge" : mode;
        return !container.HasNetworks() ? null : container.Networks().FirstOrDefault(n => n == name
            || (name.Length >= 12 && container.Text("NetworkSettings", "Networks", n, "NetworkID") is { } id
                && id.StartsWith(name, StringComparison.Ordinal)));
    }
}
