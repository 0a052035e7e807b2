using System.Management.Automation;
using PatchContainers.History;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Checks every record of the history against the one before, and against the heads that were kept.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PatchHistory")]
[OutputType(typeof(HistoryVerification))]
public sealed class TestPatchHistoryCommand : PatchCmdlet
{
    /// <summary>A head that was kept elsewhere, SEQUENCE:HASH. By default, those in the rollouts' journals.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? ExpectedHead { get; set; }

    /// <inheritdoc/>
    protected override void End()
    {
        var head = ExpectedHead is { } text ? HistoryHead.Parse(text) : null;
        WriteObject(Await((_, token) => Services.HistoryAudit.VerifyAsync(head, token)));
    }
}
