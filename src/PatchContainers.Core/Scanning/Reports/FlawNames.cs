namespace PatchContainers.Scanning.Reports;

/// <summary>Which of the ids that a report names beside each other are names of one flaw.</summary>
internal static class FlawNames
{
    /// <summary>
    /// The flaw's id, and its other names. One CVE beside an id of another kind is another name of the same flaw; several are not, as an
    /// advisory may be of many flaws. Two CVEs never name one flaw.
    /// </summary>
    /// <param name="id">The id that the report gives it; empty where it has none.</param>
    /// <param name="related">The ids beside it; itself and empty ones among them do not count.</param>
    public static (string Id, string[] Aliases) Of(string id, IEnumerable<string> related)
    {
        var names = related.Where(r => r.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        var known = ReportText.First(id, Array.Find(names, IsCve), names.FirstOrDefault(), "unnamed");
        var others = names.Where(n => n != known).ToLookup(IsCve);
        return (known, !IsCve(known) && others[true].Count() == 1 ? [others[true].First(), .. others[false]] : [.. others[false]]);
    }

    private static bool IsCve(string id) => id.StartsWith("CVE-", StringComparison.OrdinalIgnoreCase);
}
