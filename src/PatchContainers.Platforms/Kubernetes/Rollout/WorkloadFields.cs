using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>What rollouts read in objects, beyond single fields.</summary>
internal static class WorkloadFields
{
    /// <summary>The condition of a type in the object's status; null where there is none.</summary>
    public static JsonElement? Condition(this JsonElement element, string type)
    {
        foreach (var condition in element.Items("status", "conditions"))
        {
            if (condition.Text("type") == type)
            {
                return condition;
            }
        }

        return null;
    }

    /// <summary>An annotation; null where there is none.</summary>
    public static string? Annotation(this JsonElement element, string name) => element.Text("metadata", "annotations", name);

    /// <summary><c>namespace/name</c>, or the name alone.</summary>
    public static string FullName(this JsonElement element) => element.Word("metadata", "namespace") is { Length: > 0 } space
        ? $"{space}/{element.Word("metadata", "name")}" : element.Word("metadata", "name");

    /// <summary>Whether a pod is ready to serve.</summary>
    public static bool IsReadyPod(this JsonElement pod) => !pod.IsBeingDeleted() && pod.Condition("Ready")?.Text("status") == "True";

    /// <summary>Whether the object is on its way out.</summary>
    public static bool IsBeingDeleted(this JsonElement element) => element.Text("metadata", "deletionTimestamp") is not null;

    /// <summary>Whether the object's controller has seen its specification as it is now.</summary>
    public static bool IsObserved(this JsonElement workload) => workload.Number("status", "observedGeneration") is > 0 and var seen
        && seen >= (workload.Number("metadata", "generation") ?? 0);

    /// <summary>The image that a pod's container was told to run; null where it has no such container.</summary>
    public static string? ImageOfPod(this JsonElement pod, string container)
    {
        foreach (var one in pod.Items("spec", "initContainers").Concat(pod.Items("spec", "containers")))
        {
            if (one.Text("name") == container)
            {
                return one.Text("image");
            }
        }

        return null;
    }

    /// <summary>Whether a pod's container was ever started.</summary>
    public static bool HasRun(this JsonElement pod, string container) =>
        pod.Items("status", "initContainerStatuses").Concat(pod.Items("status", "containerStatuses")).Any(status =>
            status.Text("name") == container && (status.At("state", "running") is not null || status.At("state", "terminated") is not null
                || status.At("lastState", "terminated") is not null));

    /// <summary>The workload's selector as the API takes it; null where it has none.</summary>
    public static string? Selector(this JsonElement workload)
    {
        var parts = workload.Texts("spec", "selector", "matchLabels").Select(label => $"{label.Key}={label.Value}").ToList();
        foreach (var rule in workload.Items("spec", "selector", "matchExpressions"))
        {
            var (key, values) = (rule.Word("key"), string.Join(',', rule.Items("values").Select(v => v.GetString())));
            parts.Add(rule.Text("operator") switch
            {
                "In" => $"{key} in ({values})",
                "NotIn" => $"{key} notin ({values})",
                "Exists" => key,
                "DoesNotExist" => "!" + key,
                var other => throw new PatchException(PatchErrorCode.ProtocolError, workload.FullName(),
                    $"{workload.FullName()} has a selector with the operator '{other}', which is not known. Use a newer version."),
            });
        }

        return parts.Count == 0 ? null : string.Join(',', parts);
    }
}
