using System.Management.Automation;
using PatchContainers.Images;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Records;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Scans images for known vulnerabilities, or reads the reports of scanners that did: one result for each platform.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "ImageScan", DefaultParameterSetName = InputObjectSet)]
[OutputType(typeof(ImageScanResult))]
public sealed class InvokeImageScanCommand : ImageCmdlet
{
    private const string ReportSet = "Report";

    private readonly HashSet<ImageReference> _seen = [];
    private Platform[] _platforms = [];
    private IImageScanner? _scanner;

    /// <summary>The platforms to scan, as os/architecture[/variant]; all of them by default.</summary>
    [Parameter(ParameterSetName = ImageSet)]
    [Parameter(ParameterSetName = InputObjectSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PlatformCompleter))]
    public string[] Platform { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ImageSet, Position = 0, Mandatory = true)]
    [Parameter(ParameterSetName = ReportSet, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public override string[] Image { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ParameterSetName = InputObjectSet, ValueFromPipeline = true, Mandatory = true)]
    [Parameter(ParameterSetName = ReportSet, ValueFromPipeline = true)]
    [RecordTransformation]
    public override object[] InputObject { get; set; } = [];

    /// <summary>
    /// Reports of scanners, in place of a scan; several of one image become one result. The image is the one that they name, unless one is
    /// given.
    /// </summary>
    [Parameter(ParameterSetName = ReportSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string[] Report { get; set; } = [];

    /// <summary>The scanners to ask, Embedded by default; several become one result. With -Report, the scanner that wrote the reports.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ScannerCompleter))]
    public string[] Scanner { get; set; } = [];

    /// <summary>Keep the results of several scanners, or several reports of one image, apart.</summary>
    [Parameter]
    public SwitchParameter Separate { get; set; }

    /// <summary>Take what the other scanners or reports say where one fails; the result says so.</summary>
    [Parameter]
    public SwitchParameter AllowPartial { get; set; }

    /// <inheritdoc/>
    protected override void Begin()
    {
        _platforms = [.. Platform.Select(Images.Platform.Parse)];
        if (Scanner.Length > 1 && Report.Length > 0)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, string.Join(", ", Scanner),
                "With -Report, -Scanner names the one scanner that wrote the reports. Without it, each report says so itself.");
        }
    }

    /// <inheritdoc/>
    protected override void ProcessImage(ImageReference image) =>
        Scan(new ScanTarget { Image = image, Name = image.ToString(), Platforms = _platforms });

    /// <inheritdoc/>
    protected override void ProcessRecord(PipelineRecord record) => Scan(record.ToScanTarget(_platforms));

    /// <inheritdoc/>
    protected override void End()
    {
        // What comes through a pipe names the images, also where it is nothing.
        if (ParameterSetName == ReportSet && Image.Length == 0 && InputObject.Length == 0 && !MyInvocation.ExpectingInput)
        {
            Read(new ScanReportOptions());
        }
    }

    private void Scan(ScanTarget target)
    {
        // The records of one image, one for each platform, are scanned once.
        if (!_seen.Add(target.Image))
        {
            return;
        }

        if (Report.Length > 0)
        {
            Read(ScanReportOptions.Of(target));
        }
        else
        {
            var choice = new ScannerChoice { Names = Scanner, Separate = Separate, AllowPartial = AllowPartial };
            WriteAll((notices, token) => (_scanner ??= Services.OpenScanner(choice)).ScanAsync(target, notices, token));
        }
    }

    private void Read(ScanReportOptions options)
    {
        var run = new ScanReportRun
        {
            Paths = [.. Report.Select(FullPath)],
            Options = options with { Scanner = Scanner.FirstOrDefault() ?? string.Empty },
            Separate = Separate,
            AllowPartial = AllowPartial,
        };
        WriteAll((notices, token) => Services.ScanReports.ReadAsync(run, notices, token));
    }
}
