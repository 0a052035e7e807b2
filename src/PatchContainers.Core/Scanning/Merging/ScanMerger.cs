namespace PatchContainers.Scanning.Merging;

/// <summary>Brings the results of several scanners together: one for each image and platform.</summary>
public static class ScanMerger
{
    /// <summary>
    /// Merges results. Those of one image and platform become one: its findings are all that any scanner found, each with the scanners that
    /// found it, and its counts are theirs. What one scanner did not assess is not assessed, since what another one saw of it is not told.
    /// A single result stays as it is, and so does one that only tells good from bad: its findings could not be told from the others'.
    /// </summary>
    /// <param name="results">The results, by the scanner whose words count first.</param>
    public static IReadOnlyList<ImageScanResult> Merge(IReadOnlyList<ImageScanResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        return [.. ByImage(results).Select(same => same.Count == 1 ? same[0] : MergeOne(same))];
    }

    /// <summary>
    /// What several scans come to where some of them failed: apart, each failure is told, and the others go on; merged, each result names
    /// them, and a warning says so.
    /// </summary>
    internal static IReadOnlyList<ImageScanResult> Complete(
        IReadOnlyList<ImageScanResult> results, IReadOnlyList<PatchException> faults, bool separate, IProgress<PatchNotice> notices)
    {
        foreach (var fault in faults)
        {
            notices.Report(separate || results.Count == 0 ? new PatchNotice.Failure(fault)
                : new PatchNotice.Warning($"The result is partial: {fault.Message}"));
        }

        return separate ? results
            : [.. Merge(results).Select(r => faults.Count == 0 ? r : r with { FailedScanners = [.. faults.Select(f => f.Message)] })];
    }

    /// <summary>The results of each image and platform. A platform, a digest that a report does not name may be any.</summary>
    internal static IReadOnlyList<IReadOnlyList<ImageScanResult>> ByImage(IReadOnlyList<ImageScanResult> results)
    {
        var groups = new List<List<ImageScanResult>>();

        // What is named in full goes first, so that what is not finds its place.
        foreach (var result in results.OrderBy(r => (r.Platform.Length == 0 ? 1 : 0) + (r.Digest.Length == 0 ? 1 : 0)))
        {
            var places = groups.FindAll(g => g.TrueForAll(other => other.Image == result.Image
                && !other.IsGateOnly && !result.IsGateOnly && IsSame(other.Platform, result.Platform) && (IsSame(other.Digest, result.Digest)
                    || (result.ManifestDigest.Length > 0 && other.ManifestDigest == result.ManifestDigest))));
            if (places is [var place])
            {
                place.Add(result);
            }
            else
            {
                groups.Add([result]);
            }
        }

        var order = results.ToList();
        return [.. groups.Select(g => g.OrderBy(order.IndexOf).ToList()).OrderBy(g => order.IndexOf(g[0]))];
    }

    private static bool IsSame(string one, string other) => one.Length == 0 || other.Length == 0 || one == other;

    private static ImageScanResult MergeOne(IReadOnlyList<ImageScanResult> results)
    {
        var first = results[0];
        var findings = FindingGroups.Of(results).Select(g => g.Merge()).ToArray();
        Array.Sort(findings, FindingOrder.Instance);
        return first with
        {
            Digest = First(r => r.Digest),
            Platform = First(r => r.Platform),
            ManifestDigest = First(r => r.ManifestDigest),
            Os = (results.FirstOrDefault(r => r.Os.Family.Length > 0) ?? first).Os with
            {
                EndOfLife = results.Any(r => r.Os.EndOfLife == true) ? true : results.FirstOrDefault(r => r.Os.EndOfLife is not null)?.Os.EndOfLife,
            },
            Scanner = new ScannerInfo
            {
                Name = string.Join(ScannerInfo.Separator, results.Select(r => r.Scanner.Name).Distinct(StringComparer.Ordinal)),
                Version = string.Join(", ", results.Select(r => r.Scanner.Version.Length > 0 ? r.Scanner.Version : "?")),
                DatabaseTime = results.All(r => r.Scanner.DatabaseTime is not null) ? results.Min(r => r.Scanner.DatabaseTime) : null,
            },
            Policy = ScannerPolicy.Strictest(results.Select(r => r.Policy).OfType<ScannerPolicy>()),
            FailedScanners = [.. results.SelectMany(r => r.FailedScanners).Distinct(StringComparer.Ordinal)],
            Findings = findings,
            Unassessed = [.. results.SelectMany(r => r.Unassessed.Select(u => u with { Reason = $"{r.Scanner.Name}: {u.Reason}" }))],
            PackageCount = results.Max(r => r.PackageCount),
            Workloads = results.FirstOrDefault(r => r.Workloads.Count > 0)?.Workloads ?? [],
            ScannedAt = results.Min(r => r.ScannedAt),
        };

        string First(Func<ImageScanResult, string> text) => results.Select(text).FirstOrDefault(t => t.Length > 0) ?? string.Empty;
    }
}
