namespace PatchContainers.Scanning;

/// <summary>How bad a finding is, in order.</summary>
public enum Severity
{
    /// <summary>Nobody has said.</summary>
    Unknown,

    /// <summary>So small that the distribution may never fix it.</summary>
    Negligible,

    /// <summary>Low.</summary>
    Low,

    /// <summary>Medium.</summary>
    Medium,

    /// <summary>High.</summary>
    High,

    /// <summary>Critical.</summary>
    Critical,
}

/// <summary>Whether a fix exists. Unknown is not NotFixed.</summary>
public enum FixState
{
    /// <summary>The source does not tell.</summary>
    Unknown,

    /// <summary>A fixed version exists; it stands in <see cref="Finding.FixedVersion"/>.</summary>
    Fixed,

    /// <summary>There is none yet.</summary>
    NotFixed,

    /// <summary>The distribution has said that there will be none.</summary>
    WontFix,

    /// <summary>The package is not affected.</summary>
    NotAffected,
}

/// <summary>Who brought the package.</summary>
public enum FindingOrigin
{
    /// <summary>The base image is not known, or the layer is not.</summary>
    Unknown,

    /// <summary>The base image.</summary>
    Base,

    /// <summary>A layer above the base image.</summary>
    Application,
}

/// <summary>One vulnerability in one package of one image.</summary>
public sealed record Finding
{
    /// <summary>The vulnerability's name, a CVE id where it has one.</summary>
    public required string Id { get; init; }

    /// <summary>Its other names: <c>DSA-...</c>, <c>GHSA-...</c>, the source's own id.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>How bad it is.</summary>
    public Severity Severity { get; init; }

    /// <summary>Who said so: <c>debian</c>, <c>cvss</c>, ...; empty where nobody did.</summary>
    public string SeveritySource { get; init; } = string.Empty;

    /// <summary>The severity as the scanner wrote it, where it has a word that <see cref="Severity"/> has not; else empty.</summary>
    public string SeverityText { get; init; } = string.Empty;

    /// <summary>The package, by its binary name.</summary>
    public required string Package { get; init; }

    /// <summary>The installed version.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// The first version with the fix; empty where there is none. Where a scanner names one for each branch, all of them, separated by
    /// <c>", "</c>.
    /// </summary>
    public string FixedVersion { get; init; } = string.Empty;

    /// <summary>Whether a fix exists.</summary>
    public FixState FixState { get; init; }

    /// <summary>The source package.</summary>
    public string SourcePackage { get; init; } = string.Empty;

    /// <summary>The package URL.</summary>
    public string Purl { get; init; } = string.Empty;

    /// <summary>The kind of package: <c>deb</c>, <c>apk</c>, ...</summary>
    public string Type { get; init; } = string.Empty;

    /// <summary>The file in the image that the package was found by, where the scanner says so: a lock file, a program.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>
    /// The digest of the layer that brought the package in this version, as the manifest lists it; empty where it is not known.
    /// </summary>
    public string Layer { get; init; } = string.Empty;

    /// <summary>Whether the base image or the application brought it.</summary>
    public FindingOrigin Origin { get; init; }

    /// <summary>Whether it is known to be exploited (CISA KEV); null where no KEV data was there.</summary>
    public bool? KnownExploited { get; init; }

    /// <summary>The probability of exploitation in 30 days (FIRST EPSS), 0 to 1; null where no data was there.</summary>
    public double? Epss { get; init; }

    /// <summary>The scanner's own measure of the risk, 0 to 100 (Grype); null where it has none.</summary>
    public double? Risk { get; init; }

    /// <summary>The CVSS vector; empty where there is none.</summary>
    public string Cvss { get; init; } = string.Empty;

    /// <summary>Where to read more.</summary>
    public string Url { get; init; } = string.Empty;

    /// <summary>The scanners that found it, where several scanned; else empty.</summary>
    public IReadOnlyList<string> Scanners { get; init; } = [];

    /// <summary>Why it does not count (a VEX statement, an ignore rule); empty where it counts.</summary>
    public string Suppressed { get; init; } = string.Empty;
}
