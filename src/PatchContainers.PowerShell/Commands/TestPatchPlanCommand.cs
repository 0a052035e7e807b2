using System.Management.Automation;
using PatchContainers.Rollout.Plans;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Explains a plan ring by ring, and finds what is wrong with it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PatchPlan")]
[OutputType(typeof(PatchPlanReport))]
public sealed class TestPatchPlanCommand : PatchCmdlet
{
    /// <summary>The plan files.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string[] Plan { get; set; } = [];

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var plan in Plan)
        {
            Each(() => WriteObject(Await((notices, token) => Services.Plans.CheckAsync(FullPath(plan), notices, token))));
        }
    }
}
