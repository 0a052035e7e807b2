using System.Management.Automation;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Merging;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Compares what several scanners found in an image: who found what, and on what they agree.</summary>
[Cmdlet(VerbsData.Compare, "ImageScan")]
[OutputType(typeof(ImageScanComparison))]
public sealed class CompareImageScanCommand : PatchCmdlet
{
    private readonly List<ImageScanResult> _results = [];

    /// <summary>The results of Invoke-ImageScan, each scanner's own, in any form in which they arrive.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, Mandatory = true)]
    [RecordTransformation]
    public object[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (var input in InputObject)
        {
            Each(() => _results.Add(input switch
            {
                PatchException fault => throw fault,
                ImageScanResult result => result,
                _ => throw new PatchException(PatchErrorCode.InvalidArgument, input.ToString() ?? string.Empty,
                    "Only the results of Invoke-ImageScan can be compared."),
            }));
        }
    }

    /// <inheritdoc/>
    protected override void End() => WriteObject(ScanComparer.Compare(_results), enumerateCollection: true);
}
