using System.Management.Automation;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.PowerShell.Completers;
using PatchContainers.Records;
using PatchContainers.Staleness;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Finds images that have fallen behind, and says for each how it knows.</summary>
[Cmdlet(VerbsCommon.Get, "StaleImage", DefaultParameterSetName = RegistrySet)]
[OutputType(typeof(StaleImage))]
public sealed class GetStaleImageCommand : ImageCmdlet
{
    private const string DockerSet = "Docker";
    private const string KubernetesSet = "Kubernetes";
    private const string PathSet = "Path";
    private const string RegistrySet = "Registry";
    private const string SwarmSet = "Swarm";

    private readonly List<ImageReference> _images = [];
    private readonly List<IWorkloadSource> _workloads = [];

    /// <summary>Kubernetes manifests and Compose files: files, or folders with all below them.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true)]
    [Parameter(ParameterSetName = ImageSet)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The images that the workloads of clusters name and run, as the kubeconfig names them.</summary>
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

    /// <summary>Bases that images without annotation or label may be built on: NAME[=OLDREF,...].</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] BaseImage { get; set; } = [];

    /// <summary>The age in days from which an image is TooOld.</summary>
    [Parameter]
    [Alias("MaxAge")]
    [ValidateRange(1, 36500)]
    public int? MaxAgeDays { get; set; }

    /// <summary>Writes fresh images too.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void ProcessImage(ImageReference image) => _images.Add(image);

    /// <inheritdoc/>
    protected override void ProcessRecord(PipelineRecord record)
    {
        _images.Add(ImageReference.Parse(record.CurrentImage));
        _workloads.Add(new ListedWorkloads(record.Workloads));
    }

    /// <inheritdoc/>
    protected override void End()
    {
        // An empty pipeline asks for nothing; it is not the call without any image, which asks for all.
        var all = ParameterSetName == RegistrySet && !MyInvocation.ExpectingInput;
        if (all && Services.StoreOptions.RegistryMap.Count == 0)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, MyInvocation.MyCommand.Name,
                "There is nothing to look at. Name images (-Image), files (-Path), clusters (-Kubernetes), "
                + "an engine (-Docker, -Swarm), "
                + "or a folder that stands for a registry (-RegistryMap @{'registry.example' = 'oci:DIR'}).");
        }

        if (Kubernetes)
        {
            _workloads.Add(Services.OpenKubernetes(new KubernetesInventoryOptions
            {
                Contexts = Context, Namespaces = Namespace, Selector = Selector ?? string.Empty, Kinds = Kind,
            }));
        }

        var engine = new DockerInventoryOptions
        {
            Host = DockerHost ?? string.Empty, Selector = Selector ?? string.Empty, IgnoredChanges = IgnoreChange,
        };
        if (Docker)
        {
            _workloads.Add(Services.OpenDocker(engine));
        }
        else if (Swarm)
        {
            _workloads.Add(Services.OpenSwarm(engine));
        }

        WriteAll((notices, token) => Services.StaleImages.FindAsync(new StaleImageOptions
        {
            Images = _images,
            Workloads = [.. _workloads, .. Path.Select(FullPath).Select(Services.Platforms.OpenFiles)],
            AllRepositories = all,
            BaseImages = Services.KnownBases(BaseImage.Select(KnownBase.Parse)),
            MaxAge = MaxAgeDays is { } days ? TimeSpan.FromDays(days) : null,
            IncludeFresh = All,
        }, notices, token));
    }
}
