using PatchContainers.Images;
using PatchContainers.Inventory;

namespace PatchContainers.Staleness;

/// <summary>Which images are looked at, and what counts as stale.</summary>
public sealed record StaleImageOptions
{
    /// <summary>Images by reference.</summary>
    public IReadOnlyList<ImageReference> Images { get; init; } = [];

    /// <summary>Platforms whose workloads' images are looked at; each image once, with all workloads that name it.</summary>
    public IReadOnlyList<IWorkloadSource> Workloads { get; init; } = [];

    /// <summary>Whether every tag of every repository is looked at that the store can list (a folder of layouts standing for a
    /// registry).</summary>
    public bool AllRepositories { get; init; }

    /// <summary>Base images that images without annotation or label may be built on.</summary>
    public IReadOnlyList<KnownBase> BaseImages { get; init; } = [];

    /// <summary>The age from which an image is <see cref="StaleReason.TooOld"/>; null where age does not matter.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Whether fresh images are written too.</summary>
    public bool IncludeFresh { get; init; }

    /// <summary>How many images are looked at together; at least 1.</summary>
    public int Concurrency { get; init; } = 8;
}
