using System.Text.Json;
using YamlDotNet.Serialization;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>Objects for tests, written as YAML.</summary>
internal static class Objects
{
    public static JsonElement Parse(string yaml)
    {
        var value = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml);
        return JsonElement.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(value));
    }
}
