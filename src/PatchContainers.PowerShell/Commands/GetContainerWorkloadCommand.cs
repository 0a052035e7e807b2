using System.Management.Automation;
using PatchContainers.Inventory;
using PatchContainers.PowerShell.Completers;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Lists what runs containers, in clusters, in an engine or in files, with the images that are named and the digests that run.</summary>
[Cmdlet(VerbsCommon.Get, "ContainerWorkload")]
[OutputType(typeof(Workload))]
public sealed class GetContainerWorkloadCommand : PatchCmdlet
{
    private const string DockerSet = "Docker";
    private const string KubernetesSet = "Kubernetes";
    private const string PathSet = "Path";
    private const string SwarmSet = "Swarm";

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

    /// <summary>The containers that an engine runs.</summary>
    [Parameter(ParameterSetName = DockerSet, Mandatory = true)]
    public SwitchParameter Docker { get; set; }

    /// <summary>The services of the swarm that an engine manages.</summary>
    [Parameter(ParameterSetName = SwarmSet, Mandatory = true)]
    public SwitchParameter Swarm { get; set; }

    /// <summary>The engine: an address, or a docker context; by default what docker would use.</summary>
    [Parameter(ParameterSetName = DockerSet)]
    [Parameter(ParameterSetName = SwarmSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DockerHostCompleter))]
    public string? DockerHost { get; set; }

    /// <summary>Files and folders in containers whose changes do not count.</summary>
    [Parameter(ParameterSetName = DockerSet)]
    [ValidateNotNullOrEmpty]
    public string[] IgnoreChange { get; set; } = [];

    /// <summary>A label selector.</summary>
    [Parameter(ParameterSetName = KubernetesSet)]
    [Parameter(ParameterSetName = DockerSet)]
    [Parameter(ParameterSetName = SwarmSet)]
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
        var engine = new DockerInventoryOptions
        {
            Host = DockerHost ?? string.Empty, Selector = Selector ?? string.Empty, IgnoredChanges = IgnoreChange,
        };
        IEnumerable<IWorkloadSource> sources = Docker ? [Services.OpenDocker(engine)]
            : Swarm ? [Services.OpenSwarm(engine)]
            : Kubernetes ? [Services.OpenKubernetes(new KubernetesInventoryOptions
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
