using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Platforms.Kubernetes.Journal;

/// <summary>Makes what rollouts share out of one namespace.</summary>
internal static class KubernetesState
{
    public static SharedState Open(KubernetesClient client, string ns, TimeProvider clock)
    {
        var objects = new StateObjects(client, ns);
        return new SharedState(new KubernetesJournalStore(objects, clock),
            new ConfigMapDocument(objects, StateObjects.Prefix + "quarantine"), objects);
    }
}
