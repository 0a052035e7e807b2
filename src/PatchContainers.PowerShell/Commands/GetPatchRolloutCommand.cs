using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Shows rollouts as their journals have them.</summary>
[Cmdlet(VerbsCommon.Get, "PatchRollout")]
[OutputType(typeof(PatchRollout))]
public sealed class GetPatchRolloutCommand : PatchCmdlet
{
    /// <summary>The rollouts; all of them by default.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RolloutIdCompleter))]
    public string[] Id { get; set; } = [];

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var id in Id)
        {
            Each(() => WriteObject(Await((_, token) => Services.Rollouts.GetAsync(id, token))));
        }
    }

    /// <inheritdoc/>
    protected override void End()
    {
        if (!MyInvocation.ExpectingInput && Id.Length == 0)
        {
            WriteAll((notices, token) => Services.Rollouts.ListAsync(notices, token));
        }
    }
}
