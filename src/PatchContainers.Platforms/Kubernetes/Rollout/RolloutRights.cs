using System.Collections.Concurrent;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Kubernetes.Rollout;

/// <summary>
/// The rights that a rollout needs beyond reading and patching the workload, which are tried out. Watching is not among them: without it,
/// workloads are read every second. Nor are events: without them, some reasons are shorter.
/// </summary>
internal sealed class RolloutRights
{
    private readonly ConcurrentDictionary<(KubernetesClient Client, string Namespace, string Verb, KubernetesResource Resource), Task<bool>>
        _known = new();

    /// <summary>The rights that are missing, as a person would name them: <c>list pods</c>.</summary>
    public async Task<IReadOnlyList<string>> MissingAsync(WorkloadTarget target, RolloutChange change, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (var (verb, resource) in Needed(target.Id.Kind, change.Options.TrialJob))
        {
            if (!await _known.GetOrAdd((target.Client, target.Id.Namespace, verb, resource),
                key => key.Client.CanAsync(key.Verb, key.Resource, key.Namespace, cancellationToken)).ConfigureAwait(false))
            {
                missing.Add($"{verb} {resource.Plural}");
            }
        }

        return missing;
    }

    /// <summary>What is needed.</summary>
    public static IReadOnlyList<(string Verb, KubernetesResource Resource)> Needed(string kind, bool trialJob) => kind switch
    {
        "CronJob" when !trialJob => [],
        "CronJob" =>
        [
            ("create", KubernetesResource.Jobs), ("get", KubernetesResource.Jobs), ("delete", KubernetesResource.Jobs),
            ("list", KubernetesResource.Pods),
        ],
        "StatefulSet" => [("list", KubernetesResource.Pods), ("delete", KubernetesResource.Pods)],
        _ => [("list", KubernetesResource.Pods)],
    };
}
