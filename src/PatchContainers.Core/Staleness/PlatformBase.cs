using PatchContainers.Images;
using PatchContainers.Stores;

namespace PatchContainers.Staleness;

/// <summary>How the base that a platform was built on compares with what its name means now.</summary>
internal enum BaseState
{
    /// <summary>There is no evidence, or the base could not be asked.</summary>
    Unknown,

    /// <summary>The image says that it has no base.</summary>
    None,

    /// <summary>It is the current one.</summary>
    Current,

    /// <summary>It has been replaced.</summary>
    Changed,
}

/// <summary>The base of one platform of an image.</summary>
internal sealed record PlatformBase
{
    public required PlatformImage Image { get; init; }

    public BaseState State { get; init; }

    public BaseEvidence Method { get; init; }

    /// <summary>The base's name, without a digest; several where equal evidence names several, none where it is not known.</summary>
    public IReadOnlyList<ImageReference> Names { get; init; } = [];

    /// <summary>The digest it was built on; empty where it is not known.</summary>
    public string RecordedDigest { get; init; } = string.Empty;

    /// <summary>What the name means now, in the form of the recorded digest: index, manifest or config.</summary>
    public string CurrentDigest { get; init; } = string.Empty;

    /// <summary>What the name means now; null where it could not be asked.</summary>
    public ResolvedRoot? Current { get; init; }

    /// <summary>The current base's image for this platform; null where it has none.</summary>
    public PlatformImage? CurrentImage { get; init; }

    /// <summary>The recorded base's image for this platform; null where it can no longer be read.</summary>
    public PlatformImage? RecordedImage { get; init; }

    /// <summary>How this came about, or what would settle it.</summary>
    public required string Detail { get; init; }

    /// <summary>Whole days from the recorded base to the current one; null where either has no date.</summary>
    public int? BehindDays => RecordedImage?.Config.Created is { } before && CurrentImage?.Config.Created is { } now
        ? Math.Max(0, (int)(now - before).TotalDays)
        : null;
}
