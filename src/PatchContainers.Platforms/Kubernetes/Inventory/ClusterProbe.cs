using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Rollout;
using static PatchContainers.Platforms.Kubernetes.Client.KubernetesResource;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>Asks clusters whether they answer, and which of the rights that this program can make use of the account has.</summary>
internal static class ClusterProbe
{
    private const string ForInventory = "inventory";
    private const string ForRollout = "rollout";
    private const string ForPullSecrets = "pull secrets";

    public static async Task<IReadOnlyList<ClusterInfo>> ProbeAsync(KubeConfig config, KubernetesInventoryOptions options,
        CancellationToken cancellationToken)
    {
        var clusters = new List<ClusterInfo>();
        string?[] names = options.Contexts.Count > 0 ? [.. options.Contexts.Distinct(StringComparer.Ordinal)] : [null];
        foreach (var name in names)
        {
            clusters.Add(await ProbeAsync(config.Context(name), options, cancellationToken).ConfigureAwait(false));
        }

        return clusters;
    }

    private static async Task<ClusterInfo> ProbeAsync(KubeContext context, KubernetesInventoryOptions options,
        CancellationToken cancellationToken)
    {
        var info = new ClusterInfo { Context = context.Name, Address = context.Cluster.Server.AbsoluteUri };
        try
        {
            using var client = new KubernetesClient(context, new KubernetesClientOptions
            {
                TimeProvider = options.TimeProvider,
                RetryFor = TimeSpan.FromSeconds(3),
            });
            var version = await client.VersionAsync(cancellationToken).ConfigureAwait(false);
            var rights = new List<ClusterRight>();
            IEnumerable<string> spaces = options.Namespaces.Count > 0 ? options.Namespaces.Distinct(StringComparer.Ordinal) : [string.Empty];
            foreach (var space in spaces)
            {
                rights.AddRange(await Task.WhenAll(Needed().Select(async needed => new ClusterRight
                {
                    Right = $"{needed.Verb} {needed.Resource.Plural}",
                    Namespace = space,
                    Purpose = needed.Purpose,
                    IsAllowed = await client.CanAsync(needed.Verb, needed.Resource, space, cancellationToken).ConfigureAwait(false),
                })).ConfigureAwait(false));
            }

            return info with { Version = version, IsReachable = true, Rights = rights.ToArray() };
        }
        catch (PatchException e)
        {
            return info with { Detail = e.Message };
        }
    }

    private static IEnumerable<(string Verb, KubernetesResource Resource, string Purpose)> Needed()
    {
        KubernetesResource[] patched = [Deployments, StatefulSets, DaemonSets, CronJobs];
        foreach (var resource in (KubernetesResource[])[.. patched, Jobs, ReplicaSets, Pods])
        {
            yield return ("list", resource, ForInventory);
        }

        foreach (var resource in (KubernetesResource[])[Secrets, ServiceAccounts])
        {
            yield return ("get", resource, ForPullSecrets);
        }

        foreach (var resource in patched)
        {
            yield return ("get", resource, ForRollout);
            yield return ("patch", resource, ForRollout);
        }

        foreach (var (verb, resource) in RolloutRights.Needed("StatefulSet", false).Concat(RolloutRights.Needed("CronJob", true))
            .Distinct().Where(r => r != ("list", Pods)))
        {
            yield return (verb, resource, ForRollout);
        }
    }
}
