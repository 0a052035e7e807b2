using System.Management.Automation;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Shows version, paths, the age of the advisories, and which registries and engines answer.</summary>
[Cmdlet(VerbsCommon.Get, "PatchEnvironment")]
[OutputType(typeof(PatchEnvironment))]
public sealed class GetPatchEnvironmentCommand : StoreCmdlet
{
    /// <inheritdoc/>
    protected override void End() => WriteObject(Await((_, token) => Services.ReadEnvironmentAsync(token)));
}
