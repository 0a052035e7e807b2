namespace PatchContainers.Scanning.Merging;

/// <summary>Brings together what several scanners say of the same flaw in the same package, whatever they call it.</summary>
internal static class FindingGroups
{
    /// <summary>
    /// The groups, in the order of their first members. Findings are of one group where they are of one package in one version, and share an
    /// id of a flaw. A finding that stands for a whole advisory, and so has several CVE ids, joins the groups of all of them where another
    /// scanner has them all; else it is a group of its own.
    /// </summary>
    public static IReadOnlyList<FindingGroup> Of(IReadOnlyList<ImageScanResult> results)
    {
        var groups = new List<List<(string, Finding)>>();
        var known = new Dictionary<(string, string, string), List<(string, Finding)>>();
        var advisories = new List<(string Scanner, Finding Finding, IReadOnlyList<string> Cves)>();
        foreach (var (scanner, finding) in results.SelectMany(r => r.Findings.Select(f => (r.Scanner.Name, f))))
        {
            if (FindingIds.CvesOf(finding) is { Count: > 1 } cves)
            {
                advisories.Add((scanner, finding, cves));
                continue;
            }

            var (package, version) = FindingIds.PackageOf(finding);
            var keys = FindingIds.KeysOf(finding).Select(id => (package, version, id)).ToArray();
            var found = keys.Select(known.GetValueOrDefault).OfType<List<(string, Finding)>>().Distinct().ToArray();
            var group = found.FirstOrDefault();
            if (group is null)
            {
                groups.Add(group = []);
            }

            // Two groups whose ids were not known to be one flaw's until now.
            foreach (var other in found.Skip(1))
            {
                group.AddRange(other);
                groups.Remove(other);
                foreach (var key in known.Where(k => k.Value == other).Select(k => k.Key).ToArray())
                {
                    known[key] = group;
                }
            }

            group.Add((scanner, finding));
            foreach (var key in keys)
            {
                known[key] = group;
            }
        }

        foreach (var (scanner, finding, cves) in advisories)
        {
            var (package, version) = FindingIds.PackageOf(finding);
            var found = cves.Select(id => (Cve: id, Group: known.GetValueOrDefault((package, version, id)))).ToArray();
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
}
