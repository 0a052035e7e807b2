namespace PatchContainers.Inventory;

/// <summary>A platform that can say which workloads it has.</summary>
public interface IWorkloadSource
{
    /// <summary>
    /// Lists the workloads. What cannot be read (a template, a broken file) is reported as a notice that names it, and the
    /// rest goes on.
    /// </summary>
    IAsyncEnumerable<Workload> ListAsync(IProgress<PatchNotice> notices, CancellationToken cancellationToken = default);
}
