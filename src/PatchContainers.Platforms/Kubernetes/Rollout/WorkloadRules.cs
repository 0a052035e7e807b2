using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>Which workloads cannot be rolled out as they stand.</summary>
internal static class WorkloadRules
{
    /// <summary>Why it cannot be, and what to do; empty where it can.</summary>
    public static string Refusal(KubernetesWorkloadId id, JsonElement workload)
    {
        if (workload.IsBeingDeleted())
        {
            return $"{id.Object} is being deleted.";
        }

        if (id.Kind == "Deployment" && workload.IsTrue("spec", "paused"))
        {
            return $"{id.Object} is paused: nothing would be rolled out, and restoring the image would change nothing. "
                + $"Run: kubectl rollout resume deployment/{id.Name} -n {id.Namespace}";
        }

        return workload.Text("spec", "updateStrategy", "type") == "OnDelete"
            ? $"{id.Object} has the update strategy OnDelete: its pods are replaced when someone deletes them, and nothing would be rolled "
                + "out. Set spec.updateStrategy.type to RollingUpdate." : string.Empty;
    }
}
