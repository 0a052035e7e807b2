namespace PatchContainers.Advisories.Osv;

/// <summary>The names of vulnerabilities in OSV records.</summary>
internal static class OsvNames
{
    /// <summary>
    /// The most pairs that a record makes. The largest notices about kernels make some hundred thousand; one made to multiply would need
    /// all memory.
    /// </summary>
    public const int MaxPairs = 4_000_000;

    /// <summary>
    /// The CVE id that a name is or ends with: <c>CVE-2023-1</c> of <c>CVE-2023-1</c>, <c>DEBIAN-CVE-2023-1</c> and
    /// <c>UBUNTU-CVE-2023-1</c>, which are those ecosystems' own records of it. Null for any other name.
    /// </summary>
    public static string? CveOf(string name)
    {
        var start = name.IndexOf("CVE-", StringComparison.Ordinal);
        if (start < 0 || (start > 0 && name[start - 1] != '-'))
        {
            return null;
        }

        var digits = name.AsSpan(start + 4);
        return digits.Length > 5 && digits[4] == '-'
            && !digits[..4].ContainsAnyExceptInRange('0', '9') && !digits[5..].ContainsAnyExceptInRange('0', '9')
            ? name[start..]
            : null;
    }

    /// <summary>
    /// What a record is about. Its id decides where it holds a CVE id. Otherwise it is a notice (<c>DSA-</c>, <c>DLA-</c>, <c>USN-</c>,
    /// <c>GHSA-</c>, ...) about the CVEs among its aliases and upstream records, or, where there are none, among the related ones
    /// (AlmaLinux names them there); a notice about none stands for itself.
    /// </summary>
    /// <param name="id">The record's id.</param>
    /// <param name="names">Its aliases and upstream records.</param>
    /// <param name="related">Its related records.</param>
    /// <param name="isNotice">Whether the record is a notice.</param>
    /// <exception cref="RecordFaultException">It has too many names.</exception>
    public static AdvisoryVulnerability[] Vulnerabilities(
        string id, IReadOnlyCollection<string> names, IReadOnlyCollection<string> related, out bool isNotice)
    {
        if (CveOf(id) is { } cve)
        {
            isNotice = false;
            return [new AdvisoryVulnerability(cve, names.Prepend(id).Where(n => n != cve).Distinct().ToArray())];
        }

        isNotice = true;
        var cves = Distinct(names);
        if (cves.Length == 0)
        {
            cves = Distinct(related);
        }

        if (cves.Length == 0)
        {
            return [new AdvisoryVulnerability(id, names.Where(n => n != id).Distinct().ToArray())];
        }

        // Of several vulnerabilities' names, each one gets its own.
        var own = names.Prepend(id).Distinct().ToLookup(CveOf);
        var others = own[null].ToArray();
        return (long)cves.Length * others.Length <= MaxPairs
            ? cves.Select(c => new AdvisoryVulnerability(c, [.. others, .. own[c].Where(n => n != c)])).ToArray()
            : throw new RecordFaultException($"{id} has {cves.Length:N0} vulnerabilities and {others.Length:N0} other names; more than "
                + $"{MaxPairs:N0} pairs of them are no advisory");

        static string[] Distinct(IEnumerable<string> names) => names.Select(CveOf).OfType<string>().Distinct().ToArray();
    }
}
