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

    /// <summary>How Swarm is to bring a service's tasks up to date; null as the service says.</summary>
    public SwarmUpdate? Update { get; init; }
}
