using System.Management.Automation;
using PatchContainers.Images;
using PatchContainers.PowerShell.Completers;
using PatchContainers.Records;
using PatchContainers.Scanning;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Scans images for known vulnerabilities: one result for each platform.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "ImageScan", DefaultParameterSetName = InputObjectSet)]
[OutputType(typeof(ImageScanResult))]
public sealed class InvokeImageScanCommand : ImageCmdlet
{
    private readonly HashSet<ImageReference> _seen = [];
    private Platform[] _platforms = [];

    /// <summary>The platforms to scan, as os/architecture[/variant]; all of them by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PlatformCompleter))]
    public string[] Platform { get; set; } = [];

    /// <inheritdoc/>
    protected override void Begin() => _platforms = [.. Platform.Select(Images.Platform.Parse)];

    /// <inheritdoc/>
    protected override void ProcessImage(ImageReference image) =>
        Scan(new ScanTarget { Image = image, Name = image.ToString(), Platforms = _platforms });

    /// <inheritdoc/>
    protected override void ProcessRecord(PipelineRecord record) => Scan(record.ToScanTarget(_platforms));

    private void Scan(ScanTarget target)
    {
        // The records of one image, one for each platform, are scanned once.
        if (_seen.Add(target.Image))
        {
            WriteAll((notices, token) => Services.Scanner.ScanAsync(target, notices, token));
        }
    }
}
