namespace PatchContainers.Rollout;

/// <summary>One ring of a plan: which workloads, in which portions, and what they have to pass.</summary>
public sealed record PatchRing
{
    /// <summary>How long a workload may take to become ready, unless the plan says otherwise.</summary>
    public static TimeSpan DefaultTimeout => TimeSpan.FromMinutes(10);

    /// <summary>The ring's name, unique in its plan.</summary>
    public required string Name { get; init; }

    /// <summary>Where its workloads are.</summary>
    public required IReadOnlyList<RingTarget> Targets { get; init; }

    /// <summary>How many workloads are changed at a time; all of them by default. The next portion begins when the last is ready.</summary>
    public Portion Batch { get; init; } = Portion.All;

    /// <summary>How long a portion may take to become ready, after its last write.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>How many of each workload's replicas run the new version first; all at once by default.</summary>
    public Portion Canary { get; init; } = Portion.All;

    /// <summary>How long a canary runs before the gates are asked and the rest follows.</summary>
    public TimeSpan CanarySoak { get; init; }

    /// <summary>How long the whole ring runs before the gates are asked.</summary>
    public TimeSpan Soak { get; init; }

    /// <summary>The gates that it has to pass, in order.</summary>
    public IReadOnlyList<RolloutGate> Gates { get; init; } = [];

    /// <summary>
    /// When changes may begin, each as <c>Sat,Sun 02:00 +4h Europe/Berlin</c>; always, where there is none. A portion that would outlast
    /// its window is not begun.
    /// </summary>
    public IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>When no change may begin, whatever the windows say: dates as <see cref="PatchContainers.Rollout.Windows.FreezePeriod"/> has them.</summary>
    public IReadOnlyList<string> Freezes { get; init; } = [];

    /// <summary>Whether a person has to approve before it begins.</summary>
    public bool Approval { get; init; }

    /// <summary>Whether a CronJob is tried out by one Job made from it. Without, nobody knows whether it is healthy.</summary>
    public bool TrialJob { get; init; }
}

/// <summary>A part of a ring's workloads: files, or what runs on a platform.</summary>
public sealed record RingTarget
{
    /// <summary>The kinds of Kubernetes objects that can be changed: Jobs and bare Pods end by themselves, and are not.</summary>
    public static IReadOnlyList<string> ChangeableKinds { get; } = ["Deployment", "StatefulSet", "DaemonSet", "CronJob"];

    /// <summary>The platforms of what runs.</summary>
    public const string Kubernetes = "Kubernetes", Swarm = "Swarm", Docker = "Docker", Compose = "ComposeProject";

    /// <summary>A file or a folder of Kubernetes manifests and Compose files, or a project's Compose file; empty for all else that runs.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>The platform of what runs. With a path, <see cref="Compose"/> is a project that runs, and all else is files.</summary>
    public string Platform { get; init; } = Kubernetes;

    /// <summary>The Compose project's name; empty for what Compose would call it.</summary>
    public string Project { get; init; } = string.Empty;

    /// <summary>
    /// The kubeconfig context of a cluster; of an engine, its docker context or its address. Empty for files, or the current one.
    /// </summary>
    public string Context { get; init; } = string.Empty;

    /// <summary>The namespaces; all of them, where none is named.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>A label selector; empty for all objects.</summary>
    public string Selector { get; init; } = string.Empty;

    /// <summary>The kinds (<c>Deployment</c>, <c>StatefulSet</c>, ...); all that can be changed, where none is named.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>How Swarm is to bring a service's tasks up to date; null as each service says.</summary>
    public SwarmUpdate? Update { get; init; }

    /// <summary>Whether what it names runs; files are only written.</summary>
    internal bool Runs => Path.Length == 0 || Platform == Compose;

    /// <summary>Whether what it names are objects of a cluster.</summary>
    internal bool IsCluster => Path.Length == 0 && Platform == Kubernetes;
}
