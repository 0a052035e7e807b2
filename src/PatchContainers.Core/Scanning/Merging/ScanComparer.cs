namespace PatchContainers.Scanning.Merging;

/// <summary>Compares what several scanners found.</summary>
public static class ScanComparer
{
    /// <summary>Compares the results of each image and platform. What is suppressed, or does not affect the package, is not found.</summary>
    /// <param name="results">The results, of two scanners at least.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: there is no result, or only one
    /// scanner's of an image, or one that only tells good from bad.</exception>
    public static IReadOnlyList<ImageScanComparison> Compare(IReadOnlyList<ImageScanResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        if (results.Count == 0)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, string.Empty, "There is no result of a scan to compare.");
        }

        // Before anything else: beside one, the other scanner's result would seem to be the only one.
        if (results.FirstOrDefault(r => r.IsGateOnly) is { } gate)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, gate.Image,
                $"The report of {gate.Scanner.Name} on {gate.Image} only tells good from bad: SARIF and evaluations of policies are not "
                + "compared, since their findings cannot be told from another scanner's. Give the scanner's own JSON.");
        }

        return [.. ScanMerger.ByImage(results).Select(CompareOne)];
    }

    private static ImageScanComparison CompareOne(IReadOnlyList<ImageScanResult> results)
    {
        var names = results.Select(r => r.Scanner.Name).Distinct(StringComparer.Ordinal).ToArray();
        if (names.Length < 2)
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, results[0].Image,
                $"There is nothing to compare of {$"{results[0].Image} {results[0].Platform}".TrimEnd()}: "
                    + (results.Any(r => r.IsMerged)
                        ? $"the results of {names[0]} are merged into one. Scan again, and keep the scanners' results separate."
                        : $"only {names[0]} scanned it. Give the results of several scanners, each kept separate."));
        }

        var groups = FindingGroups.Of([.. results.Select(r => r with
        {
            Findings = [.. r.Findings.Where(f => f.Suppressed.Length == 0 && f.FixState != FixState.NotAffected)],
        })]);
        var common = groups.Count(g => g.Scanners.Count == names.Length);
        return new ImageScanComparison
        {
            Image = results[0].Image,
            Digest = results.Select(r => r.Digest).FirstOrDefault(d => d.Length > 0) ?? string.Empty,
            Platform = results.Select(r => r.Platform).FirstOrDefault(p => p.Length > 0) ?? string.Empty,
            Scanners = [.. results.Select(r => r.Scanner).DistinctBy(s => s.Name)],
            TotalCount = groups.Count,
            CommonCount = common,
            Agreement = groups.Count == 0 ? 1 : (double)common / groups.Count,
            Differences = [.. groups.Select(g => (Group: g, Finding: g.Merge(), Detail: DetailOf(g)))
                .Where(g => g.Group.Scanners.Count < names.Length || g.Detail.Length > 0).OrderBy(g => g.Finding, FindingOrder.Instance)
                .Select(g => new ScanDifference
                {
                    Id = g.Finding.Id,
                    Aliases = g.Finding.Aliases,
                    Package = g.Finding.Package,
                    Version = g.Finding.Version,
                    Severity = g.Finding.Severity,
                    FoundBy = g.Group.Scanners,
                    MissedBy = [.. names.Except(g.Group.Scanners, StringComparer.Ordinal)],
                    Detail = g.Detail,
                })],
        };
    }

    private static string DetailOf(FindingGroup group) => string.Join(' ', new[]
    {
        Say("Severity", group, f => f.Severity.ToString()),
        Say("Fix", group, f => f.FixedVersion.Length > 0 ? f.FixedVersion : f.FixState.ToString()),
    }.Where(t => t.Length > 0));

    private static string Say(string what, FindingGroup group, Func<Finding, string> text)
    {
        var said = group.Members.Select(m => (m.Scanner, Text: text(m.Finding))).Distinct().ToArray();
        return said.Select(s => s.Text).Distinct(StringComparer.Ordinal).Count() < 2 ? string.Empty
            : $"{what}: {string.Join(", ", said.Select(s => $"{s.Scanner} {s.Text}"))}.";
    }
}
