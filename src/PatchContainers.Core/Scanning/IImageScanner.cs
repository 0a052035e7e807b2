using PatchContainers.Images;
using PatchContainers.Inventory;
using PatchContainers.Staleness;

namespace PatchContainers.Scanning;

/// <summary>An image to scan, with what the record before knew of it.</summary>
public sealed record ScanTarget
{
    /// <summary>The image; pinned where the record before knew its digest.</summary>
    public required ImageReference Image { get; init; }

    /// <summary>The name that the result carries: the record's own.</summary>
    public required string Name { get; init; }

    /// <summary>The base image, where it is known.</summary>
    public BaseImageInfo Base { get; init; } = new();

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; init; } = [];

    /// <summary>The platforms to scan; empty for all.</summary>
    public IReadOnlyList<Platform> Platforms { get; init; } = [];
}

/// <summary>Something that finds vulnerabilities in images.</summary>
public interface IImageScanner
{
    /// <summary>The scanner's name, as <see cref="ScannerInfo.Name"/> gives it.</summary>
    string Name { get; }

    /// <summary>Scans an image: one result a platform. A scan that fails throws; it never gives an empty result.</summary>
    IAsyncEnumerable<ImageScanResult> ScanAsync(ScanTarget target, IProgress<PatchNotice> notices, CancellationToken cancellationToken = default);
}
