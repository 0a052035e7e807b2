using System.Text.Json;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>Reads how a workload is before a change.</summary>
internal static class WorkloadStateReader
{
    /// <summary>Reads it, and plans the canary that the change asks for.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: the workload or its container is not there;
    /// <see cref="PatchErrorCode.ChangeRefused"/>: there can be no such canary; and as the client says.</exception>
    public static async Task<WorkloadState> ReadAsync(WorkloadTarget target, RolloutChange change, CancellationToken cancellationToken)
    {
        var workload = await target.GetAsync(cancellationToken).ConfigureAwait(false);
        var slot = target.Slot(workload) ?? throw new PatchException(PatchErrorCode.NotFound, change.Workload,
            $"{target.Id.Object} has no container '{target.Id.Container}'.");
        var (count, fields) = Canary(target, change, workload);
        var progress = workload.Condition("Progressing");
        return new WorkloadState
        {
            Image = slot.Image,
            Running = await RunningAsync(target, workload, slot.Image, cancellationToken).ConfigureAwait(false),
            Version = workload.Word("metadata", "resourceVersion"),
            OverdueSince = progress?.Text("reason") == ReadinessRules.Overdue ? progress.Value.Word("lastUpdateTime") : string.Empty,
            Replicas = workload.Number("spec", "replicas") ?? 0,
            CanaryCount = count,
            Strategy = fields,
        };
    }

    private static (int Count, IReadOnlyList<StrategyField> Fields) Canary(
        WorkloadTarget target, RolloutChange change, JsonElement workload)
    {
        // Another container of the same object is a canary already: what the strategy was stands in the annotation alone.
        var held = workload.Annotation(WorkloadState.Annotation) is { } text ? WorkloadState.ParseFields(text, target.Id.Object) : null;
        if (change.Options.Canary.Length == 0 || target.Id.Kind == "CronJob")
        {
            return (0, held ?? []);
        }

        var plan = CanaryStrategy.Of(target.Id.Kind, workload, change.Options.Canary);
        return plan.Refusal.Length > 0 ? throw new PatchException(PatchErrorCode.ChangeRefused, change.Workload, plan.Refusal)
            : (plan.Count, held ?? plan.Fields);
    }

    private static async Task<IReadOnlyList<string>> RunningAsync(WorkloadTarget target, JsonElement workload, string image,
        CancellationToken cancellationToken)
    {
        try
        {
            var pods = await target.PodsAsync(workload, cancellationToken).ConfigureAwait(false);
            return
            [
                // What is left of an earlier version is not what was to run.
                .. pods.Where(pod => !pod.IsBeingDeleted() && pod.ImageOfPod(target.Id.Container) == image)
                    .SelectMany(pod => pod.Items("status", "initContainerStatuses").Concat(pod.Items("status", "containerStatuses")))
                    .Where(status => status.Text("name") == target.Id.Container).Select(status => status.Word("imageID"))
                    .Where(id => id.Length > 0).GroupBy(id => id, StringComparer.Ordinal).OrderByDescending(same => same.Count())
                    .ThenBy(same => same.Key, StringComparer.Ordinal).Select(same => same.Key),
            ];
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Forbidden)
        {
            // The check has refused this before; taken away since, the image string is what is left.
            return [];
        }
    }
}
