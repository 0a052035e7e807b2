namespace PatchContainers.Inventory;

/// <summary>One container of one thing that runs containers: what it was told to run, and what it runs.</summary>
public sealed record Workload
{
    /// <summary>
    /// The workload's name in one line: <c>kubernetes://context/namespace/Deployment/web#app</c>,
    /// <c>manifest:///path/web.yaml/namespace/Deployment/web#app</c> (without the namespace where the file names none),
    /// <c>compose:///path/compose.yaml/web</c>, <c>docker://HOST/web</c>, <c>swarm://HOST/web</c> (HOST is the engine's address or docker
    /// context). In a file, the same name again gets <c>~2</c>, <c>~3</c>, ...
    /// </summary>
    public required string Id { get; init; }

    /// <summary><c>Kubernetes</c>, <c>Manifest</c>, <c>Compose</c>, <c>Swarm</c>, <c>Docker</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>The cluster or engine; empty for files.</summary>
    public string Context { get; init; } = string.Empty;

    /// <summary>The namespace; empty where there is none.</summary>
    public string Namespace { get; init; } = string.Empty;

    /// <summary><c>Deployment</c>, <c>CronJob</c>, <c>Service</c> (Compose, Swarm), <c>Container</c>, ...</summary>
    public string Kind { get; init; } = string.Empty;

    /// <summary>The object's name.</summary>
    public required string Name { get; init; }

    /// <summary>The container's name; empty on platforms whose objects are single containers (Compose, Swarm, Docker).</summary>
    public string Container { get; init; } = string.Empty;

    /// <summary>The image as the workload names it.</summary>
    public required string Image { get; init; }

    /// <summary>The digests that run; empty for files, which run nothing.</summary>
    public IReadOnlyList<string> RunningDigests { get; init; } = [];

    /// <summary>The object's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The file it stands in, for manifests and Compose; empty otherwise.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>
    /// Files that the container changed since it was made, without those that programs write to anyway; at most 50. Empty where the platform
    /// cannot tell: only engines can.
    /// </summary>
    public IReadOnlyList<string> ChangedFiles { get; init; } = [];
}
