namespace PatchContainers.Rollout;

/// <summary>A digest that failed after it ran, and may not be rolled out again.</summary>
public sealed record QuarantinedDigest
{
    /// <summary>The repository, in its canonical spelling: <c>docker.io/library/nginx</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>The digest.</summary>
    public required string Digest { get; init; }

    /// <summary>The folder of the rings.</summary>
    public required string Path { get; init; }

    /// <summary>The ring in which it failed.</summary>
    public required string Ring { get; init; }

    /// <summary>The rollout in which it failed.</summary>
    public required string Rollout { get; init; }

    /// <summary>What the gate said.</summary>
    public string Reason { get; init; } = string.Empty;

    /// <summary>Since when, UTC.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>When it was released, UTC; null while it is in quarantine.</summary>
    public DateTimeOffset? ReleasedAt { get; init; }

    /// <summary>Who or which rollout released it; empty while it is in quarantine.</summary>
    public string ReleasedBy { get; init; } = string.Empty;
}
