namespace PatchContainers.Platforms.Plans;

/// <summary>The keys that plan files have, object by object: the one place that says so.</summary>
internal static class PlanKeys
{
    /// <summary>Of the file.</summary>
    public static readonly IReadOnlyList<string> Plan = ["name", "onFailure", "onInconclusive", "rollbackScope", "gates", "rings"];

    /// <summary>Of a ring.</summary>
    public static readonly IReadOnlyList<string> Ring =
        ["name", "targets", "windows", "blackouts", "approval", "batch", "timeout", "canary", "soak", "gates", "trialJob"];

    /// <summary>Of a target: one of them.</summary>
    public static readonly IReadOnlyList<string> Target = ["path", "kubernetes", "swarm", "docker", "compose"];

    /// <summary>Of a cluster's part.</summary>
    public static readonly IReadOnlyList<string> Kubernetes = ["context", "namespaces", "selector", "kinds"];

    /// <summary>Of an engine's containers.</summary>
    public static readonly IReadOnlyList<string> Docker = ["host", "selector"];

    /// <summary>Of a Compose project.</summary>
    public static readonly IReadOnlyList<string> Compose = ["path", "host", "project"];

    /// <summary>Of a swarm's services.</summary>
    public static readonly IReadOnlyList<string> Swarm = [.. Docker, "update"];

    /// <summary>Of how Swarm updates a service.</summary>
    public static readonly IReadOnlyList<string> SwarmUpdate = ["parallelism", "delay", "monitor", "order", "maxFailureRatio"];

    /// <summary>Of a canary.</summary>
    public static readonly IReadOnlyList<string> Canary = ["size", "soak"];

    /// <summary>Of every gate, beside the settings of its kind.</summary>
    public static readonly IReadOnlyList<string> Gate = ["name", "kind"];
}
