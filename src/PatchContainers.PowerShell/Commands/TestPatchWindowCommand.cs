using System.Management.Automation;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Says whether changes may be made at a time, and when it changes.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PatchWindow", DefaultParameterSetName = WindowSet)]
[OutputType(typeof(WindowState))]
public sealed class TestPatchWindowCommand : PatchCmdlet
{
    private const string WindowSet = "Window";
    private const string PlanSet = "Plan";

    /// <summary>The windows, such as 'Sat,Sun 02:00 +4h Europe/Berlin'. Without one, it is always open.</summary>
    [Parameter(Position = 0, ParameterSetName = WindowSet)]
    [ValidateNotNullOrEmpty]
    public string[] Window { get; set; } = [];

    /// <summary>The days on which nothing is changed, such as '2026-12-20..2027-01-06 Europe/Berlin'.</summary>
    [Parameter(ParameterSetName = WindowSet)]
    [Alias("Freeze")]
    [ValidateNotNullOrEmpty]
    public string[] Blackout { get; set; } = [];

    /// <summary>A plan file: each of its rings is answered for by itself.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PlanSet)]
    [ValidateNotNullOrEmpty]
    public string Plan { get; set; } = string.Empty;

    /// <summary>The rings of the plan that are asked about; all of them by default.</summary>
    [Parameter(ParameterSetName = PlanSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RingCompleter))]
    public string[] Ring { get; set; } = [];

    /// <summary>The time that is asked about; now by default.</summary>
    [Parameter]
    public DateTimeOffset? At { get; set; }

    /// <summary>How long the work takes that is to fit, such as 90m.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Duration { get; set; }

    /// <inheritdoc/>
    protected override void End()
    {
        var at = At ?? Services.TimeProvider.GetUtcNow();
        WriteObject(ParameterSetName == PlanSet ? Services.Plans.Windows(FullPath(Plan), Ring, at, Duration)
            : PatchWindows.Parse(Window, Blackout).Evaluate(at, Duration), enumerateCollection: true);
    }
}
