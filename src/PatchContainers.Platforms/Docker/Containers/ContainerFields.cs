using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>Reads a container as inspecting tells it.</summary>
internal static class ContainerFields
{
    private const int ShortLength = 12;

    /// <summary>Its id.</summary>
    public static string Id(this JsonElement container) => container.Text("Id") ?? string.Empty;

    /// <summary>Its id as engines shorten it.</summary>
    public static string ShortId(this JsonElement container) => Shorten(container.Id());

    /// <summary>An id as engines shorten it.</summary>
    public static string Shorten(string id) => id[..Math.Min(ShortLength, id.Length)];

    /// <summary>Its name, without the slash.</summary>
    public static string Name(this JsonElement container) => (container.Text("Name") ?? string.Empty).TrimStart('/');

    /// <summary>The name of a container as a list tells it: links are names, too, and have a slash more.</summary>
    public static string ListedName(this JsonElement listed) =>
        listed.Items("Names").Select(n => n.GetString()?.TrimStart('/') ?? string.Empty)
            .FirstOrDefault(n => n.Length > 0 && !n.Contains('/', StringComparison.Ordinal)) ?? listed.Id();

    /// <summary>One of its labels.</summary>
    public static string? Label(this JsonElement container, string name) => container.Text("Config", "Labels", name);

    /// <summary>The image that it was made from, as its owner named it.</summary>
    public static string ImageName(this JsonElement container) => container.Text("Config", "Image") ?? string.Empty;

    /// <summary>Whether its program runs, or is about to run again.</summary>
    public static bool IsRunning(this JsonElement container) => container.IsTrue("State", "Running");

    /// <summary><c>created</c>, <c>running</c>, <c>paused</c>, <c>restarting</c>, <c>removing</c>, <c>exited</c>, <c>dead</c>.</summary>
    public static string Status(this JsonElement container) => container.Text("State", "Status") ?? string.Empty;

    /// <summary>A time of its state; null for one that was not yet.</summary>
    public static DateTimeOffset? Time(this JsonElement container, params string[] path) =>
        DateTimeOffset.TryParse(container.Text(path), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time.Year > 1 ? time : null;

    /// <summary>Whether it has been started, ever.</summary>
    public static bool HasStarted(this JsonElement container) => container.Time("State", "StartedAt") is not null;

    /// <summary>How its network is made: <c>default</c>, <c>host</c>, <c>container:ID</c>, a network.</summary>
    public static string NetworkMode(this JsonElement container) => container.Text("HostConfig", "NetworkMode") ?? string.Empty;

    /// <summary>Whether its network is its own, so that it is connected to networks by name.</summary>
    public static bool HasNetworks(this JsonElement container) => container.NetworkMode() is var mode && mode is not ("host" or "none")
        && !mode.StartsWith("container:", StringComparison.Ordinal);

    /// <summary>The networks that it is connected to.</summary>
    public static IReadOnlyList<string> Networks(this JsonElement container) =>
        container.At("NetworkSettings", "Networks") is { ValueKind: JsonValueKind.Object } map
            ? [.. map.EnumerateObject().Select(n => n.Name)] : [];

    /// <summary>The ports that its owner publishes: <c>8080/tcp</c>.</summary>
    public static IReadOnlySet<string> PublishedPorts(this JsonElement container) =>
        container.Object("HostConfig", "PortBindings").Select(p => p.Key).ToHashSet(StringComparer.Ordinal);

    /// <summary>When the engine starts it again by itself.</summary>
    public static JsonNode RestartPolicy(this JsonElement container) =>
        container.At("HostConfig", "RestartPolicy") is { ValueKind: JsonValueKind.Object } policy
            ? JsonNode.Parse(policy.GetRawText())! : new JsonObject { ["Name"] = "no" };

    /// <summary>Whether the engine never starts it again by itself.</summary>
    public static bool NeverRestarts(JsonNode policy) => policy["Name"]?.GetValue<string>() is null or "" or "no";

    /// <summary>The object at a path, to be written to; an empty one where there is none.</summary>
    public static JsonObject Object(this JsonElement element, params string[] path) =>
        element.At(path) is { ValueKind: JsonValueKind.Object } found ? JsonObject.Create(found)! : [];
}
