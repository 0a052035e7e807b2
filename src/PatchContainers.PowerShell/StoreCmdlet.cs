using System.Collections;
using System.Management.Automation;
using PatchContainers.PowerShell.Completers;

namespace PatchContainers.PowerShell;

/// <summary>The base of the cmdlets that read or write images.</summary>
public abstract class StoreCmdlet : PatchCmdlet
{
    /// <summary>
    /// Folders that stand for registries: <c>@{'registry.example' = 'oci:/srv/registry'}</c>, one OCI layout for each repository. They go
    /// before those of the settings file.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(RegistryMapCompleter))]
    public Hashtable? RegistryMap { get; set; }

    /// <summary>
    /// Credentials by host: <c>@{'registry.example' = Get-Credential}</c>. They go to that host alone, before those of docker login.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? RegistryCredential { get; set; }

    /// <summary>Registries, host or host:port, that are spoken to without TLS. Loopback addresses always may be.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? InsecureRegistry { get; set; }
}
