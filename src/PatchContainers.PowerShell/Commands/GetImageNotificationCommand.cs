using System.Management.Automation;
using PatchContainers.Images;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Records;
using PatchContainers.Scanning;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Reads what Clair has to say of images that it scanned before, and finds which images that is about.</summary>
[Cmdlet(VerbsCommon.Get, "ImageNotification", DefaultParameterSetName = WebhookSet, SupportsShouldProcess = true)]
[OutputType(typeof(ImageNotification))]
public sealed class GetImageNotificationCommand : ImageCmdlet
{
    private const string WebhookSet = "Webhook";
    private const string IdSet = "Id";
    private const string PathSet = "Path";

    private ImageNotificationSource _source = new();
    private IReadOnlyList<ImageNotification> _notifications = [];

    private bool IsOfImages => Image.Length > 0 || MyInvocation.ExpectingInput || InputObject.Length > 0;

    /// <summary>What Clair's notifier posted to a webhook: a file with it, or the JSON text itself.</summary>
    [Parameter(ParameterSetName = WebhookSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string[] Webhook { get; set; } = [];

    /// <summary>The ids of sets of notifications.</summary>
    [Parameter(ParameterSetName = IdSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = [];

    /// <summary>Files with pages of notifications that were fetched before.</summary>
    [Parameter(ParameterSetName = PathSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public override string[] Image { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(ValueFromPipeline = true)]
    [RecordTransformation]
    public override object[] InputObject { get; set; } = [];

    /// <summary>Has the notifier forget what was read.</summary>
    [Parameter(ParameterSetName = WebhookSet)]
    [Parameter(ParameterSetName = IdSet)]
    public SwitchParameter Acknowledge { get; set; }

    /// <inheritdoc/>
    protected override void Begin()
    {
        if (Acknowledge && IsOfImages)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, MyInvocation.MyCommand.Name,
                "What is done with images is not done yet when they leave here. Acknowledge in a call of its own "
                    + "afterwards, without images.");
        }

        _source = new ImageNotificationSource
        {
            Webhooks = [.. Webhook.Select(w => w.AsSpan().TrimStart() is ['{', ..] ? w : FullPath(w))],
            Ids = Id,
            Pages = [.. Path.Select(FullPath)],
        };
        _notifications = Await((notices, token) => Services.Notifications.ReadAsync(_source, notices, token));
    }

    /// <inheritdoc/>
    protected override void ProcessImage(ImageReference image) => ProcessRecord(PipelineRecord.From(image));

    /// <inheritdoc/>
    protected override void ProcessRecord(PipelineRecord record) =>
        WriteAll((notices, token) => Services.Notifications.FindAsync(record, _notifications, notices, token));

    /// <inheritdoc/>
    protected override void End()
    {
        if (IsOfImages)
        {
            return;
        }

        WriteObject(_notifications, enumerateCollection: true);
        if (Acknowledge && ShouldProcess(string.Join(", ", Webhook.Concat(Id)), "Acknowledge"))
        {
            Await(async (_, token) =>
            {
                await Services.Notifications.AcknowledgeAsync(_source, token).ConfigureAwait(false);
                return true;
            });
        }
    }
}
