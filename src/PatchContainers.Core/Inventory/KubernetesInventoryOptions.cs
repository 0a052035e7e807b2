using PatchContainers.Stores.Registry;

namespace PatchContainers.Inventory;

/// <summary>Which workloads of which clusters.</summary>
public sealed record KubernetesInventoryOptions
{
    /// <summary>Contexts of the kubeconfig; none for the current one.</summary>
    public IReadOnlyList<string> Contexts { get; init; } = [];

    /// <summary>Namespaces; none for all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>A label selector, as kubectl takes it: <c>app=web,tier!=test</c>; empty for all.</summary>
    public string Selector { get; init; } = string.Empty;

    /// <summary>Kinds, in any case: <c>Deployment</c>, <c>CronJob</c>; none for all.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Takes the credentials that the workloads pull their images with; null where they are not to be read.</summary>
    public PullSecrets? PullSecrets { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
