using System.Management.Automation;
using PatchContainers.Images;
using PatchContainers.PowerShell.Completers;
using PatchContainers.PowerShell.Pipeline;
using PatchContainers.Records;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.PowerShell.Commands;

/// <summary>Moves images to their current base, reads the result back, and proves what that fixed.</summary>
[Cmdlet(VerbsData.Update, "BaseImage", DefaultParameterSetName = InputObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(BaseImageUpdate))]
public sealed class UpdateBaseImageCommand : ImageCmdlet
{
    private readonly List<UpdateTarget> _targets = [];

    /// <summary>How images are patched.</summary>
    [Parameter]
    public UpdateStrategy Strategy { get; set; }

    /// <summary>Bases that images without annotation or label may be built on: NAME[=OLDREF,...].</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] BaseImage { get; set; } = [];

    /// <summary>The new image's tag, instead of the old tag, -patched- and 8 digits of the new base's digest.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Tag { get; set; }

    /// <summary>Moves a tag that names another image already.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessImage(ImageReference image) => _targets.Add(UpdateTarget.From(image));

    /// <inheritdoc/>
    protected override void ProcessRecord(PipelineRecord record) => _targets.Add(record.ToUpdateTarget());

    /// <inheritdoc/>
    protected override void End()
    {
        var options = new BaseImageUpdateOptions
        {
            Strategy = Strategy,
            Tag = Tag,
            Overwrite = Force,
            BaseImages = Services.KnownBases(BaseImage.Select(KnownBase.Parse)),
        };

        // All of the input is read first: the scan of a multi-arch image is a record a platform, and the image is updated once.
        foreach (var target in UpdateTarget.Merge(_targets))
        {
            Each(() => Update(target, options));
        }
    }

    private void Update(UpdateTarget target, BaseImageUpdateOptions options)
    {
        var plan = Await((notices, token) => Services.Updater.PlanAsync(target, options, notices, token));
        var text = PlanTexts.Of(plan.Preview);
        if (ShouldProcess(text, text + "?", MyInvocation.MyCommand.Name, out var reason))
        {
            WriteObject(Await((notices, token) => Services.Updater.ApplyAsync(plan, notices, token)));
        }
        else if (reason == ShouldProcessReason.WhatIf)
        {
            WriteObject(plan.Preview);
        }
    }
}
