using PatchContainers.Inventory;
using PatchContainers.Packages;
using PatchContainers.Staleness;

namespace PatchContainers.Scanning;

/// <summary>The distribution in an image.</summary>
public sealed record ScannedOs
{
    /// <summary><c>debian</c>, <c>alpine</c>, ...; empty where the image names none.</summary>
    public string Family { get; init; } = string.Empty;

    /// <summary>The version: <c>12</c>, <c>3.19.1</c>.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Whether the distribution gets no more fixes; null where that is not known.</summary>
    public bool? EndOfLife { get; init; }
}

/// <summary>What scanned.</summary>
public sealed record ScannerInfo
{
    /// <summary>What stands between the names of several scanners whose results became one.</summary>
    internal const string Separator = ", ";

    /// <summary><c>Embedded</c>, <c>Trivy</c>, ...; several with a comma between, where their results became one.</summary>
    public required string Name { get; init; }

    /// <summary>The scanner's version.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>When its advisories were made, UTC; null where it does not tell.</summary>
    public DateTimeOffset? DatabaseTime { get; init; }
}

/// <summary>What a policy that the scanner holds says of the image.</summary>
public sealed record ScannerPolicy
{
    /// <summary>The word of a policy that the image breaks.</summary>
    internal const string Stop = "stop";

    private static readonly string[] Words = ["go", "warn", Stop];

    /// <summary>The policy's name or id.</summary>
    public string Id { get; init; } = string.Empty;

    /// <summary>The scanner's word for what is to be done: <c>go</c>, <c>warn</c>, <c>stop</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Why, in the scanner's words.</summary>
    public string Detail { get; init; } = string.Empty;

    /// <summary>Whether the image breaks it.</summary>
    internal bool IsStop => Action.Equals(Stop, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether its word is one that is known here.</summary>
    internal bool IsKnown => Words.Contains(Action, StringComparer.OrdinalIgnoreCase);

    /// <summary>The strictest of several, a word that is not known before one that lets pass; null for none.</summary>
    internal static ScannerPolicy? Strictest(IEnumerable<ScannerPolicy> policies) => policies.MaxBy(p =>
        p.IsKnown ? Array.FindIndex(Words, w => w.Equals(p.Action, StringComparison.OrdinalIgnoreCase)) : 1.5);
}

/// <summary>What <c>Invoke-ImageScan</c> says about one platform of one image.</summary>
public sealed record ImageScanResult
{
    /// <summary>The image, by its public name.</summary>
    public required string Image { get; init; }

    /// <summary>What the reference names: the index digest for a multi-arch image; empty where a report does not name it.</summary>
    public required string Digest { get; init; }

    /// <summary>The base image, where the record before knew it.</summary>
    public BaseImageInfo Base { get; init; } = new();

    /// <summary>The platform, as <c>os/architecture[/variant]</c>; empty where a report does not say it.</summary>
    public required string Platform { get; init; }

    /// <summary>The platform's manifest; empty where a report does not name it.</summary>
    public required string ManifestDigest { get; init; }

    /// <summary>The distribution.</summary>
    public ScannedOs Os { get; init; } = new();

    /// <summary>What scanned.</summary>
    public required ScannerInfo Scanner { get; init; }

    /// <summary>What a policy of the scanner's own says; null where there is none.</summary>
    public ScannerPolicy? Policy { get; init; }

    /// <summary>
    /// Whether the findings tell good from bad and no more: a report that was made for that (SARIF) names packages and versions in prose
    /// only.
    /// </summary>
    public bool IsGateOnly { get; init; }

    /// <summary>
    /// Why other scanners that were asked as well, or their reports, failed: what they would have found is not known, and no policy passes.
    /// </summary>
    public IReadOnlyList<string> FailedScanners { get; init; } = [];

    /// <summary>What was found, worst first.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>What no verdict could be given on.</summary>
    public IReadOnlyList<UnassessedPackage> Unassessed { get; init; } = [];

    /// <summary>How many packages were looked at.</summary>
    public int PackageCount { get; init; }

    /// <summary>Findings that count and are critical.</summary>
    public int CriticalCount => Count(Severity.Critical);

    /// <summary>Findings that count and are high.</summary>
    public int HighCount => Count(Severity.High);

    /// <summary>Findings that count and are medium.</summary>
    public int MediumCount => Count(Severity.Medium);

    /// <summary>Findings that count and are low or negligible.</summary>
    public int LowCount => Count(Severity.Low) + Count(Severity.Negligible);

    /// <summary>Findings that count and whose severity nobody has said.</summary>
    public int UnknownCount => Count(Severity.Unknown);

    /// <summary>Findings that count and have a fixed version.</summary>
    public int FixableCount => Findings.Count(f => f.Suppressed.Length == 0 && f.FixState == FixState.Fixed);

    /// <summary>The workloads that use the image.</summary>
    public IReadOnlyList<Workload> Workloads { get; init; } = [];

    /// <summary>When this was found, UTC.</summary>
    public DateTimeOffset ScannedAt { get; init; }

    /// <summary>Whether several scanners' results became this one.</summary>
    internal bool IsMerged => Scanner.Name.Contains(ScannerInfo.Separator, StringComparison.Ordinal);

    private int Count(Severity severity) => Findings.Count(f => f.Suppressed.Length == 0 && f.Severity == severity);
}
