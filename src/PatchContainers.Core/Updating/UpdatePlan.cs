using PatchContainers.Updating.Rebase;

namespace PatchContainers.Updating;

/// <summary>What would be done with one image. Nothing has been written yet.</summary>
public sealed class UpdatePlan
{
    internal UpdatePlan(UpdateTarget target, BaseImageUpdateOptions options, BaseImageUpdate preview)
    {
        Target = target;
        Options = options;
        Preview = preview;
    }

    /// <summary>The image.</summary>
    public UpdateTarget Target { get; }

    /// <summary>
    /// The result as far as it is known before the write: <see cref="UpdateStatus.Planned"/> with the new image's name, its digest and the
    /// predicted fixes, <see cref="UpdateStatus.Refused"/> with the reasons, or <see cref="UpdateStatus.UpToDate"/>.
    /// </summary>
    public BaseImageUpdate Preview { get; }

    internal BaseImageUpdateOptions Options { get; }

    /// <summary>The documents to write; null where nothing is.</summary>
    internal RebaseImage? Rebase { get; init; }

    /// <summary>What the plan found worth knowing, without what it says about predictions.</summary>
    internal IReadOnlyList<string> Reports { get; init; } = [];

    /// <summary>The old image's findings; null where it was not scanned.</summary>
    internal ScanEvidence? OldScan { get; init; }
}
