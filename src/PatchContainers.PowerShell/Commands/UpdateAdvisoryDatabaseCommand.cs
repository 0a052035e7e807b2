using System.Management.Automation;
using PatchContainers.Advisories;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Imports advisories in the OSV format from files.</summary>
[Cmdlet(VerbsData.Update, "AdvisoryDatabase", SupportsShouldProcess = true)]
[OutputType(typeof(AdvisoryImportResult))]
public sealed class UpdateAdvisoryDatabaseCommand : PatchCmdlet
{
    /// <summary>A JSON file, a folder, or a zip.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Lets the source replace what was there of its ecosystems, instead of adding to it.</summary>
    [Parameter]
    public SwitchParameter Replace { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var path in Path)
        {
            Each(() =>
            {
                var full = FullPath(path);
                if (ShouldProcess(full, $"Import advisories into {Services.State.Advisories}"))
                {
                    var options = new AdvisoryImportOptions { Replace = Replace };
                    WriteObject(Await((notices, token) => Services.Advisories.ImportAsync(full, options, notices, token)));
                }
            });
        }
    }
}
