using System.Text.Json;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>What a change is about: a container of an object in a cluster.</summary>
internal sealed record WorkloadTarget(KubernetesClient Client, KubernetesWorkloadId Id, KubernetesResource Resource)
{
    /// <summary>Finds the cluster and the kind of a change's workload.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the change names no workload in a cluster;
    /// <see cref="PatchErrorCode.NotSupported"/>: objects of this kind are not changed; and as the client says.</exception>
    public static async Task<WorkloadTarget> OfAsync(RolloutChange change, Func<string, KubernetesClient> clients,
        CancellationToken cancellationToken)
    {
        var id = KubernetesWorkloadId.Parse(change.Workload);
        var client = clients(id.Context);
        var resource = id.Kind switch
        {
            "Deployment" => KubernetesResource.Deployments,
            "StatefulSet" => KubernetesResource.StatefulSets,
            "DaemonSet" => KubernetesResource.DaemonSets,
            "CronJob" => await client.CronJobsAsync(cancellationToken).ConfigureAwait(false),
            "Job" => throw NotChanged(id, "A Job's pods are fixed when it is made", "the CronJob or the tool that makes it"),
            "Pod" => throw NotChanged(id, "A bare pod has nobody that would replace it", "whatever made it"),
            _ => throw NotChanged(id, $"Objects of the kind {id.Kind} are not rolled out", "the Deployment, StatefulSet, DaemonSet or "
                + "CronJob that owns it, or the folder of its manifest"),
        };
        return new WorkloadTarget(client, id, resource);
    }

    /// <summary>Reads the object.</summary>
    public Task<JsonElement> GetAsync(CancellationToken cancellationToken) =>
        Client.GetAsync(Resource, Id.Namespace, Id.Name, cancellationToken);

    /// <summary>Changes the object.</summary>
    public Task<JsonElement> PatchAsync(JsonPatch patch, bool dryRun, CancellationToken cancellationToken) =>
        Client.PatchAsync(Resource, Id.Namespace, Id.Name, patch.ToNode(), PatchKind.Json, KubernetesClient.FieldManager, dryRun,
            cancellationToken);

    /// <summary>The container in the object; null where it is not there.</summary>
    public ContainerSlot? Slot(JsonElement workload) => ContainerSlot.Find(Id.Kind, workload, Id.Container);

    /// <summary>The object's pods, as a list; none for a CronJob.</summary>
    public async Task<IReadOnlyList<JsonElement>> PodsAsync(JsonElement workload, CancellationToken cancellationToken)
    {
        var pods = new List<JsonElement>();
        if (workload.Selector() is { } selector)
        {
            await foreach (var pod in Client.ListAsync(KubernetesResource.Pods, Id.Namespace, selector, null, cancellationToken)
                .ConfigureAwait(false))
            {
                pods.Add(pod);
            }
        }

        return pods;
    }

    private static PatchException NotChanged(KubernetesWorkloadId id, string why, string instead) => new(PatchErrorCode.NotSupported,
        id.ToString(), $"{id.Object} is listed, and never changed. {why}: change {instead}.");
}
