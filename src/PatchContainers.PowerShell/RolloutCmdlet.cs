using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Rollout;

namespace PatchContainers.PowerShell;

/// <summary>The base of the cmdlets that run rollouts.</summary>
public abstract class RolloutCmdlet : StoreCmdlet
{
    /// <summary>Writes the rollout, and then the error that ends the script where the rollout's end is one.</summary>
    internal void Write(PatchRollout rollout, bool undo)
    {
        WriteObject(rollout);
        if (RolloutOutcome.Error(rollout, undo) is { } error)
        {
            Terminate(ErrorRecords.From(error));
        }
    }
}
