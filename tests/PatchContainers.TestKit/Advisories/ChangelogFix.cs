using System.Text.Json.Nodes;

namespace PatchContainers.TestKit.Advisories;

/// <summary>
/// A fix that a package's changelog names: a line of the <c>fixes.tsv</c> that <c>tests/real/up.sh</c> makes of the packages between the
/// outdated base and the current one.
/// </summary>
/// <param name="Source">The source package.</param>
/// <param name="Before">Its version in the outdated base.</param>
/// <param name="Cve">The vulnerability.</param>
/// <param name="Fixed">The version that the changelog says it was fixed in.</param>
public sealed record ChangelogFix(string Source, string Before, string Cve, string Fixed)
{
    // Changelogs name no severity, so each gets the same: a policy gate has something to go by.
    private const string Vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";

    /// <summary>Reads the file.</summary>
    public static IReadOnlyList<ChangelogFix> Read(string path) =>
        [.. File.ReadLines(path).Select(line => line.Split('\t')).Select(f => new ChangelogFix(f[0], f[1], f[2], f[3]))];

    /// <summary>The fixes as Debian 12's OSV records, one a vulnerability, all of them rated High.</summary>
    public static IEnumerable<JsonObject> ToRecords(IEnumerable<ChangelogFix> fixes) => fixes.GroupBy(f => f.Cve).Select(cve => OsvJson
        .Record($"DEBIAN-{cve.Key}", "2026-01-01T00:00:00Z", [.. cve.Select(f => OsvJson.Affected("Debian:12", f.Source, f.Fixed))])
        .WithCvss(Vector));
}
