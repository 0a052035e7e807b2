using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// Whether a workload runs what its specification says, from the object alone: the rules of <c>kubectl rollout status</c>
/// (https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_status/).
/// </summary>
internal static class ReadinessRules
{
    /// <summary>The reason of a Deployment's condition Progressing whose deadline has passed.</summary>
    public const string Overdue = "ProgressDeadlineExceeded";

    /// <summary>Looks at a Deployment, StatefulSet or DaemonSet.</summary>
    /// <param name="kind">The object's kind: items of a list do not say theirs.</param>
    /// <param name="workload">The object.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>: no other kind has a rollout;
    /// <see cref="PatchErrorCode.ProtocolError"/>: the object is not as the API says.</exception>
    public static Readiness Of(string kind, JsonElement workload) => kind switch
    {
        "Deployment" => OfDeployment(workload),
        "StatefulSet" => OfStatefulSet(workload),
        "DaemonSet" => OfDaemonSet(workload),
        _ => throw new PatchException(PatchErrorCode.NotSupported, kind,
            $"A {kind} has no rollout that could be awaited; Deployment, StatefulSet and DaemonSet have."),
    };

    private static Readiness OfDeployment(JsonElement workload)
    {
        if (!workload.IsObserved())
        {
            return Unobserved("Deployment", workload);
        }

        if (workload.Condition("Progressing") is { } progress && progress.Word("reason") == Overdue)
        {
            var deadline = workload.Number("spec", "progressDeadlineSeconds") ?? 600;
            return Readiness.Failed(Say($"Deployment {workload.FullName()} made no progress for {deadline} s, its progress deadline."));
        }

        // Absent means 1: the API server writes the default, but a dump may come from elsewhere.
        var wanted = workload.Number("spec", "replicas") ?? 1;
        var updated = Count(workload, "updatedReplicas");
        var available = Count(workload, "availableReplicas");
        var all = Count(workload, "replicas");
        if (updated < wanted)
        {
            return Readiness.Progressing(Say($"{updated} of {wanted} new replicas have been made."));
        }

        if (all > updated)
        {
            return Readiness.Progressing(Say($"{all - updated} old replicas have not ended yet."));
        }

        return available < updated ? Readiness.Progressing(Say($"{available} of {updated} new replicas are available."))
            : Readiness.Ready(Say($"All {updated} replicas are new and available."));
    }

    private static Readiness OfStatefulSet(JsonElement workload)
    {
        if (UpdateStrategy(workload) == "OnDelete")
        {
            return OnDelete("StatefulSet", workload);
        }

        if (!workload.IsObserved())
        {
            return Unobserved("StatefulSet", workload);
        }

        var wanted = workload.Number("spec", "replicas") ?? 1;
        var ready = Count(workload, "readyReplicas");
        var updated = Count(workload, "updatedReplicas");
        if (ready < wanted)
        {
            return Readiness.Progressing(Say($"{wanted - ready} of {wanted} pods are not ready yet."));
        }

        // The API server always writes rollingUpdate and its partition, so the comparison of revisions below it is only for objects
        // from before that. It is no proof with a partition: revisions stay different for ever.
        if (workload.At("spec", "updateStrategy", "rollingUpdate") is { } rolling)
        {
            var partition = rolling.Number("partition") ?? 0;
            var due = Math.Max(0, wanted - partition);
            return updated < due ? Readiness.Progressing(Say($"{updated} of {due} new pods have been made."))
                : Readiness.Ready(partition == 0 ? Say($"All {updated} pods are new and ready.")
                    : Say($"{updated} pods are new and ready; those below the partition {partition} stay old."));
        }

        var revision = workload.Word("status", "updateRevision");
        return revision != workload.Word("status", "currentRevision")
            ? Readiness.Progressing(Say($"{updated} pods have the revision {revision}."))
            : Readiness.Ready(Say($"All {Count(workload, "currentReplicas")} pods are new and ready."));
    }

    private static Readiness OfDaemonSet(JsonElement workload)
    {
        if (UpdateStrategy(workload) == "OnDelete")
        {
            return OnDelete("DaemonSet", workload);
        }

        if (!workload.IsObserved())
        {
            return Unobserved("DaemonSet", workload);
        }

        var wanted = Count(workload, "desiredNumberScheduled");
        var updated = Count(workload, "updatedNumberScheduled");
        var available = Count(workload, "numberAvailable");
        if (updated < wanted)
        {
            return Readiness.Progressing(Say($"{updated} of {wanted} new pods have been made."));
        }

        return available < wanted ? Readiness.Progressing(Say($"{available} of {wanted} new pods are available."))
            : Readiness.Ready(Say($"All {wanted} pods are new and available."));
    }

    private static long Count(JsonElement workload, string field) => workload.Number("status", field) ?? 0;

    private static string UpdateStrategy(JsonElement workload) => workload.Word("spec", "updateStrategy", "type");

    private static Readiness Unobserved(string kind, JsonElement workload) =>
        Readiness.Progressing($"{kind} {workload.FullName()}: its controller has not seen the change yet.");

    private static Readiness OnDelete(string kind, JsonElement workload) => Readiness.Failed(
        $"{kind} {workload.FullName()} has the update strategy OnDelete: its pods are replaced when someone deletes them, "
        + "and there is no rollout to wait for. Set spec.updateStrategy.type to RollingUpdate.");

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
