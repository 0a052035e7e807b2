using System.Runtime.CompilerServices;

namespace PatchContainers.Inventory;

/// <summary>Workloads that are known already: those that a record carries.</summary>
/// <param name="workloads">The workloads.</param>
public sealed class ListedWorkloads(IReadOnlyList<Workload> workloads) : IWorkloadSource
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<Workload> ListAsync(IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var workload in workloads)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return workload;
        }
    }
}
