using System.Management.Automation;
using PatchContainers.Inventory;
using PatchContainers.PowerShell.Completers;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Shows version, paths, the age of the advisories, and which registries and engines answer.</summary>
[Cmdlet(VerbsCommon.Get, "PatchEnvironment", DefaultParameterSetName = "Here")]
[OutputType(typeof(PatchEnvironment))]
public sealed class GetPatchEnvironmentCommand : StoreCmdlet
{
    /// <summary>Asks the clusters of the kubeconfig as well, and which rights the account has there.</summary>
    [Parameter(ParameterSetName = "Kubernetes", Mandatory = true)]
    public SwitchParameter Kubernetes { get; set; }

    /// <summary>Contexts of the kubeconfig; by default the current one.</summary>
    [Parameter(ParameterSetName = "Kubernetes")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KubernetesContextCompleter))]
    public string[] Context { get; set; } = [];

    /// <summary>Namespaces to have rights in; by default all.</summary>
    [Parameter(ParameterSetName = "Kubernetes")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(KubernetesNamespaceCompleter))]
    public string[] Namespace { get; set; } = [];

    /// <summary>The container engine to ask: an address, or a docker context; by default what docker would use.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DockerHostCompleter))]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void End() => WriteObject(Await((_, token) => Services.ReadEnvironmentAsync(
        Kubernetes ? new KubernetesInventoryOptions { Contexts = Context, Namespaces = Namespace } : null, DockerHost ?? string.Empty, token)));
}
