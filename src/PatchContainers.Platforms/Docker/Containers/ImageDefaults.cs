using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>
/// Tells apart what a container's owner set and what its image brought. An engine merges the image's configuration into the container's
/// when it makes it, and inspecting shows the result: taken over as it is, it would mask what a new image brings.
/// </summary>
/// <remarks>What an owner set to the very value that the image has cannot be told from the image's own, and counts as that.</remarks>
internal static class ImageDefaults
{
    private const string Ports = "ExposedPorts";

    private static readonly string[] Values = ["User", "WorkingDir", "StopSignal", "Shell", "OnBuild", "ArgsEscaped"];
    private static readonly string[] Maps = ["Labels", Ports, "Volumes"];
    private static readonly string[] Probe = ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"];

    /// <summary>A container's <c>Config</c> without what its image brought.</summary>
    /// <param name="config">The container's, as inspecting tells it.</param>
    /// <param name="image">The image's own <c>Config</c>.</param>
    /// <param name="published">The ports that its owner publishes (<c>8080/tcp</c>): engines do that only where they are exposed, too, which
    /// a new image need not do.</param>
    public static JsonObject Subtract(JsonObject config, JsonObject image, IReadOnlySet<string> published)
    {
        var own = (JsonObject)config.DeepClone();
        foreach (var name in Values)
        {
            if (IsEmpty(own[name]) || JsonNode.DeepEquals(own[name], image[name]))
            {
                own.Remove(name);
            }
        }

        SubtractCommand(own, image);
        var inherited = Texts(image["Env"]).ToHashSet(StringComparer.Ordinal);
        Put(own, "Env", new JsonArray([.. Texts(own["Env"]).Where(e => !inherited.Contains(e)).Select(e => (JsonNode)e)]));
        foreach (var name in Maps)
        {
            Put(own, name, new JsonObject((own[name] as JsonObject ?? []).Where(p => image[name] is not JsonObject map
                || !map.TryGetPropertyValue(p.Key, out var value) || !JsonNode.DeepEquals(p.Value, value)
                || (name == Ports && published.Contains(p.Key)))
                .Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))));
        }

        if (own["Healthcheck"] is JsonObject check && image["Healthcheck"] is JsonObject inheritedCheck)
        {
            Put(own, "Healthcheck", new JsonObject(check.Where(p => !JsonNode.DeepEquals(p.Value, inheritedCheck[p.Key]))
                .Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))));
        }

        return own;
    }

    /// <summary>What an engine makes of an owner's configuration and an image's, as far as a container runs by it.</summary>
    public static JsonObject Merge(JsonObject own, JsonObject image)
    {
        var merged = (JsonObject)own.DeepClone();
        foreach (var name in Values)
        {
            Inherit(merged, image, name);
        }

        MergeCommand(merged, own, image);
        var named = Texts(own["Env"]).Select(NameOf).ToHashSet(StringComparer.Ordinal);
        Put(merged, "Env", new JsonArray([.. Texts(own["Env"]).Concat(Texts(image["Env"]).Where(e => !named.Contains(NameOf(e))))
            .Select(e => (JsonNode)e)]));
        foreach (var name in Maps)
        {
            var map = (JsonObject?)image[name]?.DeepClone() ?? [];
            foreach (var (key, value) in own[name] as JsonObject ?? [])
            {
                map[key] = value?.DeepClone();
            }

            Put(merged, name, map);
        }

        if (image["Healthcheck"] is JsonObject inherited)
        {
            var check = (JsonObject?)own["Healthcheck"]?.DeepClone() ?? [];
            foreach (var name in Probe)
            {
                Inherit(check, inherited, name);
            }

            merged["Healthcheck"] = check;
        }

        return merged;
    }

    /// <summary>Whether there is nothing, or what engines write for nothing.</summary>
    public static bool IsEmpty(JsonNode? node) => node switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject map => map.Count == 0,
        JsonValue value => value.ToJsonString() is "\"\"" or "0" or "false" or "null",
        _ => false,
    };

    /// <summary>A variable's name.</summary>
    public static string NameOf(string variable) => variable.Split('=')[0];

    /// <summary>The texts of a list; none where there is no list.</summary>
    public static IEnumerable<string> Texts(JsonNode? list) => (list as JsonArray ?? []).Select(t => t?.GetValue<string>() ?? string.Empty);

    // Who sets the entry point gets none of the image's arguments. An entry point that was taken away is written as one empty word.
    private static void SubtractCommand(JsonObject own, JsonObject image)
    {
        var sameEntry = Same("Entrypoint");
        if (sameEntry && Same("Cmd"))
        {
            own.Remove("Entrypoint");
            own.Remove("Cmd");
        }
        else if (sameEntry && !IsEmpty(own["Cmd"]))
        {
            own.Remove("Entrypoint");
        }
        else if (IsEmpty(own["Entrypoint"]) && !IsEmpty(image["Entrypoint"]))
        {
            own["Entrypoint"] = new JsonArray(string.Empty);
        }

        bool Same(string name) => (IsEmpty(own[name]) && IsEmpty(image[name])) || JsonNode.DeepEquals(own[name], image[name]);
    }

    private static void MergeCommand(JsonObject merged, JsonObject own, JsonObject image)
    {
        if (IsEmpty(own["Entrypoint"]))
        {
            if (IsEmpty(own["Cmd"]))
            {
                Inherit(merged, image, "Cmd");
            }
            else
            {
                merged.Remove("ArgsEscaped");
            }

            Inherit(merged, image, "Entrypoint");
        }
        else
        {
            merged.Remove("ArgsEscaped");
            if (own["Entrypoint"] is JsonArray { Count: 1 } words && IsEmpty(words[0]))
            {
                merged.Remove("Entrypoint");
            }
        }
    }

    private static void Inherit(JsonObject own, JsonObject image, string name)
    {
        if (IsEmpty(own[name]))
        {
            Put(own, name, image[name]?.DeepClone());
        }
    }

    private static void Put(JsonObject target, string name, JsonNode? value)
    {
        if (IsEmpty(value))
        {
            target.Remove(name);
        }
        else
        {
            target[name] = value;
        }
    }
}
