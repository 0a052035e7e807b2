using PatchContainers.Scanning;

namespace PatchContainers.Updating;

/// <summary>What a scan of all platforms says, and on what it says nothing.</summary>
internal sealed record ScanEvidence(IReadOnlyList<ImageScanResult> Results)
{
    /// <summary>The findings, as updates count them.</summary>
    public IReadOnlyList<UpdateFinding> Findings { get; } = Results
        .SelectMany(r => Counting(r).Select(f => new UpdateFinding(f.Id, f.Package, f.Version, r.Platform)))
        .Distinct().ToArray();

    /// <summary>Findings that neither a statement nor a rule takes out.</summary>
    public static IEnumerable<Finding> Counting(ImageScanResult result) =>
        result.Findings.Where(f => f.Suppressed.Length == 0 && f.FixState != FixState.NotAffected);

    /// <summary>
    /// Whether the scan could have seen it: its platform was scanned, and neither the package nor a whole database is left unassessed. What
    /// a scan could not look at is not fixed.
    /// </summary>
    public bool CanTell(UpdateFinding finding) => Results.Any(r => r.Platform == finding.Platform)
        && !Results.Where(r => r.Platform == finding.Platform).SelectMany(r => r.Unassessed)
            .Any(u => u.Package == finding.Package || (u.Version.Length == 0 && u.Package.Contains('/', StringComparison.Ordinal)));
}
