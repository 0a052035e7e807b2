using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Puts back what a rollout changed, where it still holds what the rollout wrote.</summary>
[Cmdlet(VerbsCommon.Undo, "PatchRollout", SupportsShouldProcess = true)]
[OutputType(typeof(PatchRollout))]
public sealed class UndoPatchRolloutCommand : RolloutCmdlet
{
    /// <summary>The rollout.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RolloutIdCompleter))]
    public string Id { get; set; } = string.Empty;

    /// <summary>How much is put back.</summary>
    [Parameter]
    public RollbackScope RollbackScope { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var text = PlanTexts.Of(Await((_, token) => Services.Rollouts.PreviewAsync(Id, token)).Undo(RollbackScope));
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name))
        {
            Write(Await((notices, token) => Services.Rollouts.UndoAsync(Id, RollbackScope, notices, token)), undo: true);
        }
    }
}
