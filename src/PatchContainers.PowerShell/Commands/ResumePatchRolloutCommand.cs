using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Goes on with a rollout that was killed or waits.</summary>
[Cmdlet(VerbsLifecycle.Resume, "PatchRollout", SupportsShouldProcess = true)]
[OutputType(typeof(PatchRollout))]
public sealed class ResumePatchRolloutCommand : RolloutCmdlet
{
    /// <summary>The rollout.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RolloutIdCompleter))]
    public string Id { get; set; } = string.Empty;

    /// <inheritdoc/>
    protected override void Process()
    {
        var text = PlanTexts.OfResume(Await((_, token) => Services.Rollouts.GetAsync(Id, token)));
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name))
        {
            Write(Await((notices, token) => Services.Rollouts.ResumeAsync(Id, new RolloutRunOptions(), notices, token)), undo: false);
        }
    }
}
