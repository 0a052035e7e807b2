using System.Management.Automation;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Says whether changes may be made at a time, and when it changes.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PatchWindow")]
[OutputType(typeof(WindowState))]
public sealed class TestPatchWindowCommand : PatchCmdlet
{
    /// <summary>The windows, such as 'Sat,Sun 02:00 +4h Europe/Berlin'. Without one, it is always open.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] Window { get; set; } = [];

    /// <summary>The days on which nothing is changed, such as '2026-12-20..2027-01-06 Europe/Berlin'.</summary>
    [Parameter]
    [Alias("Freeze")]
    [ValidateNotNullOrEmpty]
    public string[] Blackout { get; set; } = [];

    /// <summary>The time that is asked about; now by default.</summary>
    [Parameter]
    public DateTimeOffset? At { get; set; }

    /// <summary>How long the work takes that is to fit, such as 90m.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Duration { get; set; }

    /// <inheritdoc/>
    protected override void End() =>
        WriteObject(PatchWindows.Parse(Window, Blackout).Evaluate(At ?? Services.TimeProvider.GetUtcNow(), Duration));
}
