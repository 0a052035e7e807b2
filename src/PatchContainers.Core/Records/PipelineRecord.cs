using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.Records;

/// <summary>
/// What a command hands on, whichever record it wrote: any later command can be fed by any earlier one. A later command reads
/// from here what it needs, and the record itself where it needs more.
/// </summary>
public sealed class PipelineRecord
{
    private const string Instead = "Give a StaleImage, ImageScanResult, BaseImageUpdate or Workload.";

    private PipelineRecord(object record, string image, string digest, BaseImageInfo baseImage, IReadOnlyList<Workload> workloads)
    {
        Record = record;
        Image = image;
        Digest = digest;
        Base = baseImage;
        Workloads = workloads;
        CurrentImage = image;
        CurrentDigest = digest;
    }

    /// <summary>
    /// The record: a <see cref="StaleImage"/>, <see cref="ImageScanResult"/>, <see cref="BaseImageUpdate"/>,
    /// <see cref="ImageNotification"/> or <see cref="Workload"/>; the <see cref="ImageReference"/> where the image was named.
    /// </summary>
    public object Record { get; }

    /// <summary>The image that the record is about, by its public name; the old one of an update.</summary>
    public string Image { get; }

    /// <summary>Its digest; empty where the record does not know it.</summary>
    public string Digest { get; }

    /// <summary>The image to go on with: the new one of an update that was made, else <see cref="Image"/>.</summary>
    public string CurrentImage { get; private init; }

    /// <summary>Its digest; empty where the record does not know it.</summary>
    public string CurrentDigest { get; private init; }

    /// <summary>The base of the image to go on with, as far as it is known.</summary>
    public BaseImageInfo Base { get; }

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; }

    /// <summary>An image by its name, of which nothing else is known.</summary>
    public static PipelineRecord From(ImageReference image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new(image, image.ToString(), image.Digest.IsEmpty ? string.Empty : image.Digest.ToString(), new BaseImageInfo(), []);
    }

    /// <summary>Takes from a record what later commands need.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the record is about no image (a rollout, a history
    /// record).</exception>
    public static PipelineRecord From(object record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record switch
        {
            StaleImage r => new(r, r.Image, r.Digest, r.Base, r.Workloads),
            ImageScanResult r => new(r, r.Image, r.Digest, r.Base, r.Workloads),
            BaseImageUpdate { Status: UpdateStatus.Updated } r =>
                new(r, r.Image, r.Digest, r.Base with { RecordedDigest = r.Base.CurrentDigest }, r.Workloads)
            {
                CurrentImage = r.NewImage,
                CurrentDigest = r.NewDigest,
            },
            BaseImageUpdate r => new(r, r.Image, r.Digest, r.Base, r.Workloads),
            ImageNotification { Image.Length: > 0 } r => new(r, r.Image, r.Digest, r.Base, r.Workloads),
            ImageNotification r => throw new PatchException(PatchErrorCode.InvalidArgument, r.AffectedDigest,
                $"The notification {r.Id} names the manifest {r.AffectedDigest}, and no image. Give your images to "
                    + "Get-ImageNotification, or patchcontainers notifications: it tells which of them that is."),
            Workload r => new(r, r.Image, string.Empty, new BaseImageInfo(), [r]),
            PatchRollout r => throw NoImage(r.Id, "rollout"),
            ImageScanComparison r => throw NoImage(r.Image, "comparison of scans"),
            PatchRecord r => throw NoImage(FormattableString.Invariant($"record {r.Sequence}"), "history record"),
            _ => throw new PatchException(PatchErrorCode.InvalidArgument, record.ToString() ?? string.Empty,
                $"A {record.GetType().Name} is no record that names an image. {Instead}"),
        };
    }

    /// <summary>
    /// The image to go on with, pinned to the digest that the record knows, so that a tag that moved since does not slip in.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the record's image or digest is none.</exception>
    public ImageReference ToReference()
    {
        var reference = ImageReference.Parse(CurrentImage);
        return CurrentDigest.Length == 0 ? reference : reference.WithDigest(Images.Digest.Parse(CurrentDigest));
    }

    /// <summary>The image to go on with, as a scanner takes it.</summary>
    /// <param name="platforms">The platforms to scan; empty for all.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the record's image or digest is none.</exception>
    public ScanTarget ToScanTarget(IReadOnlyList<Platform> platforms) => new()
    {
        Image = ToReference(),
        Name = CurrentImage,
        Base = Base,
        Workloads = Workloads,
        Platforms = platforms,
    };

    /// <summary>The image to go on with, as an updater takes it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the record's image or digest is none.</exception>
    public UpdateTarget ToUpdateTarget() => new()
    {
        Image = ToReference(),
        Name = CurrentImage,
        Base = Base,
        Workloads = Workloads,
    };

    /// <summary>
    /// What a rollout takes: an update as it is; any other record as an update that has yet to be made, which a rollout leaves out with a warning.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the record does not know the image's
    /// digest.</exception>
    public BaseImageUpdate ToUpdate() => Record as BaseImageUpdate ?? (Digest.Length > 0
        ? new BaseImageUpdate
        {
            Image = Image,
            Digest = Digest,
            Base = Base,
            Status = UpdateStatus.Planned,
            Reasons = [$"A {Record.GetType().Name} was given, and no update was made: give it to Update-BaseImage (patchcontainers update) first."],
            Workloads = Workloads,
        }
        : throw new PatchException(PatchErrorCode.InvalidArgument, Image,
            $"The {Record.GetType().Name} of {Image} knows no digest to roll out. "
            + "Give what Get-StaleImage, Invoke-ImageScan or Update-BaseImage wrote."));

    private static PatchException NoImage(string target, string kind) => new(PatchErrorCode.InvalidArgument, target,
        $"A {kind} names no image to go on with. {Instead}");
}
