namespace PatchContainers.Rollout;

/// <summary>How a change is to be made on a platform that runs it. Files know none of this.</summary>
public sealed record RolloutChangeOptions
{
    /// <summary>How many of the new version run first, as <see cref="Portion"/> reads it; empty for no canary.</summary>
    public string Canary { get; init; } = string.Empty;

    /// <summary>Whether objects that another tool owns (Argo CD, Flux, Helm) are changed all the same.</summary>
    public bool Force { get; init; }

    /// <summary>Whether a CronJob is tried out by one Job made from it.</summary>
    public bool TrialJob { get; init; }

    /// <summary>The engine of a Compose project that runs: its docker context or address; empty for all else.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>That project's name; empty for what Compose would call it.</summary>
    public string Project { get; init; } = string.Empty;

    /// <summary>How Swarm is to bring a service's tasks up to date; null as the service says.</summary>
    public SwarmUpdate? Update { get; init; }
}
