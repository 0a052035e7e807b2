using PatchContainers.Inventory;

namespace PatchContainers.Staleness;

/// <summary>What is known about an image's freshness.</summary>
public enum StaleStatus
{
    /// <summary>There is no evidence either way. It is not fresh.</summary>
    Unknown,

    /// <summary>It has fallen behind; the reasons say how.</summary>
    Stale,

    /// <summary>Its base is the current one, and no rule says otherwise.</summary>
    Fresh,
}

/// <summary>Why an image is stale.</summary>
public enum StaleReason
{
    /// <summary>The base image it was built on has been replaced.</summary>
    BaseChanged,

    /// <summary>The running digest is no longer what the tag says.</summary>
    TagMoved,

    /// <summary>There is a newer tag.</summary>
    NewerTag,

    /// <summary>Replicas or environments run different digests of one tag.</summary>
    VersionDrift,

    /// <summary>It is older than the policy allows.</summary>
    TooOld,

    /// <summary>Its distribution gets no more fixes.</summary>
    EndOfLife,

    /// <summary>A container's files differ from its image.</summary>
    ContainerChanged,

    /// <summary>Its digest failed in a rollout and may not be used.</summary>
    Quarantined,
}

/// <summary>How the base image was found, strongest evidence first.</summary>
public enum BaseEvidence
{
    /// <summary>No evidence.</summary>
    None,

    /// <summary>The annotations <c>org.opencontainers.image.base.name</c> and <c>.digest</c>.</summary>
    Annotation,

    /// <summary>Labels of the same names.</summary>
    Label,

    /// <summary>A known base's DiffIDs are a proper prefix of the image's.</summary>
    LayerPrefix,

    /// <summary>A provenance attestation.</summary>
    Provenance,

    /// <summary>The Dockerfile's last stage.</summary>
    Dockerfile,
}

/// <summary>The base image of an image: which it was built on, and what that name means now.</summary>
public sealed record BaseImageInfo
{
    /// <summary>The base image's reference; several, joined by a comma and a space, where equal evidence names several. Empty where it is
    /// not known.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The digest that the image was built on; empty where it is not known.</summary>
    public string RecordedDigest { get; init; } = string.Empty;

    /// <summary>
    /// The digest that the name means now, in the form of the recorded one (index, a platform's manifest, config), so that the two can be
    /// compared; empty where it could not be asked.
    /// </summary>
    public string CurrentDigest { get; init; } = string.Empty;

    /// <summary>How it was found.</summary>
    public BaseEvidence Method { get; init; }
}

/// <summary>What <c>Get-StaleImage</c> says about one image.</summary>
public sealed record StaleImage
{
    /// <summary>The image, by its public name.</summary>
    public required string Image { get; init; }

    /// <summary>What the reference names now: the index digest for a multi-arch image.</summary>
    public string Digest { get; init; } = string.Empty;

    /// <summary>The platforms, as <c>os/architecture[/variant]</c>.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>The verdict.</summary>
    public StaleStatus Status { get; init; }

    /// <summary>Why it is stale; empty otherwise.</summary>
    public IReadOnlyList<StaleReason> Reasons { get; init; } = [];

    /// <summary>The base image.</summary>
    public BaseImageInfo Base { get; init; } = new();

    /// <summary>When the image was made, UTC; null where it does not say.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Whole days since then; null where it does not say.</summary>
    public int? AgeDays { get; init; }

    /// <summary>Whole days between the recorded base and the current one; null where either has no date.</summary>
    public int? BehindDays { get; init; }

    /// <summary>What to move to: the current base, or the newer tag; empty where nothing is suggested.</summary>
    public string SuggestedImage { get; init; } = string.Empty;

    /// <summary>For Unknown, what would settle it; otherwise how the verdict came about, with both digests.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; init; } = [];

    /// <summary>When this was found, UTC.</summary>
    public DateTimeOffset CheckedAt { get; init; }
}
