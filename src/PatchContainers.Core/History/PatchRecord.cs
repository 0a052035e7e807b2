namespace PatchContainers.History;

/// <summary>What a decision was about.</summary>
public enum PatchRecordKind
{
    /// <summary>A verdict on freshness.</summary>
    Stale,

    /// <summary>A scan.</summary>
    Scan,

    /// <summary>A patched image, or a refusal to patch.</summary>
    Update,

    /// <summary>A rollout began, went on, or ended.</summary>
    Rollout,

    /// <summary>A workload was changed, or changed back.</summary>
    Change,

    /// <summary>A gate spoke.</summary>
    Gate,

    /// <summary>A digest was quarantined or released.</summary>
    Quarantine,

    /// <summary>A line that a crash tore, completed when the next one was written.</summary>
    Interrupted,
}

/// <summary>One entry of the history, chained to the one before by its hash.</summary>
public sealed record PatchRecord
{
    /// <summary>1, 2, 3, ...; given by the store.</summary>
    public long Sequence { get; init; }

    /// <summary>When it was decided, UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>What it is about.</summary>
    public PatchRecordKind Kind { get; init; }

    /// <summary>Who or what decided: <c>user@host</c>, or what <c>PATCHCONTAINERS_ACTOR</c> says.</summary>
    public string Actor { get; init; } = string.Empty;

    /// <summary>The image, by its public name; empty where it is about none.</summary>
    public string Image { get; init; } = string.Empty;

    /// <summary>The digest before.</summary>
    public string OldDigest { get; init; } = string.Empty;

    /// <summary>The digest after.</summary>
    public string NewDigest { get; init; } = string.Empty;

    /// <summary>The workload's id; empty where it is about none.</summary>
    public string Workload { get; init; } = string.Empty;

    /// <summary>The rollout's id; empty where it is about none.</summary>
    public string Rollout { get; init; } = string.Empty;

    /// <summary>How it ended, one word: <c>Stale</c>, <c>Scanned</c>, <c>Updated</c>, <c>Unverified</c>, <c>Refused</c>, <c>Written</c>,
    /// <c>Passed</c>, ...</summary>
    public string Outcome { get; init; } = string.Empty;

    /// <summary>The vulnerabilities that it is about, by id.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>The gates and what they said: <c>policy: Passed</c>.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];

    /// <summary>One sentence for people.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>What makes a repeat a no-op: rollout, step and attempt, joined by '/'; empty for records that may repeat.</summary>
    public string Key { get; init; } = string.Empty;

    /// <summary>The hash of the line before; of the first, 64 zeros. Given by the store.</summary>
    public string PreviousHash { get; init; } = string.Empty;

    /// <summary>The SHA-256 of this line's bytes as stored; given by the store.</summary>
    public string Hash { get; init; } = string.Empty;
}
