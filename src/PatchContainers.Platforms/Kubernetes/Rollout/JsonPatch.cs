using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>A JSON patch (RFC 6902): all of its operations or none.</summary>
internal sealed class JsonPatch
{
    private readonly JsonArray _operations = [];

    /// <summary>Whether it changes anything: tests alone do not.</summary>
    public bool HasWrites { get; private set; }

    /// <summary>The patch to send.</summary>
    public JsonArray ToNode() => _operations;

    /// <summary>Refuses the whole patch unless the value is there and is this.</summary>
    public JsonPatch Test(string pointer, JsonNode value) => Add("test", pointer, value);

    /// <summary>Sets a value, whether or not one is there.</summary>
    public JsonPatch Set(string pointer, JsonNode value) => Add("add", pointer, value);

    /// <summary>Sets a value that has to be there.</summary>
    public JsonPatch Replace(string pointer, JsonNode value) => Add("replace", pointer, value);

    /// <summary>Takes a value away that has to be there.</summary>
    public JsonPatch Remove(string pointer)
    {
        _operations.Add(new JsonObject { ["op"] = "remove", ["path"] = pointer });
        HasWrites = true;
        return this;
    }

    /// <summary>A name as a pointer's part (RFC 6901, section 3).</summary>
    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private JsonPatch Add(string operation, string pointer, JsonNode value)
    {
        _operations.Add(new JsonObject { ["op"] = operation, ["path"] = pointer, ["value"] = value.DeepClone() });
        HasWrites |= operation != "test";
        return this;
    }
}
