using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads what Anchore writes of a vulnerability. Its names were in snake_case first and in camelCase later; what is not known is
/// <c>None</c> in either. That there is no fix, and that nobody knows of one, are the same to it.
/// </summary>
internal static class AnchoreFindings
{
    /// <summary>Reads a row of the API, or of anchorectl.</summary>
    public static Finding ReadRow(JsonElement row)
    {
        var (vendors, nvd) = (Scores(row, "vendor_data", "vendorData"), Scores(row, "nvd_data", "nvdData"));
        var (id, aliases) = FlawNames.Of(Word(row, "vuln"), nvd.Concat(vendors).Select(d => d.Word("id")));
        var kind = Kind(Word(row, "package_type", "packageType"));
        var (name, version) = Word(row, "package_name", "packageName") is { Length: > 0 } own
            ? (own, Word(row, "package_version", "packageVersion")) : AnchorePackageName.Split(Word(row, "package"), kind);
        var fix = ReportText.First(ReportText.Versions(row.At("fix")), Word(row, "suggested_fix_version", "suggestedFixVersion"));
        var annotation = Word(row, "annotation_status", "annotationStatus");
        return Grade(Word(row, "severity"), ReportText.First(Word(row, "feed_group", "feedGroup"), Word(row, "feed"))) with
        {
            Id = id,
            Aliases = aliases,
            Package = name,
            Version = version,
            FixedVersion = fix,
            FixState = annotation == "not_affected" ? FixState.NotAffected
                : StateOf(fix, row.IsTrue("will_not_fix") || row.IsTrue("willNotFix")),
            Suppressed = annotation is "not_affected" or "fixed" ? $"annotated as {annotation}" : string.Empty,
            Purl = Word(row, "purl"),
            KnownExploited = (row.At("is_kev") ?? row.At("isKev"))?.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => null,
            },
            Epss = row.Items("epss").Select(e => e.Real("epss")).Max(),
            Type = kind,
            Path = PathOf(Word(row, "package_path", "packagePath")),
            Origin = (row.At("inherited_from_base") ?? row.At("inheritedFromBase"))?.ValueKind switch
            {
                JsonValueKind.True => FindingOrigin.Base,
                JsonValueKind.False => FindingOrigin.Application,
                _ => FindingOrigin.Unknown,
            },
            Cvss = ReportText.First(ReportText.NewestVector(vendors.SelectMany(Vectors)), ReportText.NewestVector(nvd.SelectMany(Vectors))),
            Url = Word(row, "url"),
        };
    }

    /// <summary>Reads a match of the policy engine's own reports.</summary>
    public static Finding ReadMatch(JsonElement match)
    {
        var (flaw, artifact, fix) = (match.At("vulnerability") ?? default, match.At("artifact") ?? default, match.At("fix") ?? default);
        var nvd = match.Items("nvd").ToArray();
        var (id, aliases) = FlawNames.Of(Word(flaw, "vulnerability_id"), nvd.Select(n => Word(n, "vulnerability_id")));
        return Grade(Word(flaw, "severity"), ReportText.First(Word(flaw, "feed_group"), Word(flaw, "feed"))) with
        {
            Id = id,
            Aliases = aliases,
            Package = Word(artifact, "name"),
            Version = Word(artifact, "version"),
            FixedVersion = ReportText.Versions(fix.At("versions")),
            FixState = StateOf(ReportText.Versions(fix.At("versions")), fix.IsTrue("will_not_fix")),
            Type = Kind(Word(artifact, "pkg_type")),
            Path = PathOf(Word(artifact, "location")),
            Cvss = ReportText.First(ReportText.NewestVector(flaw.Items("cvss").Select(c => c.Word("vector"))),
                ReportText.NewestVector(nvd.SelectMany(n => n.Items("cvss")).Select(c => c.Word("vector")))),
            Url = Word(flaw, "link"),
        };
    }

    /// <summary>Reads a row of a security evaluation, which has no fields for a package's name and version.</summary>
    public static Finding ReadEvaluated(JsonElement row)
    {
        var (id, aliases) = FlawNames.Of(Word(row, "vulnerabilityId"), Word(row, "cves").Split(',', StringSplitOptions.TrimEntries));
        var kind = Kind(Word(row, "packageType"));
        var (name, version) = AnchorePackageName.Split(Word(row, "package"), kind);
        return Grade(Word(row, "severity"), string.Empty) with
        {
            Id = id,
            Aliases = aliases,
            Package = name,
            Version = version,
            FixedVersion = ReportText.Versions(row.At("fixAvailable")),
            FixState = StateOf(ReportText.Versions(row.At("fixAvailable")), willNotFix: row.IsTrue("willNotFix")),
            Type = kind,
            Path = PathOf(Word(row, "path")),
            Url = Word(row, "link"),
        };
    }

    /// <summary>The kind of a package, by Anchore's word for it.</summary>
#pragma warning disable CA1308 // The kinds are in lower case.
    public static string Kind(string word) => PackageKinds.Of(string.Empty, word.ToLowerInvariant());
#pragma warning restore CA1308

    // A finding with a severity, and the rest still open.
    private static Finding Grade(string word, string feed)
    {
        var severity = SeverityWords.Parse(word);
        return new Finding
        {
            Id = string.Empty,
            Package = string.Empty,
            Version = string.Empty,
            Severity = severity,
            SeveritySource = severity == Severity.Unknown ? string.Empty : feed.Split(':', 2)[0],
            SeverityText = SeverityWords.Rest(word),
        };
    }

    private static string Word(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (element.Word(name) is { Length: > 0 } word && word != "None")
            {
                return word;
            }
        }

        return string.Empty;
    }

    private static FixState StateOf(string versions, bool willNotFix) => versions.Length > 0 ? FixState.Fixed
        : willNotFix ? FixState.WontFix : FixState.Unknown;

    // The distribution's packages are in "pkgdb", which is no path.
    private static string PathOf(string location) => location == "pkgdb" ? string.Empty : location;

    // A row has the scores, and where it was asked for, an "extra" has the vectors.
    private static JsonElement[] Scores(JsonElement row, string snake, string camel) =>
        [.. row.Items(snake), .. row.Items(camel), .. row.Items("extra", snake), .. row.Items("extra", camel)];

    private static IEnumerable<string> Vectors(JsonElement scores)
    {
        foreach (var version in (string[])["cvss_v4", "cvssV4", "cvss_v3", "cvssV3", "cvss_v2", "cvssV2"])
        {
            yield return ReportText.First(scores.Word(version, "vector_string"), scores.Word(version, "vectorString"));
        }
    }
}
