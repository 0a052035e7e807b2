namespace PatchContainers.Advisories;

/// <summary>The compiled advisories of one ecosystem and release.</summary>
public sealed record AdvisoryEcosystem
{
    /// <summary>The ecosystem in OSV's words: <c>Debian:12</c>, <c>Alpine:v3.19</c>, <c>Ubuntu:22.04:LTS</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How many advisories it holds.</summary>
    public int Records { get; init; }

    /// <summary>How many packages they name.</summary>
    public int Packages { get; init; }

    /// <summary>
    /// When the advisories were made, UTC: the newest change among those of the distribution (<c>Debian</c>) that were imported.
    /// </summary>
    public DateTimeOffset DatabaseTime { get; init; }

    /// <summary>The compiled file.</summary>
    public required string Path { get; init; }

    /// <summary>Its size in bytes.</summary>
    public long Bytes { get; init; }
}
