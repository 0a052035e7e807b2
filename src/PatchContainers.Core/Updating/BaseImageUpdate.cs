using PatchContainers.Inventory;
using PatchContainers.Staleness;

namespace PatchContainers.Updating;

/// <summary>How an image is patched.</summary>
public enum UpdateStrategy
{
    /// <summary>The safest that works.</summary>
    Auto,

    /// <summary>The new base's layers under the application's.</summary>
    Rebase,

    /// <summary>A new top layer with the distribution's fixed packages.</summary>
    PackagePatch,

    /// <summary>The source's FROM lines.</summary>
    Dockerfile,

    /// <summary>A new build.</summary>
    Rebuild,
}

/// <summary>How an update ended.</summary>
public enum UpdateStatus
{
    /// <summary>What would be done; nothing was.</summary>
    Planned,

    /// <summary>The new image is written, read back and rescanned.</summary>
    Updated,

    /// <summary>There was nothing to do.</summary>
    UpToDate,

    /// <summary>It cannot be done safely; <see cref="BaseImageUpdate.Rejected"/> says why.</summary>
    Refused,
}

/// <summary>One reason why a strategy was refused.</summary>
public sealed record UpdateRejection
{
    /// <summary>The strategy that refused.</summary>
    public UpdateStrategy Strategy { get; init; }

    /// <summary>The platform it is about; empty for all.</summary>
    public string Platform { get; init; } = string.Empty;

    /// <summary>The path in the image; empty where it is about none.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>The digest of the layer; empty where it is about none.</summary>
    public string Layer { get; init; } = string.Empty;

    /// <summary>The history line that made the layer; empty where it is not told.</summary>
    public string HistoryLine { get; init; } = string.Empty;

    /// <summary>What stands in the way, and what would work instead.</summary>
    public required string Reason { get; init; }
}

/// <summary>A vulnerability in a package, as updates count them.</summary>
/// <param name="Id">The vulnerability.</param>
/// <param name="Package">The binary package.</param>
/// <param name="Version">The version that has it.</param>
/// <param name="Platform">The platform.</param>
public sealed record UpdateFinding(string Id, string Package, string Version, string Platform);

/// <summary>What <c>Update-BaseImage</c> did with one image.</summary>
public sealed record BaseImageUpdate
{
    /// <summary>The old image, by its public name.</summary>
    public required string Image { get; init; }

    /// <summary>The old digest.</summary>
    public required string Digest { get; init; }

    /// <summary>The base image.</summary>
    public BaseImageInfo Base { get; init; } = new();

    /// <summary>The new image, by its public name; the old one where nothing was to do; empty where it was refused.</summary>
    public string NewImage { get; init; } = string.Empty;

    /// <summary>The new digest; the old one where nothing was to do; empty where it was refused.</summary>
    public string NewDigest { get; init; } = string.Empty;

    /// <summary>The strategy.</summary>
    public UpdateStrategy Strategy { get; init; }

    /// <summary>How it ended.</summary>
    public UpdateStatus Status { get; init; }

    /// <summary>What should be known about it: reported paths, predictions that did not come true, why nothing was to do.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>Why it was refused.</summary>
    public IReadOnlyList<UpdateRejection> Rejected { get; init; } = [];

    /// <summary>What the old image had and the new one has not.</summary>
    public IReadOnlyList<UpdateFinding> Fixed { get; init; } = [];

    /// <summary>What both have.</summary>
    public IReadOnlyList<UpdateFinding> Remaining { get; init; } = [];

    /// <summary>What only the new one has.</summary>
    public IReadOnlyList<UpdateFinding> Introduced { get; init; } = [];

    /// <summary>The platforms, as <c>os/architecture[/variant]</c>.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>Bytes of blobs and manifests sent to the store.</summary>
    public long BytesUploaded { get; init; }

    /// <summary>Bytes of blobs that were there already, or were mounted.</summary>
    public long BytesReused { get; init; }

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; init; } = [];
}
