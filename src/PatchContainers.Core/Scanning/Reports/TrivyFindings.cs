using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>Reads what Trivy writes of a vulnerability (Trivy documentation, "Reporting", JSON).</summary>
internal static class TrivyFindings
{
    private static readonly string[] VectorsFromNewest = ["V40Vector", "V3Vector", "V2Vector"];

    /// <summary>Reads one.</summary>
    /// <param name="vulnerability">The entry.</param>
    /// <param name="kind">The kind of its target: a distribution, or a kind of lock file or package; empty where it is not known yet.</param>
    public static Finding Read(JsonElement vulnerability, string kind)
    {
        var (fix, word) = (vulnerability.Word("FixedVersion"), vulnerability.Word("Severity"));
        var (purl, severity) = (vulnerability.Word("PkgIdentifier", "PURL"), SeverityWords.Parse(word));
        var aliases = vulnerability.Items("VendorIDs").Select(id => id.Word()).Where(id => id.Length > 0).ToArray();
        return new Finding
        {
            Id = ReportText.First(vulnerability.Word("VulnerabilityID"), aliases.FirstOrDefault(), vulnerability.Word("Title"), "unnamed"),
            Aliases = aliases,
            Severity = severity,
            SeveritySource = severity == Severity.Unknown ? string.Empty : vulnerability.Word("SeveritySource"),
            SeverityText = SeverityWords.Rest(word),
            Package = vulnerability.Word("PkgName"),
            Version = vulnerability.Word("InstalledVersion"),
            FixedVersion = fix,
            FixState = StateOf(vulnerability.Word("Status"), fix),
            Purl = purl,
            Type = kind.Length == 0 && purl.Length == 0 ? string.Empty : PackageKinds.Of(purl, kind),
            Path = vulnerability.Word("PkgPath"),
            Layer = ReportText.First(vulnerability.Word("Layer", "Digest"), vulnerability.Word("Layer", "DiffID")),
            Cvss = VectorOf(vulnerability.At("CVSS"), vulnerability.Word("SeveritySource")),
            Url = ReportText.First(vulnerability.Word("PrimaryURL"), vulnerability.Items("References").FirstOrDefault().Word()),
        };
    }

    /// <summary>Reads one that does not count: by a VEX statement, or a rule to ignore it.</summary>
    public static Finding ReadSuppressed(JsonElement modified, string kind)
    {
        var why = string.Join(": ", new[] { modified.Word("Status"), modified.Word("Statement") }.Where(t => t.Length > 0));
        var source = modified.Word("Source");
        return Read(modified.At("Finding") ?? default, kind) with
        {
            Suppressed = (why.Length > 0 ? why : "modified") + (source.Length > 0 ? $" ({source})" : string.Empty),
        };
    }

    /// <summary>The vector of one source, else NVD's, else anyone's; of its newest version. Empty where there is none.</summary>
    /// <param name="vectors">The vectors by source.</param>
    /// <param name="source">The source that comes first.</param>
    public static string VectorOf(JsonElement? vectors, string source)
    {
        if (vectors is not { ValueKind: JsonValueKind.Object } all)
        {
            return string.Empty;
        }

        return new[] { source, "nvd" }.Concat(all.EnumerateObject().Select(s => s.Name))
            .SelectMany(name => VectorsFromNewest.Select(version => all.Word(name, version)))
            .FirstOrDefault(vector => vector.Length > 0) ?? string.Empty;
    }

    // Before there was a status, only a fixed version was told; without one, nobody says whether there will be one. "fixed" without a
    // version says as little.
    private static FixState StateOf(string status, string fix) => status switch
    {
        "not_affected" => FixState.NotAffected,
        _ when fix.Length > 0 => FixState.Fixed,
        "affected" or "fix_deferred" => FixState.NotFixed,
        "will_not_fix" or "end_of_life" => FixState.WontFix,
        _ => FixState.Unknown,
    };
}
