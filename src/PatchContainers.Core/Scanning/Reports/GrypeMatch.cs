using System.Text.Json;
using PatchContainers.Updating.Rebase;

namespace PatchContainers.Scanning.Reports;

/// <summary>A match of Grype's: a vulnerability, and the package that it was found in.</summary>
/// <param name="Finding">The finding. Its layer is a DiffID yet, and is told by a file of the package's own.</param>
/// <param name="DatabaseLayer">
/// The DiffID of the layer that last wrote the package database, where the package was found by nothing else. Which layer brought the
/// package it does not tell.
/// </param>
internal sealed record GrypeMatch(Finding Finding, string DatabaseLayer)
{
    /// <summary>Reads one.</summary>
    public static GrypeMatch Read(JsonElement match)
    {
        var (flaw, artifact) = (match.At("vulnerability") ?? default, match.At("artifact") ?? default);
        var related = match.Items("relatedVulnerabilities").ToArray();
        var (id, aliases) = FlawNames.Of(flaw.Word("id"), related.Select(r => r.Word("id")));
        var same = related.Where(r => r.Word("id") is var name && (name == id || aliases.Contains(name))).Prepend(flaw).ToArray();
        var (word, purl) = (flaw.Word("severity"), artifact.Word("purl"));
        var (severity, fix) = (SeverityWords.Parse(word), ReportText.Versions(flaw.At("fix", "versions") ?? flaw.At("fixedInVersion")));
        var files = artifact.Items("locations").ToArray();
        var own = Array.Find(files, f => !IsDatabase(f.Word("path")));
        var finding = new Finding
        {
            Id = id,
            Aliases = aliases,
            Severity = severity,
            SeveritySource = severity == Severity.Unknown ? string.Empty : flaw.Word("namespace").Split(':', 2)[0],
            SeverityText = SeverityWords.Rest(word),
            Package = artifact.Word("name"),
            Version = artifact.Word("version"),
            FixedVersion = fix,
            FixState = StateOf(flaw.Word("fix", "state"), fix),
            SourcePackage = artifact.Items("upstreams").FirstOrDefault().Word("name"),
            Purl = purl,
            Type = PackageKinds.Of(purl, artifact.Word("type")),
            Path = files.FirstOrDefault().Word("path"),
            Layer = own.Word("layerID"),
            KnownExploited = same.Any(IsKnownExploited) ? true : null,
            Epss = same.Select(EpssOf).FirstOrDefault(e => e is not null),
            Risk = flaw.Real("risk"),
            Cvss = same.Select(VectorOf).FirstOrDefault(v => v.Length > 0) ?? string.Empty,
            Url = ReportText.First(flaw.Word("dataSource"), flaw.Items("urls").FirstOrDefault().Word(),
                flaw.Items("links").FirstOrDefault().Word()),
        };
        return new GrypeMatch(finding, own.ValueKind == JsonValueKind.Undefined ? files.FirstOrDefault().Word("layerID") : string.Empty);
    }

    /// <summary>Reads one that does not count, by rules to ignore it.</summary>
    public static GrypeMatch ReadIgnored(JsonElement match)
    {
        var (read, reasons) = (Read(match), match.Items("appliedIgnoreRules").Select(Reason).Distinct(StringComparer.Ordinal));
        var why = string.Join("; ", reasons);
        return read with { Finding = read.Finding with { Suppressed = why.Length > 0 ? why : "ignored" } };
    }

    // What the rule gives as its reason, else what it says of exploitability, else what it matches.
    private static string Reason(JsonElement rule)
    {
        var vex = string.Join(": ", new[] { rule.Word("vex-status"), rule.Word("vex-justification") }.Where(t => t.Length > 0));
        var reason = string.Join(", ", new[] { rule.Word("reason"), vex }.Where(t => t.Length > 0));
        var package = rule.At("package") ?? default;
        string[] matched =
            [rule.Word("vulnerability"), rule.Word("fix-state"), package.Word("name"), package.Word("type"), package.Word("location")];
        return ReportText.First(reason, string.Join(", ", matched.Where(t => t.Length > 0)), "ignored");
    }

    // dpkg's status.d has a file for each package; any other database is one file for all.
    private static bool IsDatabase(string path) => path.TrimStart('/') is var name && PackageDatabasePaths.Owner(name) is not null
        && !name.StartsWith("var/lib/dpkg/status.d/", StringComparison.Ordinal);

    // Before there was a state, only a fixed version was told.
    private static FixState StateOf(string state, string fix) => state switch
    {
        "fixed" => FixState.Fixed,
        "not-fixed" => FixState.NotFixed,
        "wont-fix" => FixState.WontFix,
        _ when fix.Length > 0 => FixState.Fixed,
        _ => FixState.Unknown,
    };

    private static bool IsKnownExploited(JsonElement flaw) => flaw.Items("knownExploited").Any() || flaw.IsTrue("knownExploited");

    // A list with an entry for each CVE, an entry, or the number alone.
    private static double? EpssOf(JsonElement flaw) => flaw.At("epss") switch
    {
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(Probability).Max(),
        { } entry => Probability(entry),
        null => null,
    };

    private static double? Probability(JsonElement entry) => entry.ValueKind == JsonValueKind.Object ? entry.Real("epss") : entry.Real();

    // Before there was a list, there was one entry for each version of CVSS.
    private static string VectorOf(JsonElement flaw) => ReportText.NewestVector(flaw.Items("cvss")
        .OrderByDescending(c => c.Word("type") == "Primary").Select(c => c.Word("vector"))
        .Append(flaw.Word("cvssV3", "vector")).Append(flaw.Word("cvssV2", "vector")));
}
