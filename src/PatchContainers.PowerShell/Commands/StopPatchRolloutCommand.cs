using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Stops a rollout for good, where nothing is half done.</summary>
[Cmdlet(VerbsLifecycle.Stop, "PatchRollout", SupportsShouldProcess = true)]
[OutputType(typeof(PatchRollout))]
public sealed class StopPatchRolloutCommand : PatchCmdlet
{
    /// <summary>The rollout.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RolloutIdCompleter))]
    public string Id { get; set; } = string.Empty;

    /// <summary>Why. The history keeps it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = string.Empty;

    /// <inheritdoc/>
    protected override void Process()
    {
        var text = PlanTexts.Of(Await((_, token) => Services.Rollouts.PreviewAsync(Id, token)).Stop());
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name))
        {
            WriteObject(Await((notices, token) => Services.Rollouts.StopAsync(Id, Reason, notices, token)));
        }
    }
}
