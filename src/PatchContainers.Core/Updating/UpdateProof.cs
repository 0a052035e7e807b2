using System.Globalization;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Versions;

namespace PatchContainers.Updating;

/// <summary>What a scan of all platforms found: what counts, once a vulnerability and package.</summary>
internal sealed record ScanEvidence(IReadOnlyList<ImageScanResult> Results)
{
    /// <summary>The findings, as updates count them.</summary>
    public IReadOnlyList<UpdateFinding> Findings { get; } = Results
        .SelectMany(r => Counting(r).Select(f => new UpdateFinding(f.Id, f.Package, f.Version, r.Platform)))
        .Distinct().ToArray();

    /// <summary>Findings that neither a statement nor a rule takes out.</summary>
    public static IEnumerable<Finding> Counting(ImageScanResult result) =>
        result.Findings.Where(f => f.Suppressed.Length == 0 && f.FixState != FixState.NotAffected);
}

/// <summary>What an update fixes: predicted from the packages of the new base, and then seen by a scan.</summary>
internal static class UpdateProof
{
    /// <summary>
    /// The findings that the new base's packages fix: the package is gone, or its version is at least the fixed one. A version that cannot be compared fixes
    /// nothing.
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

            var versions = packages.Packages.ToLookup(p => p.Name, StringComparer.Ordinal);
            predicted.AddRange(ScanEvidence.Counting(result)
                .Where(f => f.Type is "deb" or "apk" && versions[f.Package].All(p => IsFixed(f, p)))
                .Select(f => new UpdateFinding(f.Id, f.Package, f.Version, result.Platform)));
        }

        return predicted.Distinct().ToArray();
    }

    /// <summary>Compares two scans; the versions of what remains are the new image's.</summary>
    public static (IReadOnlyList<UpdateFinding> Fixed, IReadOnlyList<UpdateFinding> Remaining, IReadOnlyList<UpdateFinding> Introduced) Compare(
        IReadOnlyList<UpdateFinding> old, IReadOnlyList<UpdateFinding> @new)
    {
        var before = old.Select(Key).ToHashSet();
        var after = @new.Select(Key).ToHashSet();
        return (old.Where(f => !after.Contains(Key(f))).ToArray(),
            @new.Where(f => before.Contains(Key(f))).ToArray(),
            @new.Where(f => !before.Contains(Key(f))).ToArray());
    }

    /// <summary>Says where prediction and scan differ; nothing where they agree.</summary>
    public static IEnumerable<string> Differences(IReadOnlyList<UpdateFinding> predicted, IReadOnlyList<UpdateFinding> @fixed)
    {
        var expected = predicted.Select(Key).ToHashSet();
        var seen = @fixed.Select(Key).ToHashSet();
        foreach (var missing in predicted.Where(f => !seen.Contains(Key(f))))
        {
            yield return $"{missing.Platform}: the new base's packages should fix {missing.Id} in {missing.Package}, but the scan still finds it.";
        }

        var more = @fixed.Where(f => !expected.Contains(Key(f))).ToArray();
        if (more.Length > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"The scan misses {more.Length} findings more than the new base's packages explain: ")
                + string.Join(", ", more.Take(5).Select(f => $"{f.Id} in {f.Package}")) + (more.Length > 5 ? ", ..." : ".");
        }
    }

    private static (string, string, string) Key(UpdateFinding f) => (f.Id, f.Package, f.Platform);

    private static bool IsFixed(Finding finding, InstalledPackage package) => finding.FixedVersion.Length > 0 && package.Type == finding.Type && finding.Type switch
    {
        // Debian's data speaks of source versions; a binary package may have another one.
        "deb" => DebianVersion.TryParse(package.SourceVersion, out var now) && DebianVersion.TryParse(finding.FixedVersion, out var wanted) && now >= wanted,
        _ => ApkVersion.TryParse(package.Version, out var now) && ApkVersion.TryParse(finding.FixedVersion, out var wanted) && now >= wanted,
    };
}
