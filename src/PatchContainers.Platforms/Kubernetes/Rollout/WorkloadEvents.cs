using System.Text.Json;
using PatchContainers.Platforms.Kubernetes.Client;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// Reads the events of a workload and of some of its pods. They only make a reason more telling: it is no error when they cannot be read,
/// and a server that is gone is noticed where the workload is read.
/// </summary>
internal sealed class WorkloadEvents(WorkloadTarget target)
{
    private const int MaxPods = 3;
    private bool _isRefused;

    public async Task<IReadOnlyList<JsonElement>> ReadAsync(JsonElement workload, IEnumerable<JsonElement> pods,
        CancellationToken cancellationToken)
    {
        var events = new List<JsonElement>();
        foreach (var one in pods.Where(pod => !pod.IsReadyPod() && !pod.IsBeingDeleted()).Take(MaxPods).Prepend(workload))
        {
            if (_isRefused || one.Text("metadata", "uid") is not { Length: > 0 } uid)
            {
                continue;
            }

            try
            {
                await foreach (var found in target.Client.ListAsync(KubernetesResource.Events, target.Id.Namespace, null,
                    $"involvedObject.uid={uid}", cancellationToken).ConfigureAwait(false))
                {
                    events.Add(found);
                }
            }
            catch (PatchException e)
            {
                _isRefused = e.Code == PatchErrorCode.Forbidden;
                return events;
            }
        }

        return events;
    }
}
