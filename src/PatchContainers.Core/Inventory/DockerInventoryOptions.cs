namespace PatchContainers.Inventory;

/// <summary>Which workloads of which container engine.</summary>
public sealed record DockerInventoryOptions
{
    /// <summary>The engine: an address (<c>unix:///var/run/docker.sock</c>, <c>tcp://HOST:2376</c>), or a docker context's name; empty to
    /// look where docker does.</summary>
    public string Host { get; init; } = string.Empty;

    /// <summary>A label selector: <c>app=web,tier!=test,backup,!old</c>; empty for all.</summary>
    public string Selector { get; init; } = string.Empty;

    /// <summary>Files and folders in containers whose changes do not count, besides those that programs write to anyway.</summary>
    public IReadOnlyList<string> IgnoredChanges { get; init; } = [];

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
