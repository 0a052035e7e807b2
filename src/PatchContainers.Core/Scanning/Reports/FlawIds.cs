using System.Text.RegularExpressions;

namespace PatchContainers.Scanning.Reports;

/// <summary>Finds a vulnerability's ids in the texts of scanners that give it a title for a name.</summary>
internal static partial class FlawIds
{
    /// <summary>
    /// The id and the aliases of a vulnerability. A name of one word is the id; of a title, the id that it begins with
    /// (<c>RHSA-2023:5837: nghttp2 security update (Important)</c>); where it begins with none, the one CVE that the links lead to; else
    /// the title stays. An alias is another id of the same flaw for sure: what the links name, where all of them name one CVE and one GHSA
    /// at most. An advisory that fixes several CVEs is none of them.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="links">The links, in one text.</param>
    public static (string Id, string[] Aliases, bool NamesCve) Read(string name, string links)
    {
        var trimmed = name.Trim();
        var leading = Leading().Match(trimmed);
        var id = !trimmed.Any(char.IsWhiteSpace) ? trimmed : leading.Success ? leading.Value : string.Empty;
        string[] cves = [.. Distinct(Cve(), $"{id} {links}").Select(c => c.ToUpperInvariant())];
        var advisories = Distinct(Ghsa(), $"{id} {links}");
        id = id.Length > 0 ? id : cves is [var only] ? only : trimmed;
        var aliases = cves.Length > 1 || advisories.Length > 1 ? []
            : cves.Concat(advisories).Where(a => !a.Equals(id, StringComparison.OrdinalIgnoreCase)).ToArray();
        return (id, aliases, cves.Length > 0);
    }

    private static string[] Distinct(Regex pattern, string text) =>
        [.. pattern.Matches(text).Select(m => m.Value).Distinct(StringComparer.OrdinalIgnoreCase)];

    // A year and a number, as in CVE-2023-44487, RHSA-2023:5837, ALAS2-2023-2238, SUSE-SU-2021:1234-1; or one of those without a year.
    [GeneratedRegex(@"^(?:(?:[A-Z][A-Za-z0-9]*-)+[0-9]{4}[-:][0-9]+(?:-[0-9]+)*|(?:DSA|DLA|USN)-[0-9]+(?:-[0-9]+)?"
        + @"|GHSA(?:-[0-9a-z]{4}){3})(?=[\s:;,])")]
    private static partial Regex Leading();

    [GeneratedRegex(@"\bCVE-[0-9]{4}-[0-9]{4,}", RegexOptions.IgnoreCase)]
    private static partial Regex Cve();

    [GeneratedRegex(@"\bGHSA(?:-[0-9a-z]{4}){3}")]
    private static partial Regex Ghsa();
}
