namespace PatchContainers.Scanning;

/// <summary>What a policy says of scan results.</summary>
public enum PolicyVerdict
{
    /// <summary>Not everything that the policy asks about is known.</summary>
    Inconclusive,

    /// <summary>Nothing speaks against the image.</summary>
    Passed,

    /// <summary>There are violations.</summary>
    Failed,
}

/// <summary>What a policy found in the results of one image.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Violations">The findings against the policy, worst first; the same finding of two platforms stands there once.</param>
/// <param name="UnassessedCount">How many packages could not be assessed.</param>
/// <param name="Detail">The verdict in one sentence.</param>
public sealed record PolicyResult(PolicyVerdict Verdict, IReadOnlyList<Finding> Violations, int UnassessedCount, string Detail);

/// <summary>
/// The rule "no finding at or above a severity", or "... that has a fix". Suppressed findings and those of packages that are not affected
/// do not count. A finding whose severity nobody has said, and a package that could not be assessed, may or may not break the rule: they
/// are no violation, and the verdict is Inconclusive instead of Passed; so it is where one of several scanners failed. What a policy of the
/// scanner's own stops has failed, whatever the findings are.
/// </summary>
/// <param name="FailOn">The lowest severity that breaks the rule.</param>
/// <param name="OnlyFixable">Whether only findings with a fixed version count.</param>
public sealed record ScanPolicy(Severity FailOn, bool OnlyFixable)
{
    /// <summary>Judges the results of an image, one a platform. No result at all is Inconclusive.</summary>
    public PolicyResult Evaluate(params IEnumerable<ImageScanResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var all = results.ToArray();
        if (all.Length == 0)
        {
            return new PolicyResult(PolicyVerdict.Inconclusive, [], 0, "There is no scan result to judge.");
        }

        var counting = all.SelectMany(r => r.Findings).Where(f => f.Suppressed.Length == 0 && f.FixState != FixState.NotAffected).ToArray();
        var violations = counting.Where(IsViolation).DistinctBy(f => (f.Id, f.Package, f.Version, f.FixedVersion))
            .Order(FindingOrder.Instance).ToArray();
        var unassessed = all.Sum(r => r.Unassessed.Count);
        var rule = $"{FailOn} or worse{(OnlyFixable ? " with a fix" : string.Empty)}";
        var own = ScannerPolicy.Strictest(all.Select(r => r.Policy).OfType<ScannerPolicy>());
        if (own is { IsStop: true } && violations.Length == 0)
        {
            return new PolicyResult(PolicyVerdict.Failed, [], unassessed,
                $"No finding is {rule}, but {NameOf(own)} says {own.Action}{(own.Detail.Length > 0 ? $": {own.Detail.TrimEnd('.')}" : string.Empty)}.");
        }

        if (violations.Length > 0)
        {
            return new PolicyResult(PolicyVerdict.Failed, violations, unassessed,
                $"{(violations.Length == 1 ? "1 finding is" : $"{violations.Length:N0} findings are")} {rule}: {Name(violations)}.");
        }

        var unrated = counting.Count(IsPossibleViolation);
        var open = (unassessed, unrated) switch
        {
            (0, 0) => string.Empty,
            (_, 0) => $", but {unassessed:N0} packages could not be assessed",
            (0, _) => $", but {unrated:N0} findings have no severity",
            _ => $", but {unassessed:N0} packages could not be assessed and {unrated:N0} findings have no severity",
        };
        var failed = all.SelectMany(r => r.FailedScanners).Distinct(StringComparer.Ordinal).ToArray();
        open += own is { IsKnown: false } ? $", but {NameOf(own)} says '{own.Action}', which is not known here" : string.Empty;
        open += failed.Length > 0 ? $", but a scanner failed: {string.Join("; ", failed).TrimEnd('.')}" : string.Empty;
        var first = all.SelectMany(r => r.Unassessed).FirstOrDefault() is { } one ? $" {one.Package}: {one.Reason}" : string.Empty;
        var verdict = open.Length > 0 ? PolicyVerdict.Inconclusive : PolicyVerdict.Passed;
        return new PolicyResult(verdict, [], unassessed, $"No finding is {rule}{open}.{first}");
    }

    private static string NameOf(ScannerPolicy policy) => $"the scanner's own policy {policy.Id}".TrimEnd();

    private static string Name(Finding[] violations) => string.Join(", ", violations.Take(3).Select(f => f.FixState == FixState.Fixed
        ? $"{f.Id} in {f.Package} {f.Version} (fixed in {f.FixedVersion})"
        : $"{f.Id} in {f.Package} {f.Version}")) + (violations.Length > 3 ? ", ..." : string.Empty);

    // Its severity is not known; where the rule asks for a fix, one that certainly has none cannot break it.
    private bool IsPossibleViolation(Finding finding) => FailOn != Severity.Unknown && finding.Severity == Severity.Unknown
        && (!OnlyFixable || finding.FixState is FixState.Fixed or FixState.Unknown);

    private bool IsViolation(Finding finding) => finding.Severity >= FailOn && (!OnlyFixable || finding.FixState == FixState.Fixed);
}
