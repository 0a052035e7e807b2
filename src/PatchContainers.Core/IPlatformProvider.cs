using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Rollout.Plans;
using PatchContainers.Scanning.Operator;
using PatchContainers.Stores.DockerEngine;

namespace PatchContainers;

/// <summary>
/// What the Platforms assembly offers to Core. The module loads that assembly into a context of its own, beside its third-party
/// code, so this interface is all that the two share.
/// </summary>
public interface IPlatformProvider
{
    /// <summary>The workloads in Kubernetes manifests and Compose files: one file, or a folder with all below it.</summary>
    IWorkloadSource OpenFiles(string path);

    /// <summary>The workloads of Kubernetes clusters, as the kubeconfig names them. Nothing is asked yet.</summary>
    /// <exception cref="PatchException">There is no kubeconfig, or it is not valid; there is no such context.</exception>
    IWorkloadSource OpenKubernetes(KubernetesInventoryOptions options);

    /// <summary>The contexts of the kubeconfig, in its order.</summary>
    /// <exception cref="PatchException">There is no kubeconfig, or it is not valid.</exception>
    IReadOnlyList<string> ListKubernetesContexts();

    /// <summary>The namespaces of a cluster.</summary>
    /// <param name="context">The context; null for the current one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">The cluster cannot be asked.</exception>
    IAsyncEnumerable<string> ListKubernetesNamespacesAsync(string? context, CancellationToken cancellationToken = default);

    /// <summary>
    /// What the Trivy Operator of a cluster has found. A report that cannot be read is told, and the others are read.
    /// </summary>
    /// <param name="context">The context; empty for the current one.</param>
    /// <param name="ns">The namespace; empty for all, and for what lies in none.</param>
    /// <param name="notices">Hears what a person should know: a server that is not verified.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">There is no kubeconfig, or no such context; the cluster cannot be asked, or has no such
    /// operator.</exception>
    Task<OperatorReports> ReadVulnerabilityReportsAsync(string context, string ns, IProgress<PatchNotice> notices,
        TimeProvider clock, CancellationToken cancellationToken = default);

    /// <summary>The containers of an engine. Nothing is asked yet.</summary>
    /// <exception cref="PatchException">The engine or the selector cannot be read; there is no such docker context.</exception>
    IWorkloadSource OpenDocker(DockerInventoryOptions options);

    /// <summary>The services of the swarm that an engine manages. Nothing is asked yet.</summary>
    /// <exception cref="PatchException">The engine or the selector cannot be read; there is no such docker context.</exception>
    IWorkloadSource OpenSwarm(DockerInventoryOptions options);

    /// <summary>The services of a Compose file that run as a project on an engine. Nothing is asked yet.</summary>
    /// <param name="path">The Compose file.</param>
    /// <param name="host">The engine: an address, or a docker context; empty for the one that docker would use.</param>
    /// <param name="project">The project's name; empty for what Compose would call it.</param>
    /// <exception cref="PatchException">There is no such docker context.</exception>
    IWorkloadSource OpenCompose(string path, string host, string project);

    /// <summary>The images of the engine that docker would use. Nothing is asked yet.</summary>
    /// <exception cref="PatchException">There is no such docker context.</exception>
    IEngineImages OpenEngineImages();

    /// <summary>The docker contexts, with <c>default</c> for this machine's engine.</summary>
    /// <exception cref="PatchException">One cannot be read.</exception>
    IReadOnlyList<string> ListDockerContexts();

    /// <summary>Asks an engine whether it answers.</summary>
    /// <param name="host">Its address, or a docker context; empty for the one that docker would use.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<EndpointInfo> ProbeEngineAsync(string host, TimeProvider clock, CancellationToken cancellationToken = default);

    /// <summary>Reads a plan file. What is wrong with it is in the result.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.FileError"/>: there is no file
    /// to read.</exception>
    PatchPlanFile ReadPlan(string path);

    /// <summary>Asks clusters whether they answer, and what the account may do there.</summary>
    /// <exception cref="PatchException">There is no kubeconfig, or it is not valid; there is no such context.</exception>
    Task<IReadOnlyList<ClusterInfo>> ProbeKubernetesAsync(KubernetesInventoryOptions options, CancellationToken cancellationToken = default);

    /// <summary>Asks a cluster whether it answers, and whether the account may keep there what rollouts share.</summary>
    /// <param name="context">The context; empty for the current one.</param>
    /// <param name="ns">The namespace; empty for the context's.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">There is no kubeconfig, or it is not valid; there is no such context.</exception>
    Task<ClusterInfo> ProbeKubernetesStateAsync(string context, string ns, TimeProvider clock, CancellationToken cancellationToken = default);

    /// <summary>Journals, locks, requests and the quarantine in a namespace of a cluster. Nothing is asked yet.</summary>
    /// <param name="context">The context; empty for the current one.</param>
    /// <param name="ns">The namespace; empty for the context's.</param>
    /// <param name="notices">Hears what a person should know: a server that is not verified. Null for nobody.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="PatchException">There is no kubeconfig, or it is not valid; there is no such context.</exception>
    SharedState OpenKubernetesState(string context, string ns, IProgress<PatchNotice>? notices, TimeProvider clock);

    /// <summary>
    /// All platforms that can be changed, for one run: whoever asks disposes of those that can be disposed of. Nothing is asked yet.
    /// </summary>
    /// <param name="notices">Hears what a person should know: a server that is not verified. Null for nobody.</param>
    IReadOnlyList<IOrchestrator> OpenOrchestrators(IProgress<PatchNotice>? notices);
}
