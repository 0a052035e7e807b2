using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Docker.Containers;

/// <summary>
/// Names the volumes that an engine made up for a container, so that the next container mounts the same ones. Named volumes and folders
/// are in the configuration already.
/// </summary>
internal static class CarriedVolumes
{
    /// <summary>The container's <c>HostConfig</c> with each of its volumes named.</summary>
    /// <param name="container">The container.</param>
    /// <param name="borrowed">Where volumes of other containers are mounted (<c>VolumesFrom</c>): they come from there again.</param>
    public static JsonObject HostConfig(JsonElement container, IReadOnlySet<string> borrowed)
    {
        var host = container.Object("HostConfig");
        var binds = ImageDefaults.Texts(host["Binds"]).ToArray();
        var mounts = (host["Mounts"] as JsonArray ?? []).OfType<JsonObject>().ToArray();

        // An engine lists them in no order, and another one each time.
        foreach (var mount in container.Items("Mounts").Where(m => m.Text("Type") == "volume")
            .OrderBy(m => m.Text("Destination"), StringComparer.Ordinal))
        {
            if (mount.Text("Destination") is not { Length: > 0 } place || mount.Text("Name") is not { Length: > 0 } volume
                || borrowed.Contains(place) || Array.Exists(binds, b => BindsTo(b, place)))
            {
                continue;
            }

            if (Array.Find(mounts, m => m["Target"]?.GetValue<string>() == place) is { } own)
            {
                own["Source"] = volume;
                continue;
            }

            if (host["Mounts"] is not JsonArray list)
            {
                host["Mounts"] = list = [];
            }

            var carried = new JsonObject { ["Type"] = "volume", ["Source"] = volume, ["Target"] = place };
            if (mount.At("RW") is { ValueKind: JsonValueKind.False })
            {
                carried["ReadOnly"] = true;
            }

            list.Add(carried);
        }

        return host;
    }

    // SOURCE:PLACE, or SOURCE:PLACE:MODE.
    private static bool BindsTo(string bind, string place) => bind.EndsWith(":" + place, StringComparison.Ordinal)
        || bind.Contains($":{place}:", StringComparison.Ordinal);
}
