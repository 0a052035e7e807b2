using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell.Commands;

/// <summary>A person's yes to a ring that waits for one, or will.</summary>
[Cmdlet(VerbsLifecycle.Approve, "PatchRollout", SupportsShouldProcess = true)]
[OutputType(typeof(PatchRollout))]
public sealed class ApprovePatchRolloutCommand : PatchCmdlet
{
    /// <summary>The rollout.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RolloutIdCompleter))]
    public string Id { get; set; } = string.Empty;

    /// <summary>The ring; all that wait or will by default.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RingCompleter))]
    public string Ring { get; set; } = string.Empty;

    /// <summary>How long the approval holds: a ring that has not begun by then needs another. For ever by default.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? ValidFor { get; set; }

    /// <summary>Why. The history keeps it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = string.Empty;

    /// <inheritdoc/>
    protected override void Process()
    {
        var text = PlanTexts.Of(Await((_, token) => Services.Rollouts.PreviewAsync(Id, token)).Approve(Ring, ValidFor));
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name))
        {
            WriteObject(Await((notices, token) => Services.Rollouts.ApproveAsync(Id, Ring, ValidFor, Reason, notices, token)));
        }
    }
}
