using System.Management.Automation;
using PatchContainers.History;
using PatchContainers.PowerShell.Completers;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Shows the history's records, oldest first.</summary>
[Cmdlet(VerbsCommon.Get, "PatchHistory")]
[OutputType(typeof(PatchRecord))]
public sealed class GetPatchHistoryCommand : PatchCmdlet
{
    /// <summary>Only records of this image, with or without its tag.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HistoryCompleter))]
    public string? Image { get; set; }

    /// <summary>Only records that name this vulnerability.</summary>
    [Parameter]
    [Alias("Vulnerability")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HistoryCompleter))]
    public string? Cve { get; set; }

    /// <summary>Only records of this rollout.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RolloutIdCompleter))]
    public string? Rollout { get; set; }

    /// <summary>The earliest time, inclusive.</summary>
    [Parameter]
    public DateTimeOffset? Since { get; set; }

    /// <summary>The latest time, exclusive.</summary>
    [Parameter]
    public DateTimeOffset? Until { get; set; }

    /// <inheritdoc/>
    protected override void End() => WriteAll((_, token) => Services.History.ReadAsync(
        new HistoryFilter { Image = Image, Vulnerability = Cve, Rollout = Rollout, Since = Since, Until = Until }, token));
}
