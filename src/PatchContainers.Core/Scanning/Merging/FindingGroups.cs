namespace PatchContainers.Scanning.Merging;

/// <summary>Brings together what several scanners say of the same flaw in the same package, whatever they call it.</summary>
internal static class FindingGroups
{
    /// <summary>
    /// The groups, in the order of their first members. Findings are of one group where they are of one package in one version, and share an
    /// id of a flaw. A Java package's group that one scanner leaves out may be any;
    /// two of one scanner's that differ in it are two packages.
    /// A finding that stands for a whole advisory, and so has several CVE ids, joins the groups of all of them where another
    /// scanner has them all; else it is a group of its own.
    /// </summary>
    public static IReadOnlyList<FindingGroup> Of(IReadOnlyList<ImageScanResult> results)
    {
        var groups = new List<List<(string Scanner, Finding Finding)>>();

        // Packages of one name may be of several groups of Java's, so one flaw may have several of them.
        var known = new Dictionary<(string, string, string), List<List<(string Scanner, Finding Finding)>>>();
        var advisories = new List<(string Scanner, Finding Finding, IReadOnlyList<string> Cves)>();
        foreach (var member in results.SelectMany(r => r.Findings.Select(f => (Scanner: r.Scanner.Name, Finding: f))))
        {
            if (FindingIds.CvesOf(member.Finding) is { Count: > 1 } cves)
            {
                advisories.Add((member.Scanner, member.Finding, cves));
                continue;
            }

            var found = KeysOf(member.Finding).SelectMany(k => known.GetValueOrDefault(k) ?? []).Distinct().ToArray();
            var group = BestOf(found, member);
            if (group is null)
            {
                groups.Add(group = []);
            }

            // Groups whose ids were not known to be one flaw's until now.
            group.Add(member);
            var keys = KeysOf(member.Finding).ToHashSet();
            foreach (var other in found.Where(o => o != group && o.TrueForAll(m => IsOnePackage(group, m))))
            {
                group.AddRange(other);
                groups.Remove(other);
                foreach (var key in other.SelectMany(m => KeysOf(m.Finding)))
                {
                    known[key].Remove(other);
                    keys.Add(key);
                }
            }

            foreach (var key in keys)
            {
                if (!known.TryGetValue(key, out var places))
                {
                    known[key] = places = [];
                }

                if (!places.Contains(group))
                {
                    places.Add(group);
                }
            }
        }

        foreach (var (scanner, finding, cves) in advisories)
        {
            var (package, version) = FindingIds.PackageOf(finding);
            var found = cves.Select(id => (Cve: id,
                Group: BestOf(known.GetValueOrDefault((package, version, id)) ?? [], (scanner, finding)))).ToArray();
            if (Array.Exists(found, f => f.Group is null))
            {
                groups.Add([(scanner, finding)]);
                continue;
            }

            // Of each flaw's group it is a finding of that flaw.
            foreach (var (cve, group) in found.DistinctBy(f => f.Group))
            {
                group!.Add((scanner, finding with
                {
                    Id = FindingIds.IsCve(finding.Id) ? cve : finding.Id,
                    Aliases = [.. finding.Aliases.Where(a => FindingIds.CveOf(a) is null)],
                }));
            }
        }

        var order = results.Select(r => r.Scanner.Name).Distinct(StringComparer.Ordinal).ToList();
        return [.. groups.Select(g => new FindingGroup([.. g.OrderBy(m => order.IndexOf(m.Item1))]))];
    }

    private static IEnumerable<(string Package, string Version, string Id)> KeysOf(Finding finding)
    {
        var (package, version) = FindingIds.PackageOf(finding);
        return FindingIds.KeysOf(finding).Select(id => (package, version, id));
    }

    // The one that has the package by its whole name, else one that nothing speaks against.
    private static List<(string Scanner, Finding Finding)>? BestOf(
        IReadOnlyList<List<(string Scanner, Finding Finding)>> groups, (string Scanner, Finding Finding) member)
    {
        var possible = groups.Where(g => IsOnePackage(g, member)).ToArray();
        var whole = FindingIds.GroupOf(member.Finding);
        return Array.Find(possible, g => g.Exists(m => FindingIds.GroupOf(m.Finding) == whole)) ?? possible.FirstOrDefault();
    }

    // One scanner knows its own packages apart by their groups; between scanners, only names that have one tell.
    private static bool IsOnePackage(List<(string Scanner, Finding Finding)> group, (string Scanner, Finding Finding) member) =>
        group.TrueForAll(m => m.Scanner == member.Scanner
            ? FindingIds.GroupOf(m.Finding) == FindingIds.GroupOf(member.Finding)
            : FindingIds.NameGroupOf(m.Finding) is var one && FindingIds.NameGroupOf(member.Finding) is var other
                && (one.Length == 0 || other.Length == 0 || one == other));
}
