using PatchContainers.Scanning;

namespace PatchContainers.Advisories;

/// <summary>What an event of a range says (OSV schema, <c>affected[].ranges[].events[]</c>).</summary>
internal enum RangeEventKind : byte
{
    /// <summary>This version and later ones are affected; <c>0</c> means from the beginning.</summary>
    Introduced = 0,

    /// <summary>This version and later ones are not affected.</summary>
    Fixed = 1,

    /// <summary>Versions later than this one are not affected.</summary>
    LastAffected = 2,
}

/// <summary>One event of a range.</summary>
internal readonly record struct RangeEvent(RangeEventKind Kind, string Version);

/// <summary>What is odd about the way an advisory names a package.</summary>
[Flags]
internal enum AffectedTraits : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The distribution has said that it will not fix it (Debian: <c>end-of-life</c>).</summary>
    WontFix = 1,

    /// <summary>It is named without any version: all are affected, as far as the advisory tells.</summary>
    NoVersions = 2,

    /// <summary>It is named with commits only, which no package version compares with.</summary>
    CommitsOnly = 4,
}

/// <summary>One package that an advisory names.</summary>
/// <param name="Package">The package's name in its ecosystem; for Debian, Ubuntu and Alpine the source package.</param>
/// <param name="Ranges">The affected ranges.</param>
/// <param name="Versions">Affected versions beyond the ranges.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="SeveritySource">Who says so: <c>cvss</c>, or the distribution.</param>
/// <param name="Cvss">The vector; empty where there is none.</param>
/// <param name="Traits">What is odd about it.</param>
internal sealed record AffectedPackage(
    string Package,
    IReadOnlyList<RangeEvent[]> Ranges,
    IReadOnlyList<string> Versions,
    Severity Severity,
    string SeveritySource,
    string Cvss,
    AffectedTraits Traits);

/// <summary>One vulnerability that an advisory is about.</summary>
/// <param name="Id">Its name, a CVE id where it has one.</param>
/// <param name="Aliases">Its other names, the advisory's own id first.</param>
internal sealed record AdvisoryVulnerability(string Id, IReadOnlyList<string> Aliases);

/// <summary>
/// One advisory in one ecosystem. A record about one vulnerability (<c>DEBIAN-CVE-2023-1</c>) says more than a notice about several
/// (<c>DSA-1-1</c>): where both name a package, the record decides, and the notice gives its name as an alias.
/// </summary>
/// <param name="Id">The advisory's id.</param>
/// <param name="Modified">When it was last changed, UTC.</param>
/// <param name="Url">Where to read more.</param>
/// <param name="IsNotice">Whether it is a notice about vulnerabilities that have names of their own.</param>
/// <param name="Vulnerabilities">What it is about: one, or several for a notice.</param>
/// <param name="Affected">The packages.</param>
internal sealed record AdvisoryRecord(
    string Id,
    DateTimeOffset Modified,
    string Url,
    bool IsNotice,
    IReadOnlyList<AdvisoryVulnerability> Vulnerabilities,
    IReadOnlyList<AffectedPackage> Affected);
