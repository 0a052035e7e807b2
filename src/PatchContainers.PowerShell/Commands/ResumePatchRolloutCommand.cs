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

    /// <summary>How long this run may take; it then stops where nothing is half done.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? MaxDuration { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        var text = PlanTexts.Of(Await((_, token) => Services.Rollouts.PreviewAsync(Id, token)).Resume());
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name))
        {
            var options = new RolloutRunOptions { MaxDuration = MaxDuration };
            Write(Await((notices, token) => Services.Rollouts.ResumeAsync(Id, options, notices, token)), undo: false);
        }
    }
}
