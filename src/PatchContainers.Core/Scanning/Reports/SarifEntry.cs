using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>One result of a SARIF log, before its rule is known.</summary>
internal sealed record SarifEntry
{
    /// <summary>The rule's id; empty where the result has only its number.</summary>
    public string RuleId { get; private init; } = string.Empty;

    /// <summary>The rule's number among the driver's.</summary>
    public long? RuleIndex { get; private init; }

    /// <summary>The image that it is of; empty where it does not tell.</summary>
    public string Image { get; private init; } = string.Empty;

    private string Level { get; init; } = string.Empty;

    private string Severity { get; init; } = string.Empty;

    private string Package { get; init; } = string.Empty;

    private string Version { get; init; } = string.Empty;

    private string? FixedVersion { get; init; }

    private string Kind { get; init; } = string.Empty;

    private string Path { get; init; } = string.Empty;

    private string Suppressed { get; init; } = string.Empty;

    /// <summary>Reads one.</summary>
    public static SarifEntry Read(JsonElement result)
    {
        var message = result.Word("message", "text");
        var (lines, sentence) = (SarifProse.Lines(message), SarifProse.Sentence(message));
        var location = result.Items("locations").FirstOrDefault();
        return new SarifEntry
        {
            RuleId = ReportText.First(result.Word("ruleId"), result.Word("rule", "id")),
            RuleIndex = result.Number("ruleIndex") ?? result.Number("rule", "index"),
            Image = sentence.Groups["image"].Value,
            Level = result.Word("level"),
            Severity = ReportText.First(lines.GetValueOrDefault("Severity"), sentence.Groups["severity"].Value),
            Package = ReportText.First(lines.GetValueOrDefault("Package"), sentence.Groups["package"].Value),
            Version = ReportText.First(lines.GetValueOrDefault("Installed Version"), sentence.Groups["version"].Value),
            FixedVersion = lines.TryGetValue("Fixed Version", out var fix) ? ReportText.Versions(fix) : null,
            Kind = sentence.Groups["kind"].Value,
            Path = ReportText.First(location.Items("logicalLocations").FirstOrDefault().Word("name"),
                location.Word("physicalLocation", "artifactLocation", "uri")),
            Suppressed = WhySuppressed(result.Items("suppressions").ToArray()),
        };
    }

    /// <summary>The finding that it is.</summary>
    public Finding ToFinding(SarifRule rule)
    {
        var (severity, source, text) = Grade(rule);
        var id = ReportText.First(RuleId, rule.Id, "unnamed");
        var suffix = "-" + Package;
        var fix = FixedVersion ?? (Version.Length > 0 && Version == rule.Version ? rule.FixedVersion : string.Empty);
        return new Finding
        {
            Id = Package.Length > 0 && id.EndsWith(suffix, StringComparison.Ordinal) ? id[..^suffix.Length] : id,
            Severity = severity,
            SeveritySource = source,
            SeverityText = text,
            Package = Package,
            Version = Version,
            FixedVersion = fix,
            FixState = fix.Length > 0 ? FixState.Fixed : FixState.Unknown,
            Purl = rule.Purl,
            Type = PackageKinds.Of(rule.Purl, Kind),
            Path = rule.IsOfDistribution ? string.Empty : Path,
            Cvss = rule.Cvss,
            Url = rule.Url,
            Suppressed = Suppressed,
        };
    }

    // SARIF 2.1.0, 3.27.23: one that is under review or was rejected leaves the result as it is.
    private static string WhySuppressed(JsonElement[] suppressions)
    {
        if (suppressions.Length == 0 || suppressions.Any(s => s.Word("status") is "underReview" or "rejected"))
        {
            return string.Empty;
        }

        var reasons = suppressions.Select(s => ReportText.First(s.Word("justification"), s.Word("kind"))).Where(r => r.Length > 0);
        return ReportText.First(string.Join("; ", reasons), "suppressed");
    }

    // The scanner's own word; else the score that GitHub takes in its place, by the bands of CVSS; else the level, which is "warning" where
    // nobody sets it (SARIF 2.1.0, 3.27.10).
    private (Severity Severity, string Source, string Text) Grade(SarifRule rule)
    {
        if (ReportText.First(Severity, rule.Severity) is { Length: > 0 } word)
        {
            return (SeverityWords.Parse(word), string.Empty, SeverityWords.Rest(word));
        }

        var scored = rule.Score switch
        {
            >= 9 => Scanning.Severity.Critical,
            >= 7 => Scanning.Severity.High,
            >= 4 => Scanning.Severity.Medium,
            > 0 => Scanning.Severity.Low,
            _ => Scanning.Severity.Unknown,
        };
        return scored != Scanning.Severity.Unknown ? (scored, "security-severity", string.Empty)
            : ReportText.First(Level, rule.Level, "warning") switch
        {
            "error" => (Scanning.Severity.High, "level", string.Empty),
            "warning" => (Scanning.Severity.Medium, "level", string.Empty),
            "note" => (Scanning.Severity.Low, "level", string.Empty),
            _ => (Scanning.Severity.Unknown, string.Empty, string.Empty),
        };
    }
}
