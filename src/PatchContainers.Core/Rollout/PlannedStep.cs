namespace PatchContainers.Rollout;

/// <summary>
/// The step that a rollout's state calls for next: derived from the journal alone, so that whoever resumes it takes the same one.
/// </summary>
internal sealed record PlannedStep(string Action)
{
    public string Ring { get; init; } = string.Empty;

    public string Target { get; init; } = string.Empty;

    /// <summary>Which of the plan's changes it is about; null for none.</summary>
    public int? Change { get; init; }

    /// <summary>Which portion of the ring it is about, from 0; null for the whole ring.</summary>
    public int? Batch { get; init; }

    /// <summary>What it waits for.</summary>
    public AwaitedState? Awaited { get; init; }

    /// <summary>Until when, UTC.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>What a step that only decides will say.</summary>
    public string Outcome { get; init; } = string.Empty;

    /// <summary>Why.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>The digests that it speaks about.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];
}
