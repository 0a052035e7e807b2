using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Platforms.Kubernetes.Rollout;
using static PatchContainers.Platforms.Kubernetes.Client.KubernetesResource;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>Asks clusters whether they answer, and which of the rights that this program can make use of the account has.</summary>
internal static class ClusterProbe
{
    private const string ForInventory = "inventory";
    private const string ForRollout = "rollout";
    private const string ForPullSecrets = "pull secrets";
    private const string ForState = "the state store";

    public static async Task<IReadOnlyList<ClusterInfo>> ProbeAsync(KubeConfig config, KubernetesInventoryOptions options,
        CancellationToken cancellationToken)
    {
        var clusters = new List<ClusterInfo>();
        string?[] names = options.Contexts.Count > 0 ? [.. options.Contexts.Distinct(StringComparer.Ordinal)] : [null];
        foreach (var name in names)
        {
            IReadOnlyList<string> spaces = options.Namespaces.Count > 0 ? [.. options.Namespaces.Distinct(StringComparer.Ordinal)] : [string.Empty];
            clusters.Add(await ProbeAsync(config.Context(name), spaces, [.. Needed()], options.TimeProvider, cancellationToken)
                .ConfigureAwait(false));
        }

        return clusters;
    }

    /// <summary>Asks for the rights that journals, locks, requests and the quarantine need.</summary>
    public static Task<ClusterInfo> ProbeStateAsync(KubeContext context, string ns, TimeProvider clock, CancellationToken cancellationToken) =>
        ProbeAsync(context, [ns.Length == 0 ? context.Namespace : ns], [.. StateObjects.Rights.Select(r => (r.Verb, r.Resource, ForState))],
            clock, cancellationToken);

    private static async Task<ClusterInfo> ProbeAsync(KubeContext context, IReadOnlyList<string> spaces,
        IReadOnlyList<(string Verb, KubernetesResource Resource, string Purpose)> rights, TimeProvider clock, CancellationToken cancellationToken)
    {
        var info = new ClusterInfo { Context = context.Name, Address = context.Cluster.Server.AbsoluteUri };
        try
        {
            using var client = new KubernetesClient(context, new KubernetesClientOptions
            {
                TimeProvider = clock,
                RetryFor = TimeSpan.FromSeconds(3),
            });
            var version = await client.VersionAsync(cancellationToken).ConfigureAwait(false);
            var found = new List<ClusterRight>();
            foreach (var space in spaces)
            {
                found.AddRange(await Task.WhenAll(rights.Select(async needed => new ClusterRight
                {
                    Right = $"{needed.Verb} {needed.Resource.Plural}",
                    Namespace = space,
                    Purpose = needed.Purpose,
                    IsAllowed = await client.CanAsync(needed.Verb, needed.Resource, space, cancellationToken).ConfigureAwait(false),
                })).ConfigureAwait(false));
            }

            return info with { Version = version, IsReachable = true, Rights = found.ToArray() };
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
