namespace PatchContainers.Advisories.Osv;

/// <summary>The names of vulnerabilities in OSV records.</summary>
internal static class OsvNames
{
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
    public static AdvisoryVulnerability[] Vulnerabilities(
        string id, IReadOnlyCollection<string> names, IReadOnlyCollection<string> related, out bool isNotice)
    {
        if (CveOf(id) is { } own)
        {
            isNotice = false;
            return [new AdvisoryVulnerability(own, names.Prepend(id).Where(n => n != own).Distinct().ToArray())];
        }

        isNotice = true;
        var cves = Distinct(names);
        if (cves.Length == 0)
        {
            cves = Distinct(related);
        }

        // Of several vulnerabilities' names, each one gets its own.
        return cves.Length == 0
            ? [new AdvisoryVulnerability(id, names.Where(n => n != id).Distinct().ToArray())]
            : cves.Select(cve => new AdvisoryVulnerability(cve, names.Prepend(id)
                .Where(n => n != cve && CveOf(n) is var other && (other is null || other == cve)).Distinct().ToArray())).ToArray();

        static string[] Distinct(IEnumerable<string> names) => names.Select(CveOf).OfType<string>().Distinct().ToArray();
    }
}
