using PatchContainers.Inventory;
using PatchContainers.Rollout;

namespace PatchContainers;

/// <summary>
/// What the Platforms assembly offers to Core. The module loads that assembly into a context of its own, beside its third-party
/// code, so this interface is all that the two share.
/// </summary>
public interface IPlatformProvider
{
    /// <summary>The workloads in Kubernetes manifests and Compose files: one file, or a folder with all below it.</summary>
    IWorkloadSource OpenFiles(string path);

    /// <summary>All platforms that can be changed.</summary>
    IReadOnlyList<IOrchestrator> Orchestrators { get; }
}
