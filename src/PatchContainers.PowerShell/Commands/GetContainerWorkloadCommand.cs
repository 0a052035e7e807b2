using System.Management.Automation;
using PatchContainers.Inventory;
using PatchContainers.PowerShell.Completers;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Lists what runs containers, in clusters or in files, with the images that are named and the digests that run.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerWorkload")]
[OutputType(typeof(Workload))]
public sealed class GetContainerWorkloadCommand : PatchCmdlet
{
    private const string KubernetesSet = "Kubernetes";
    private const string PathSet = "Path";

    /// <summary>Kubernetes manifests and Compose files: files, or folders with all below them.</summary>
    [Parameter(ParameterSetName = PathSet, Position = 0, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The workloads of clusters, as the kubeconfig names them.</summary>
    [Parameter(ParameterSetName = KubernetesSet, Mandatory = true)]
    public SwitchParameter Kubernetes { get; set; }

    /// <summary>Contexts of the kubeconfig; by default the current one.</summary>
    [Parameter(ParameterSetName = KubernetesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KubernetesContextCompleter))]
    public string[] Context { get; set; } = [];

    /// <summary>Namespaces; by default all.</summary>
    [Parameter(ParameterSetName = KubernetesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KubernetesNamespaceCompleter))]
    public string[] Namespace { get; set; } = [];

    /// <summary>A label selector, as kubectl takes it.</summary>
    [Parameter(ParameterSetName = KubernetesSet)]
    [ValidateNotNullOrEmpty]
    public string? Selector { get; set; }

    /// <summary>Kinds of workloads; by default all.</summary>
    [Parameter(ParameterSetName = KubernetesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(WorkloadKindCompleter))]
    public string[] Kind { get; set; } = [];

    /// <inheritdoc/>
    protected override void End()
    {
        IEnumerable<IWorkloadSource> sources = Kubernetes
            ? [Services.OpenKubernetes(new KubernetesInventoryOptions
                {
                    Contexts = Context, Namespaces = Namespace, Selector = Selector ?? string.Empty, Kinds = Kind,
                })]
            : Path.Select(FullPath).Select(Services.Platforms.OpenFiles);
        foreach (var source in sources)
        {
            WriteAll(source.ListAsync);
        }
    }
}
