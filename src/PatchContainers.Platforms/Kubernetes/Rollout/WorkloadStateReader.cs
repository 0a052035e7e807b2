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
            Running = await RunningAsync(target, workload, cancellationToken).ConfigureAwait(false),
            Version = workload.Word("metadata", "resourceVersion"),
            OverdueSince = progress?.Text("reason") == ReadinessRules.Overdue ? progress.Value.Word("lastUpdateTime") : string.Empty,
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

        var plan = CanaryStrategy.Of(target.Id.Kind, workload, change.Options.Canary, change.Options.CanarySoak);
        return plan.Refusal.Length > 0 ? throw new PatchException(PatchErrorCode.ChangeRefused, change.Workload, plan.Refusal)
            : (plan.Count, held ?? plan.Fields);
    }

    private static async Task<IReadOnlyList<string>> RunningAsync(WorkloadTarget target, JsonElement workload,
        CancellationToken cancellationToken)
    {
        try
        {
            var pods = await target.PodsAsync(workload, cancellationToken).ConfigureAwait(false);
            return
            [
                .. pods.Where(pod => !pod.IsBeingDeleted())
                    .SelectMany(pod => pod.Items("status", "initContainerStatuses").Concat(pod.Items("status", "containerStatuses")))
                    .Where(status => status.Text("name") == target.Id.Container).Select(status => status.Word("imageID"))
                    .Where(image => image.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            ];
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Forbidden)
        {
            // What ran is for the record. The image string, which is needed, is known.
            return [];
        }
    }
}
