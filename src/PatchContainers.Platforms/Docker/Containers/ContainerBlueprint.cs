using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Client;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>What a container's successor is made from: what the owner set, on another image.</summary>
internal static class ContainerBlueprint
{
    // Since this version a container may be made in several networks at once, and an address belongs to its network.
    private static readonly DockerApiVersion ManyNetworks = new(1, 44);

    /// <summary>The body of the request that creates the successor.</summary>
    /// <param name="container">The container, as inspecting tells it.</param>
    /// <param name="parts">What is known besides.</param>
    /// <param name="image">The successor's image.</param>
    /// <param name="labels">Labels that it gets besides.</param>
    public static JsonObject Of(JsonElement container, BlueprintParts parts, string image, IReadOnlyDictionary<string, string> labels)
    {
        var body = ImageDefaults.Subtract(container.Object("Config"), parts.ImageConfig, container.PublishedPorts());
        var mode = container.NetworkMode();
        var isShared = mode.StartsWith("container:", StringComparison.Ordinal);

        // The engine's own names: the container's short id, this machine's, or those of the container whose network it shares.
        var hostname = body["Hostname"]?.GetValue<string>();
        if (isShared || hostname == container.ShortId() || (mode == "host" && hostname == parts.EngineName))
        {
            body.Remove("Hostname");
        }

        if (isShared)
        {
            body.Remove("Domainname");
        }

        body["Image"] = image;
        body["Labels"] = Labels(body["Labels"] as JsonObject, labels);
        var host = CarriedVolumes.HostConfig(container, parts.BorrowedPlaces);
        host["RestartPolicy"] = parts.RestartPolicy.DeepClone();
        body["HostConfig"] = host;
        if (Endpoints(container, parts.Api, body) is { Count: > 0 } endpoints)
        {
            body["NetworkingConfig"] = new JsonObject { ["EndpointsConfig"] = endpoints };
        }

        return body;
    }

    private static JsonObject Labels(JsonObject? own, IReadOnlyDictionary<string, string> added)
    {
        var labels = new JsonObject((own ?? []).Where(l => !ContainerMarks.IsMark(l.Key))
            .Select(l => KeyValuePair.Create(l.Key, l.Value?.DeepClone())));
        foreach (var (name, value) in added)
        {
            labels[name] = value;
        }

        return labels;
    }

    private static JsonObject Endpoints(JsonElement container, DockerApiVersion api, JsonObject body)
    {
        var first = ContainerEndpoints.First(container);
        var endpoints = new JsonObject(ContainerEndpoints.Of(container).Where(e => first is not null && (e.Key == first || api >= ManyNetworks))
            .Select(e => KeyValuePair.Create(e.Key, (JsonNode?)e.Value)));
        if (api >= ManyNetworks && body["MacAddress"] is { } address)
        {
            body.Remove("MacAddress");
            if (first is not null)
            {
                endpoints[first]!["MacAddress"] = address.DeepClone();
            }
        }

        return endpoints;
    }
}

/// <summary>What a blueprint needs besides the container itself.</summary>
internal sealed record BlueprintParts
{
    /// <summary>The <c>Config</c> of the image that the container was made from.</summary>
    public required JsonObject ImageConfig { get; init; }

    /// <summary>Where volumes of other containers are mounted.</summary>
    public required IReadOnlySet<string> BorrowedPlaces { get; init; }

    /// <summary>When the engine starts the successor again by itself; the container's own may be switched off by now.</summary>
    public required JsonNode RestartPolicy { get; init; }

    /// <summary>The name of the engine's machine.</summary>
    public required string EngineName { get; init; }

    /// <summary>The version of the API.</summary>
    public required DockerApiVersion Api { get; init; }
}
