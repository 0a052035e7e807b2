using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// One Job made from a CronJob whose image was changed: it shows whether the new image does the work. Its name follows from the change, so
/// that a run that is killed finds it again and makes no second one.
/// </summary>
internal sealed class TrialJob(WorkloadTarget cronJob, RolloutChange change, WorkloadState? before)
{
    /// <summary>The label of the Job that names the CronJob; the annotation of the CronJob that names the Job which completed.</summary>
    public const string Label = "patchcontainers/trial";

    // A CronJob's name has 52 characters at most, a Job's 63.
    private const int MaxPrefix = 46;
    private const int KeptSeconds = 3600;

    /// <summary>The Job's name.</summary>
    public string Name
    {
        get
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{change.Workload}\n{change.NewImage}\n{before?.Version}"));
            var prefix = cronJob.Id.Name.Length > MaxPrefix ? cronJob.Id.Name[..MaxPrefix].TrimEnd('-', '.') : cronJob.Id.Name;
            return string.Create(CultureInfo.InvariantCulture, $"{prefix}-trial-{BinaryPrimitives.ReadUInt32BigEndian(hash):x8}");
        }
    }

    /// <summary>Makes it, unless it is there, and waits for its end: it has to complete.</summary>
    public async Task<RolloutChange> AwaitAsync(TimeSpan atMost, TimeProvider clock, CancellationToken cancellationToken)
    {
        var template = await cronJob.GetAsync(cancellationToken).ConfigureAwait(false);
        if (cronJob.Slot(template)?.Image != change.NewImage)
        {
            return change with
            {
                Status = ChangeStatus.LeftAlone,
                Detail = $"{cronJob.Id.Object} no longer holds '{change.NewImage}': someone else changed it.",
            };
        }

        if (template.Annotation(Label) == Name)
        {
            // It may be there still: a run was killed before it was deleted. Who only looks, now and again, deletes nothing.
            if (atMost > TimeSpan.Zero)
            {
                await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
                await DeleteAsync(cancellationToken).ConfigureAwait(false);
            }

            return change with { Status = ChangeStatus.Healthy, Detail = Completed($"Job {cronJob.Id.Namespace}/{Name}"), Ran = true };
        }

        await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await cronJob.Client.CreateAsync(KubernetesResource.Jobs, cronJob.Id.Namespace, Of(template), KubernetesClient.FieldManager,
                false, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.AlreadyExists)
        {
            // Made before a crash, or by an earlier wait.
        }

        var job = new WorkloadTarget(cronJob.Client, cronJob.Id with { Kind = "Job", Name = Name }, KubernetesResource.Jobs);
        var result = await new WorkloadObserver(job, change, new Observation(job, change), clock).RunAsync(atMost, cancellationToken)
            .ConfigureAwait(false);
        if (result.Status == ChangeStatus.Healthy)
        {
            await change.CheckLeaseAsync(cancellationToken).ConfigureAwait(false);

            // First what it showed, then its end: a run that is killed in between tries nothing out again.
            await cronJob.Client.PatchAsync(cronJob.Resource, cronJob.Id.Namespace, cronJob.Id.Name,
                new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Label] = Name } } }, PatchKind.Merge,
                KubernetesClient.FieldManager, false, cancellationToken).ConfigureAwait(false);
            await DeleteAsync(cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>Deletes it with its pods, if it is there.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await cronJob.Client.DeleteAsync(KubernetesResource.Jobs, cronJob.Id.Namespace, Name, null, DeletePropagation.Background, false,
                cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
        {
            // Never made, or deleted already.
        }
    }

    private JsonObject Of(JsonElement template)
    {
        var metadata = Node(template.At("spec", "jobTemplate", "metadata"));
        var labels = metadata["labels"] as JsonObject ?? [];
        labels[Label] = cronJob.Id.Name;
        var annotations = metadata["annotations"] as JsonObject ?? [];
        annotations["cronjob.kubernetes.io/instantiate"] = "manual";
        var spec = Node(template.At("spec", "jobTemplate", "spec"));

        // Should nobody come back to delete it. Servers before 1.23 do not know it.
        spec["ttlSecondsAfterFinished"] ??= KeptSeconds;
        return new JsonObject
        {
            ["apiVersion"] = KubernetesResource.Jobs.ApiVersion,
            ["kind"] = KubernetesResource.Jobs.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = Name,
                ["labels"] = labels.DeepClone(),
                ["annotations"] = annotations.DeepClone(),
            },
            ["spec"] = spec,
        };
    }

    private static string Completed(string job) => $"{job}, made from the template, completed.";

    private static JsonObject Node(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } value ? JsonObject.Create(value)!.DeepClone().AsObject() : [];

    private sealed class Observation(WorkloadTarget job, RolloutChange change) : IObservation
    {
        public RolloutChange Look(JsonElement workload, WorkloadView view, IReadOnlyList<JsonElement> events, DateTimeOffset now,
            out TimeSpan? recheck)
        {
            recheck = null;
            var name = job.Id.Object;
            if (workload.Condition("Complete")?.Text("status") == "True")
            {
                return With(ChangeStatus.Healthy, Completed(name)) with { Ran = true };
            }

            var stuck = StuckRules.Of(workload, view.Pods, events, now);
            recheck = stuck?.RecheckAfter;
            if (workload.Condition("Failed") is { } failed && failed.Text("status") == "True")
            {
                return With(ChangeStatus.Failed,
                    $"{name}, made from the template, failed: {failed.Word("message").TrimEnd('.')}. {stuck?.Detail}".TrimEnd()) with
                {
                    Ran = HasRun(view),
                };
            }

            return With(stuck is { IsFatal: true } ? ChangeStatus.Failed : ChangeStatus.Applied,
                $"{name}, made from the template, has not completed yet. {stuck?.Detail}".TrimEnd()) with
            {
                Ran = stuck?.IsOfRunning != false && HasRun(view),
            };
        }

        public Task<PatchException?> ClearAsync(JsonElement workload, WorkloadView view, CancellationToken cancellationToken) =>
            Task.FromResult<PatchException?>(null);

        private bool HasRun(WorkloadView view) => view.Pods.Any(pod => pod.HasRun(job.Id.Container));

        private RolloutChange With(ChangeStatus status, string detail) => change with { Status = status, Detail = detail };
    }
}
