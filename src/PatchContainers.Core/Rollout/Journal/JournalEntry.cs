namespace PatchContainers.Rollout.Journal;

/// <summary>What an entry of a journal says.</summary>
public enum JournalEntryKind
{
    /// <summary>The rollout begins, with this plan. Always the first entry, and only the first.</summary>
    Planned = 1,

    /// <summary>A process goes on with a rollout that another left.</summary>
    Taken,

    /// <summary>A process begins to put the rollout back, because a person said so.</summary>
    Undo,

    /// <summary>A step is about to be done.</summary>
    Started,

    /// <summary>The step is done.</summary>
    Ended,

    /// <summary>A person lets a ring begin.</summary>
    Approved,

    /// <summary>A person asked the rollout to stop.</summary>
    StopAsked,
}

/// <summary>What a step found of one change.</summary>
/// <param name="Change">Which of the plan's changes, from 0.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Detail">Why.</param>
/// <param name="Ran">Whether the new version was seen to run.</param>
public sealed record JournalChange(int Change, ChangeStatus Status, string? Detail, bool Ran);

/// <summary>One entry of a rollout's journal. What a kind does not use is left at its default.</summary>
public sealed record JournalEntry
{
    /// <summary>1, 2, 3, ... without a gap: what makes appending a compare-and-swap.</summary>
    public required int Number { get; init; }

    /// <summary>What it says.</summary>
    public required JournalEntryKind Kind { get; init; }

    /// <summary>When, UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The fencing number of the lease under which it was written.</summary>
    public long Fence { get; init; }

    /// <summary>Who wrote it; of what a person asked for, who that was.</summary>
    public string? Actor { get; init; }

    /// <summary>The request that it takes in; see <see cref="JournalRequest"/>.</summary>
    public string? Request { get; init; }

    /// <summary>Whether nothing is to happen before somebody resumes it (<see cref="JournalEntryKind.Planned"/>).</summary>
    public bool Detached { get; init; }

    /// <summary>The plan (<see cref="JournalEntryKind.Planned"/>).</summary>
    public RolloutPlan? Plan { get; init; }

    /// <summary>How much is put back (<see cref="JournalEntryKind.Undo"/>).</summary>
    public RollbackScope? Scope { get; init; }

    /// <summary>The step: 1, 2, 3, ...</summary>
    public int Step { get; init; }

    /// <summary>What the step does; see <see cref="RolloutStep.Action"/>.</summary>
    public string? Action { get; init; }

    /// <summary>The ring that the step is in.</summary>
    public string? Ring { get; init; }

    /// <summary>The workload, gate or digest that the step is about.</summary>
    public string? Target { get; init; }

    /// <summary>Which of the plan's changes the step is about, from 0; null where it is about none.</summary>
    public int? Change { get; init; }

    /// <summary>Which portion of the ring the step is about, from 0; null where it is about the whole ring.</summary>
    public int? Batch { get; init; }

    /// <summary>What the step waits for.</summary>
    public AwaitedState? Awaited { get; init; }

    /// <summary>Until when, UTC: how long a step may take, how long a soak lasts, how long an approval holds.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>What the platform read before the change; see <see cref="RolloutChange.Before"/>.</summary>
    public string? Before { get; init; }

    /// <summary>The image string that putting a change back writes, as far as that was looked into.</summary>
    public string? Image { get; init; }

    /// <summary>What gates measured before the ring's first change, by gate.</summary>
    public IReadOnlyDictionary<string, string>? Baselines { get; init; }

    /// <summary>What the step found, change by change.</summary>
    public IReadOnlyList<JournalChange>? Found { get; init; }

    /// <summary>How the step ended.</summary>
    public string? Outcome { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public string? Detail { get; init; }

    /// <summary>Whether the step may have changed something although it failed.</summary>
    public bool Uncertain { get; init; }

    /// <summary>Whether the platform keeps what ran before; see <see cref="IOrchestrator.KeepsOld"/> (<see cref="RolloutAction.Apply"/>).</summary>
    public bool KeepsOld { get; init; }

    /// <summary>The digests that the step speaks about.</summary>
    public IReadOnlyList<string>? Digests { get; init; }

    /// <summary>The history's head after the step's record (when the rollout ends or waits).</summary>
    public string? HistoryHead { get; init; }
}
