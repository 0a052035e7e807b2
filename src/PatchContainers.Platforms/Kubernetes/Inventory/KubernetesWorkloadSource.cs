using System.Runtime.CompilerServices;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>The workloads of clusters, context by context.</summary>
internal sealed class KubernetesWorkloadSource : IWorkloadSource
{
    private readonly KubernetesInventoryOptions _options;
    private readonly IReadOnlyList<KubeContext> _contexts;

    /// <summary>Finds the contexts; nothing is asked of them yet.</summary>
    /// <exception cref="PatchException">There is no such context, or it is not valid.</exception>
    public KubernetesWorkloadSource(KubeConfig config, KubernetesInventoryOptions options)
    {
        _options = options;
        _contexts = options.Contexts.Count > 0 ? options.Contexts.Distinct(StringComparer.Ordinal).Select(config.Context).ToArray()
            : [config.Context()];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<Workload> ListAsync(IProgress<PatchNotice> notices,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(notices);
        var count = 0;
        foreach (var context in _contexts)
        {
            var workloads = Open(context, notices)?.ListAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            if (workloads is null)
            {
                continue;
            }

            await using (workloads.ConfigureAwait(false))
            {
                while (await NextAsync(workloads, notices).ConfigureAwait(false))
                {
                    count++;
                    yield return workloads.Current;
                }
            }
        }

        if (count == 0)
        {
            notices.Report(new PatchNotice.Warning($"No workload was found in {string.Join(", ", _contexts.Select(c => c.Name))}."));
        }
    }

    private ClusterInventory? Open(KubeContext context, IProgress<PatchNotice> notices)
    {
        try
        {
            return new ClusterInventory(new KubernetesClient(context, new KubernetesClientOptions
            {
                TimeProvider = _options.TimeProvider,
                Notices = notices,
            }), _options, notices);
        }
        catch (PatchException e)
        {
            notices.Report(new PatchNotice.Failure(e));
            return null;
        }
    }

    // A cluster that cannot be asked is one failure; the others go on.
    private static async Task<bool> NextAsync(IAsyncEnumerator<Workload> workloads, IProgress<PatchNotice> notices)
    {
        try
        {
            return await workloads.MoveNextAsync().ConfigureAwait(false);
        }
        catch (PatchException e)
        {
            notices.Report(new PatchNotice.Failure(e));
            return false;
        }
    }
}
