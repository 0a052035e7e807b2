using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>What an inventory keeps of an object that runs containers.</summary>
internal sealed record WorkloadTemplate(string Kind, string Namespace, string Name, string Uid, KubernetesOwner? Owner,
    IReadOnlyDictionary<string, string> Labels, IReadOnlyList<KeyValuePair<string, string>> Containers, string ServiceAccount,
    IReadOnlyList<string> PullSecrets)
{
    private static readonly string[] Templated = ["spec", "template", "spec"];
    private static readonly string[] Scheduled = ["spec", "jobTemplate", "spec", "template", "spec"];
    private static readonly string[] Itself = ["spec"];

    /// <summary>Reads an object; null where it has no name.</summary>
    public static WorkloadTemplate? Read(JsonElement item, string kind)
    {
        if (item.Text("metadata", "name") is not { } name || item.Text("metadata", "namespace") is not { } space)
        {
            return null;
        }

        var spec = item.At(kind switch { "CronJob" => Scheduled, "Pod" => Itself, _ => Templated });
        return new WorkloadTemplate(kind, space, name, item.Text("metadata", "uid") ?? string.Empty, KubernetesOwner.Of(item),
            item.Texts("metadata", "labels"), spec is { } pod ? ContainersOf(pod).ToArray() : [],
            spec?.Text("serviceAccountName") ?? "default", spec is { } s ? SecretsOf(s).ToArray() : []);
    }

    /// <summary>The containers of a pod's specification, init containers first, with their images.</summary>
    public static IEnumerable<KeyValuePair<string, string>> ContainersOf(JsonElement spec) =>
        spec.Items("initContainers").Concat(spec.Items("containers"))
            .Where(container => container.Text("name") is { Length: > 0 } && container.Text("image") is { Length: > 0 })
            .Select(container => KeyValuePair.Create(container.Text("name")!, container.Text("image")!));

    /// <summary>The secrets that a pod's specification names for pulling.</summary>
    public static IEnumerable<string> SecretsOf(JsonElement spec) =>
        spec.Items("imagePullSecrets").Select(secret => secret.Text("name")).OfType<string>();
}
