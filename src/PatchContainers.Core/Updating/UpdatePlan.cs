using PatchContainers.Updating.Rebase;

namespace PatchContainers.Updating;

/// <summary>What would be done with one image. Nothing has been written yet.</summary>
public sealed class UpdatePlan
{
    internal UpdatePlan(UpdateTarget target, BaseImageUpdate preview, RebaseImage? rebase)
    {
        Target = target;
        Preview = preview;
        Rebase = rebase;
    }

    /// <summary>The image.</summary>
    public UpdateTarget Target { get; }

    /// <summary>
    /// The result as far as it is known before the write: <see cref="UpdateStatus.Planned"/> with the new image's name, its digest and the predicted
    /// fixes, <see cref="UpdateStatus.Refused"/> with the reasons, or <see cref="UpdateStatus.UpToDate"/>.
    /// </summary>
    public BaseImageUpdate Preview { get; }

    /// <summary>The documents to write; null where nothing is.</summary>
    internal RebaseImage? Rebase { get; }
}
