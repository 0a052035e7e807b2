namespace PatchContainers;

/// <summary>A cluster, whether it answers, and what the account may do there.</summary>
public sealed record ClusterInfo
{
    /// <summary>The context in the kubeconfig.</summary>
    public required string Context { get; init; }

    /// <summary>The API server's address.</summary>
    public required string Address { get; init; }

    /// <summary>The server's version: <c>v1.20.2</c>; empty where it does not answer.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Whether it answers.</summary>
    public bool IsReachable { get; init; }

    /// <summary>Why it does not answer; empty where it does.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>The rights that this program can make use of, each asked for.</summary>
    public IReadOnlyList<ClusterRight> Rights { get; init; } = [];
}

/// <summary>One right in a cluster.</summary>
public sealed record ClusterRight
{
    /// <summary><c>list deployments</c>.</summary>
    public required string Right { get; init; }

    /// <summary>The namespace; empty for all.</summary>
    public string Namespace { get; init; } = string.Empty;

    /// <summary>What needs it: <c>inventory</c>, <c>rollout</c>, <c>pull secrets</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>Whether the account has it.</summary>
    public bool IsAllowed { get; init; }
}
