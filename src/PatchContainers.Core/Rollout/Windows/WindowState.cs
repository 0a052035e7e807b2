namespace PatchContainers.Rollout.Windows;

/// <summary>Whether changes may be made at an instant, and when it changes.</summary>
public sealed record WindowState
{
    /// <summary>The ring of a plan whose windows these are; empty where no plan was asked about.</summary>
    public string Ring { get; init; } = string.Empty;

    /// <summary>The instant that was asked about, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether changes may be made.</summary>
    public bool IsOpen { get; init; }

    /// <summary>
    /// Until when, UTC: windows that touch or overlap count as one, and a freeze ends it. Null where it is closed, and where it stays open
    /// for more than a year.
    /// </summary>
    public DateTimeOffset? OpenUntil { get; init; }

    /// <summary>When it opens the next time, UTC, after this time if it is open; null where it never does, or never closes.</summary>
    public DateTimeOffset? NextOpen { get; init; }

    /// <summary>Until when it is open then, UTC; null where it does not open, or stays open for more than a year.</summary>
    public DateTimeOffset? NextOpenUntil { get; init; }

    /// <summary>How long the work takes; null where nobody said.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Whether the work, begun now, ends before the window does; without a duration, whether it is open.</summary>
    public bool Fits { get; init; }

    /// <summary>The first instant from which the work fits, UTC; null where it never does.</summary>
    public DateTimeOffset? NextFit { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public string Reason { get; init; } = string.Empty;

    /// <summary>The time zones of the windows and freezes.</summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    /// <summary>The windows, as texts.</summary>
    public IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>The freezes, as texts.</summary>
    public IReadOnlyList<string> Freezes { get; init; } = [];
}
