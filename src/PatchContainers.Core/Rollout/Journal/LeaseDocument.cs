namespace PatchContainers.Rollout.Journal;

/// <summary>A lease as it is stored.</summary>
internal sealed record LeaseDocument
{
    public required string Resource { get; init; }

    public required long Fence { get; init; }

    /// <summary>Who has it, for people.</summary>
    public required string Actor { get; init; }

    /// <summary>The process that has it.</summary>
    public required ProcessIdentity Process { get; init; }

    public DateTimeOffset Since { get; init; }

    /// <summary>When it ends unless it is prolonged. In the past when it was given back.</summary>
    public DateTimeOffset Until { get; init; }
}
