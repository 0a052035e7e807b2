namespace PatchContainers.Rollout;

/// <summary>
/// How Swarm brings a service's tasks up to date (Docker Engine API, <c>UpdateConfig</c>). What is null stays as the service has it.
/// </summary>
public sealed record SwarmUpdate
{
    /// <summary>How many tasks are replaced at a time; 0 for all at once.</summary>
    public int? Parallelism { get; init; }

    /// <summary>How long Swarm waits between two portions of tasks.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>How long after its start a task's failure counts as the update's.</summary>
    public TimeSpan? Monitor { get; init; }

    /// <summary>Whether a task's old container is stopped before the new one starts, or after.</summary>
    public SwarmOrder? Order { get; init; }

    /// <summary>The share of tasks that may fail before the update has failed: 0 to 1.</summary>
    public double? MaxFailureRatio { get; init; }
}

/// <summary>What comes first when a task is replaced.</summary>
public enum SwarmOrder
{
    /// <summary>The old container is stopped first (<c>stop-first</c>).</summary>
    StopFirst,

    /// <summary>The new container is started first (<c>start-first</c>).</summary>
    StartFirst,
}
