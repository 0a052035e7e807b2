namespace PatchContainers;

/// <summary>What surrounds a run: versions, paths, the age of the advisories, what can be reached.</summary>
public sealed record PatchEnvironment
{
    /// <summary>PatchContainers' version.</summary>
    public required string Version { get; init; }

    /// <summary>The .NET runtime's name and version.</summary>
    public required string Runtime { get; init; }

    /// <summary>The operating system.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>The state folder.</summary>
    public required string StatePath { get; init; }

    /// <summary>The settings file; empty where there is none.</summary>
    public string SettingsFile { get; init; } = string.Empty;

    /// <summary>The history's file.</summary>
    public required string HistoryPath { get; init; }

    /// <summary>The history's head, <c>SEQUENCE:HASH</c>; empty where there is no history or it cannot be read.</summary>
    public string HistoryHead { get; init; } = string.Empty;

    /// <summary>The compiled advisories.</summary>
    public IReadOnlyList<AdvisoryDatabaseInfo> Advisories { get; init; } = [];

    /// <summary>The registries that the settings and the command name.</summary>
    public IReadOnlyList<EndpointInfo> Registries { get; init; } = [];

    /// <summary>The container engines that are looked for.</summary>
    public IReadOnlyList<EndpointInfo> Engines { get; init; } = [];

    /// <summary>The clusters that were asked; none unless they were named.</summary>
    public IReadOnlyList<ClusterInfo> Clusters { get; init; } = [];

    /// <summary>What is not as it should be, in sentences that say what to do.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>One compiled file of advisories.</summary>
public sealed record AdvisoryDatabaseInfo
{
    /// <summary>The ecosystem and release: <c>Debian:12</c>.</summary>
    public required string Ecosystem { get; init; }

    /// <summary>How many advisories it holds.</summary>
    public int Count { get; init; }

    /// <summary>When the newest of its advisories was changed, UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Whole days since then.</summary>
    public int AgeDays { get; init; }
}

/// <summary>A registry or an engine, and whether it answers.</summary>
public sealed record EndpointInfo
{
    /// <summary>Its name: a registry's host, an engine's kind.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is: an address, a folder, a socket.</summary>
    public required string Address { get; init; }

    /// <summary>Whether it answers.</summary>
    public bool IsReachable { get; init; }

    /// <summary>What it answered, or why it did not.</summary>
    public string Detail { get; init; } = string.Empty;
}
