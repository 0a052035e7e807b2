using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Versions;

namespace PatchContainers.Updating;

/// <summary>What an update did to the findings.</summary>
/// <param name="Fixed">What the old image had and the new one has not.</param>
/// <param name="Remaining">What both have, in the new image's version; and what the new scan could not look at.</param>
/// <param name="Introduced">What only the new one has.</param>
/// <param name="Unseen">Those of <paramref name="Remaining"/> that the new scan could not look at.</param>
internal sealed record FindingChanges(IReadOnlyList<UpdateFinding> Fixed, IReadOnlyList<UpdateFinding> Remaining,
    IReadOnlyList<UpdateFinding> Introduced, IReadOnlyList<UpdateFinding> Unseen);

/// <summary>What an update fixes: predicted from the packages of the new base, and then seen by a scan.</summary>
internal static class UpdateProof
{
    private const int MaxNamed = 5;

    /// <summary>
    /// The findings that the new base's packages fix: the package is gone, or its version is at least the fixed one. A version that cannot
    /// be compared fixes nothing.
    /// </summary>
    /// <param name="old">The scan of the old image.</param>
    /// <param name="newBases">The new base's packages, by platform.</param>
    public static IReadOnlyList<UpdateFinding> Predict(ScanEvidence old, IReadOnlyDictionary<string, ImagePackages> newBases)
    {
        var predicted = new List<UpdateFinding>();
        foreach (var result in old.Results)
        {
            if (!newBases.TryGetValue(result.Platform, out var packages))
            {
                continue;
            }

            var installed = packages.Packages.ToLookup(p => p.Name, StringComparer.Ordinal);
            bool IsFixed(Finding finding) => installed[finding.Package] is var now && now.Any()
                ? now.All(p => HasFix(finding, p))
                : packages.Unassessed.Count == 0;
            predicted.AddRange(ScanEvidence.Counting(result).Where(f => f.Type is "deb" or "apk" && IsFixed(f))
                .Select(f => new UpdateFinding(f.Id, f.Package, f.Version, result.Platform)));
        }

        return predicted.Distinct().ToArray();
    }

    /// <summary>Compares the scans of the old and the new image.</summary>
    public static FindingChanges Compare(ScanEvidence old, ScanEvidence @new)
    {
        var before = old.Findings.Select(Key).ToHashSet();
        var after = @new.Findings.Select(Key).ToHashSet();
        var gone = old.Findings.Where(f => !after.Contains(Key(f))).ToLookup(@new.CanTell);
        var unseen = gone[false].ToArray();
        return new FindingChanges(
            gone[true].ToArray(),
            [.. @new.Findings.Where(f => before.Contains(Key(f))), .. unseen],
            @new.Findings.Where(f => !before.Contains(Key(f))).ToArray(),
            unseen);
    }

    /// <summary>Says where prediction and scan differ, and what the scan could not see; nothing where all is as predicted.</summary>
    public static IEnumerable<string> Differences(IReadOnlyList<UpdateFinding> predicted, FindingChanges changes)
    {
        if (changes.Unseen.Count > 0)
        {
            yield return $"{changes.Unseen.Count} findings are not counted as fixed, because the new image's scan could not assess their "
                + $"packages: {Names(changes.Unseen)}";
        }

        var seen = changes.Fixed.Concat(changes.Unseen).Select(Key).ToHashSet();
        foreach (var missing in predicted.Where(f => !seen.Contains(Key(f))))
        {
            yield return $"{missing.Platform}: the new base's packages should fix {missing.Id} in {missing.Package}, but the scan still "
                + "finds it.";
        }

        var expected = predicted.Select(Key).ToHashSet();
        var more = changes.Fixed.Where(f => !expected.Contains(Key(f))).ToArray();
        if (more.Length > 0)
        {
            yield return $"{more.Length} findings are gone that the new base's packages do not explain: {Names(more)}";
        }
    }

    private static (string Id, string Package, string Platform) Key(UpdateFinding f) => (f.Id, f.Package, f.Platform);

    private static string Names(IReadOnlyList<UpdateFinding> findings) =>
        string.Join(", ", findings.Take(MaxNamed).Select(f => $"{f.Id} in {f.Package}")) + (findings.Count > MaxNamed ? ", ..." : ".");

    private static bool HasFix(Finding finding, InstalledPackage package)
    {
        if (finding.FixedVersion.Length == 0 || package.Type != finding.Type)
        {
            return false;
        }

        // Debian's data speaks of source versions; a binary package may have another one.
        return package.Type == "deb"
            ? DebianVersion.TryParse(package.SourceVersion, out var deb) && DebianVersion.TryParse(finding.FixedVersion, out var fixedDeb)
                && deb >= fixedDeb
            : ApkVersion.TryParse(package.Version, out var apk) && ApkVersion.TryParse(finding.FixedVersion, out var fixedApk)
                && apk >= fixedApk;
    }
}
