using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Scanning;
using PatchContainers.Staleness;

namespace PatchContainers.Updating;

/// <summary>An image to update, with what the record before knew of it.</summary>
public sealed record UpdateTarget
{
    /// <summary>The image; pinned where the record before knew its digest, so that what was judged is what is updated.</summary>
    public required ImageReference Image { get; init; }

    /// <summary>The name that the result carries: the record's own.</summary>
    public required string Name { get; init; }

    /// <summary>The base image, where it is known.</summary>
    public BaseImageInfo Base { get; init; } = new();

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; init; } = [];

    /// <summary>Makes a target of a verdict on freshness.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: its image or digest has no valid form.</exception>
    public static UpdateTarget From(StaleImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Create(image.Image, image.Digest, image.Base, image.Workloads);
    }

    /// <summary>Makes a target of a scan's result.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: its image or digest has no valid form.</exception>
    public static UpdateTarget From(ImageScanResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return Create(result.Image, result.Digest, result.Base, result.Workloads);
    }

    /// <summary>Makes a target of a reference alone; its base is found by the evidence that staleness uses.</summary>
    public static UpdateTarget From(ImageReference image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new UpdateTarget { Image = image, Name = image.ToString() };
    }

    /// <summary>
    /// Joins targets that name the same image and digest, in the order of their first appearance: the scan of a multi-arch image is one
    /// record a platform, and the image is updated once. Workloads are united.
    /// </summary>
    public static IReadOnlyList<UpdateTarget> Merge(IEnumerable<UpdateTarget> targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return targets.GroupBy(t => t.Image).Select(group => group.First() with
        {
            Base = group.Select(t => t.Base).FirstOrDefault(b => b.Name.Length > 0) ?? group.First().Base,
            Workloads = group.SelectMany(t => t.Workloads).DistinctBy(w => w.Id).ToArray(),
        }).ToArray();
    }

    private static UpdateTarget Create(string image, string digest, BaseImageInfo baseImage, IReadOnlyList<Workload> workloads)
    {
        var reference = ImageReference.Parse(image);
        return new UpdateTarget
        {
            Image = digest.Length == 0 ? reference : reference.WithDigest(Digest.Parse(digest)),
            Name = image,
            Base = baseImage,
            Workloads = workloads,
        };
    }
}
