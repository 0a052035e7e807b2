using PatchContainers.Inventory;
using PatchContainers.Staleness;

namespace PatchContainers.Scanning.Reports;

/// <summary>What is known of a report beside what it says itself.</summary>
public sealed record ScanReportOptions
{
    /// <summary>The scanner that wrote it; empty to tell it from the report.</summary>
    public string Scanner { get; init; } = string.Empty;

    /// <summary>The image that it is of; empty for the one that it names.</summary>
    public string Image { get; init; } = string.Empty;

    /// <summary>The image's digest, as its reference names it; empty for the one that the report names.</summary>
    public string Digest { get; init; } = string.Empty;

    /// <summary>
    /// The platforms of the image by the digests of their manifests, where they are known: a report that is of one of these is of the image.
    /// </summary>
    public IReadOnlyDictionary<string, string> Platforms { get; init; } = new Dictionary<string, string>();

    /// <summary>The base image, where it is known.</summary>
    public BaseImageInfo Base { get; init; } = new();

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; init; } = [];

    /// <summary>What a record before knew of the image.</summary>
    public static ScanReportOptions Of(ScanTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return new()
        {
            Image = target.Name,
            Digest = target.Image.Digest.IsEmpty ? string.Empty : target.Image.Digest.ToString(),
            Base = target.Base,
            Workloads = target.Workloads,
        };
    }
}
