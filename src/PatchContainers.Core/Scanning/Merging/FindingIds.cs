namespace PatchContainers.Scanning.Merging;

/// <summary>The ids by which scanners name one flaw. An advisory (<c>DSA-...</c>, <c>RHSA-...</c>) is of several, and is no such id.</summary>
internal static class FindingIds
{
    private static readonly string[] OfFlaws = ["CVE-", "GHSA-", "GO-", "PYSEC-", "RUSTSEC-", "MAL-"];

    /// <summary>Whether an id is a CVE id (CVE record format: a year and at least four digits).</summary>
    public static bool IsCve(string id)
    {
        if (!id.StartsWith("CVE-", StringComparison.Ordinal) || id.Length < 13 || id[8] != '-')
        {
            return false;
        }

        return id.AsSpan(4, 4).IndexOfAnyExceptInRange('0', '9') < 0 && id.AsSpan(9).IndexOfAnyExceptInRange('0', '9') < 0;
    }

    /// <summary>The CVE ids of a finding; those of distributions' databases (<c>DEBIAN-CVE-...</c>) are the CVE's own.</summary>
    public static IReadOnlyList<string> CvesOf(Finding finding) => [.. finding.Aliases.Prepend(finding.Id).Select(CveOf).OfType<string>()
        .Distinct(StringComparer.Ordinal)];

    /// <summary>The CVE id that an id is, or holds; null where it is another's.</summary>
    public static string? CveOf(string id) =>
        id.IndexOf("CVE-", StringComparison.Ordinal) is >= 0 and var at && IsCve(id[at..]) ? id[at..] : null;

    /// <summary>What joins a finding to those of other scanners.</summary>
    public static IEnumerable<string> KeysOf(Finding finding) => finding.Aliases
        .Where(a => Array.Exists(OfFlaws, prefix => a.StartsWith(prefix, StringComparison.Ordinal))).Concat(CvesOf(finding)).Append(finding.Id);

    /// <summary>The group that is written before the name of a Java package: <c>org.slf4j</c>; empty where none is.</summary>
    public static string NameGroupOf(Finding finding) => finding.Package[..Math.Max(0, finding.Package.LastIndexOf(':'))];

    /// <summary>The group of a Java package, by its name or else by its package URL, in which scanners may have guessed it.</summary>
    public static string GroupOf(Finding finding)
    {
        const string maven = "pkg:maven/";
        return NameGroupOf(finding) is { Length: > 0 } group ? group
            : finding.Purl.StartsWith(maven, StringComparison.Ordinal) && finding.Purl.IndexOf('/', maven.Length) is > 0 and var end
                ? finding.Purl[maven.Length..end] : string.Empty;
    }

    /// <summary>
    /// A package in a version, by the words that scanners agree on: without the epoch that some leave out, and without the group that some
    /// write before a Java package.
    /// </summary>
    public static (string Package, string Version) PackageOf(Finding finding)
    {
        var (name, version) = (finding.Package, finding.Version);
        var epoch = version.IndexOf(':', StringComparison.Ordinal);
        return (name[(name.LastIndexOf(':') + 1)..], epoch > 0 && version.AsSpan(0, epoch).IndexOfAnyExceptInRange('0', '9') < 0
            ? version[(epoch + 1)..] : version.Length > 1 && version[0] == 'v' && char.IsAsciiDigit(version[1]) ? version[1..] : version);
    }
}
