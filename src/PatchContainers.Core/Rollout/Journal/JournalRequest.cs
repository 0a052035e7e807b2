namespace PatchContainers.Rollout.Journal;

/// <summary>What a person asks of a rollout that a process may be running: it takes it in at its next safe point.</summary>
public sealed record JournalRequest
{
    /// <summary>The request's own id.</summary>
    public required string Id { get; init; }

    /// <summary><see cref="JournalEntryKind.Approved"/> or <see cref="JournalEntryKind.StopAsked"/>.</summary>
    public required JournalEntryKind Kind { get; init; }

    /// <summary>Who asks.</summary>
    public required string Actor { get; init; }

    /// <summary>When, UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The ring that is approved; empty for all.</summary>
    public string Ring { get; init; } = string.Empty;

    /// <summary>Until when an approval holds, UTC; null for always.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Why.</summary>
    public string Reason { get; init; } = string.Empty;
}
