using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace PatchContainers.PowerShell;

/// <summary>
/// Checks, when the module is imported, that the Core which this process has is the one that the module was built with. A process keeps
/// the first it loaded: after an update of the module, <c>Import-Module -Force</c> would run new cmdlets on old services.
/// </summary>
/// <remarks>It may run several times in a process, and holds nothing.</remarks>
public sealed class ModuleAssemblyInitializer : IModuleAssemblyInitializer
{
    /// <inheritdoc/>
    public void OnImport()
    {
        // By name: naming one of Core's types here would load it, and fail with less to say.
        var built = Array.Find(Assembly.GetExecutingAssembly().GetReferencedAssemblies(), a => a.Name == "PatchContainers.Core")!;
        var loaded = AssemblyLoadContext.Default.Assemblies.Select(a => a.GetName()).FirstOrDefault(a => a.Name == built.Name);
        if (loaded is not null && loaded.Version != built.Version)
        {
            throw new PSInvalidOperationException(
                $"This process has loaded PatchContainers {loaded.Version} already, and this module is {built.Version}. "
                + "Start a new PowerShell to use it.");
        }
    }
}
