using System.Globalization;
using System.Text.Json;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>Says whether a workload has come to the state that a change waits for.</summary>
/// <param name="change">The change.</param>
/// <param name="target">Its workload.</param>
/// <param name="state">What is waited for.</param>
internal sealed class WorkloadJudge(RolloutChange change, WorkloadTarget target, AwaitedState state) : IObservation
{
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private readonly WorkloadState? _before = change.Before.Length == 0 ? null : WorkloadState.Parse(change.Before, target.Id.Object);

    /// <inheritdoc/>
    public RolloutChange Look(JsonElement workload, WorkloadView view, IReadOnlyList<JsonElement> events, DateTimeOffset now,
        out TimeSpan? recheck)
    {
        recheck = null;
        if (target.Slot(workload) is not { } slot)
        {
            return With(ChangeStatus.LeftAlone, $"{target.Id.Object} no longer has the container '{target.Id.Container}'.");
        }

        if (!Expected(slot.Image))
        {
            return With(ChangeStatus.LeftAlone, $"{target.Id.Object} holds '{slot.Image}' now, and not "
                + $"'{(state == AwaitedState.Old ? change.OldImage : change.NewImage)}': someone else changed it.");
        }

        var readiness = ReadinessRules.Of(target.Id.Kind, workload);
        if (state == AwaitedState.New && workload.Annotation(WorkloadState.Annotation) is not null)
        {
            // A StatefulSet is complete above its partition, which is a canary's here.
            readiness = Readiness.Progressing("It is held as a canary.");
        }

        if (readiness.State == ReadinessState.Ready)
        {
            return Ready(workload, readiness);
        }

        var pods = view.Pods.Where(p => Expected(p.ImageOfPod(target.Id.Container))).ToList();
        if (state == AwaitedState.Canary && _before is { CanaryCount: > 0 } && workload.IsObserved())
        {
            // What counts as canary are pods, and without the right to see them nothing can be said.
            if (view.PodsFault is { } fault)
            {
                throw fault;
            }

            var (ready, count) = (pods.Count(p => p.IsReadyPod()), CanarySize(workload));
            if (ready >= count && !IsGoingDown(workload))
            {
                return With(ChangeStatus.Healthy, Say($"{ready} pods of the new version are ready; the others stay as they were.")) with
                {
                    Ran = true,
                };
            }

            readiness = readiness with { Reason = Say($"{ready} of {count} pods of the canary are ready.") };
        }

        if (readiness.State == ReadinessState.Failed && IsOfAnEarlierRollout(workload))
        {
            readiness = Readiness.Progressing("The progress deadline had passed before, and there is no progress yet.");
        }

        // Pods of the other version do not fail this one, but they may block it: a StatefulSet waits for each before it goes on.
        var stuck = StuckRules.Of(workload, pods, events, now)
            ?? (StuckRules.Of(workload, view.Pods, events, now) is { } other ? other with { IsFatal = false, RecheckAfter = null } : null);
        recheck = stuck?.RecheckAfter;
        var detail = stuck is null ? readiness.Reason : $"{readiness.Reason} {stuck.Detail}";
        var hasFailed = readiness.State == ReadinessState.Failed || stuck is { IsFatal: true };
        return With(hasFailed ? ChangeStatus.Failed : ChangeStatus.Applied, detail) with
        {
            // Where a quota or a full cluster is what it waits for, nothing is said against the image.
            Ran = stuck?.IsOfRunning != false && pods.Exists(p => p.HasRun(target.Id.Container)),
        };
    }

    /// <summary>
    /// Deletes the pods of the new version that keep a StatefulSet from going back: it waits until each is ready, which it never will be
    /// (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback).
    /// </summary>
    public async Task<PatchException?> ClearAsync(JsonElement workload, WorkloadView view, CancellationToken cancellationToken)
    {
        foreach (var pod in Blocking(workload, view.Pods))
        {
            try
            {
                await target.Client.DeleteAsync(KubernetesResource.Pods, target.Id.Namespace, pod.Word("metadata", "name"),
                    pod.Word("metadata", "uid"), DeletePropagation.Background, false, cancellationToken).ConfigureAwait(false);
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.NotFound or PatchErrorCode.Conflict)
            {
                // It is gone already, or another one has its name by now.
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.Forbidden)
            {
                return e;
            }

            _deleted.Add(pod.Word("metadata", "uid"));
        }

        return null;
    }

    /// <summary>The pods that <see cref="ClearAsync"/> deletes.</summary>
    internal IReadOnlyList<JsonElement> Blocking(JsonElement workload, IEnumerable<JsonElement> pods)
    {
        var uid = workload.Text("metadata", "uid");
        return state != AwaitedState.Old || target.Id.Kind != "StatefulSet" || !workload.IsObserved()
            || target.Slot(workload) is not { } slot || !Expected(slot.Image) ? []
            : [.. pods.Where(p => !p.IsBeingDeleted() && !p.IsReadyPod() && p.ImageOfPod(target.Id.Container) == change.NewImage
                && p.Items("metadata", "ownerReferences").Any(o => o.Text("uid") == uid)
                && !_deleted.Contains(p.Word("metadata", "uid")))];
    }

    // Where no pod is wanted, as with a workload scaled to zero, nothing has shown that the new version works.
    private RolloutChange Ready(JsonElement workload, Readiness readiness)
    {
        var due = target.Id.Kind == "DaemonSet" ? workload.Number("status", "desiredNumberScheduled") ?? 0
            : (workload.Number("spec", "replicas") ?? 1) - (workload.Number("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0);
        var isCanary = state == AwaitedState.Canary && _before is { CanaryCount: > 0 };
        return isCanary && due > 0 && IsGoingDown(workload) ? With(ChangeStatus.Applied, $"{target.Id.Object} is being scaled down.")
            : due > 0 ? With(ChangeStatus.Healthy, readiness.Reason) with { Ran = state != AwaitedState.Old }
            : isCanary ? With(ChangeStatus.Inconclusive, $"{target.Id.Object} was scaled down: no pod of its canary is left.")
            : With(ChangeStatus.Healthy, $"No pod of {target.Id.Object} has to run the image. {readiness.Reason}");
    }

    // Scaling down takes from old and new pods alike; what the canary still has to have then is its controller's to say.
    private long CanarySize(JsonElement workload) => workload.Number("spec", "replicas") < _before!.Replicas
        ? Math.Clamp(workload.Number("status", "updatedReplicas") ?? 0, 1, _before.CanaryCount) : _before.CanaryCount;

    // Until the controller has taken away what is too many, a pod that is counted may be one that goes.
    private bool IsGoingDown(JsonElement workload)
    {
        var wanted = workload.Number("spec", "replicas") ?? 1;
        return wanted < _before!.Replicas && (wanted == 0 || (workload.Number("status", "replicas") ?? 0)
            > wanted + (target.Id.Kind == "Deployment" ? _before.CanaryCount : 0));
    }

    // A condition outlives the rollout that it was about, until there is progress again.
    private bool IsOfAnEarlierRollout(JsonElement workload) => workload.Condition("Progressing") is { } progress
        && progress.Text("reason") == ReadinessRules.Overdue
        && (state == AwaitedState.Old || progress.Text("lastUpdateTime") == _before?.OverdueSince);

    // Put back may also mean: never changed, and the caller wants the same digest pinned.
    private bool Expected(string? image) => state == AwaitedState.Old ? image == change.OldImage
        || (image == _before?.Image && image != change.NewImage) : image == change.NewImage;

    private RolloutChange With(ChangeStatus status, string detail) => change with { Status = status, Detail = detail };

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
