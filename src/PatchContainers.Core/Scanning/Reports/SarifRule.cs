using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>What a rule of a SARIF log says of the results that name it.</summary>
internal sealed record SarifRule
{
    private static readonly string[] OtherKinds = ["misconfiguration", "secret", "license"];

    /// <summary>The rule of results that name none.</summary>
    public static SarifRule None { get; } = new();

    /// <summary>Its id.</summary>
    public string Id { get; private init; } = string.Empty;

    /// <summary>Whether it is of a vulnerability: Trivy also has rules of secrets, licences and configuration.</summary>
    public bool IsVulnerability { get; private init; } = true;

    /// <summary>Whether the file that a result is at is the image itself.</summary>
    public bool IsOfDistribution { get; private init; }

    /// <summary>The scanner's word for the severity; empty where it has none.</summary>
    public string Severity { get; private init; } = string.Empty;

    /// <summary>The CVSS score that stands for the severity; null where there is none.</summary>
    public double? Score { get; private init; }

    /// <summary>The level, where a result has none of its own.</summary>
    public string Level { get; private init; } = string.Empty;

    /// <summary>The version of the package that the help text is of.</summary>
    public string Version { get; private init; } = string.Empty;

    /// <summary>The fixed versions for that version.</summary>
    public string FixedVersion { get; private init; } = string.Empty;

    /// <summary>The CVSS vector.</summary>
    public string Cvss { get; private init; } = string.Empty;

    /// <summary>The package URL, where there is one.</summary>
    public string Purl { get; private init; } = string.Empty;

    /// <summary>Where to read more.</summary>
    public string Url { get; private init; } = string.Empty;

    /// <summary>Reads one.</summary>
    public static SarifRule Read(JsonElement rule)
    {
        var (help, properties) = (SarifProse.Lines(rule.Word("help", "text")), rule.At("properties") ?? default);
        var tags = properties.Items("tags").Select(t => t.Word()).ToArray();
        var (purls, score) = (properties.Items("purls").Select(p => p.Word()).ToArray(), properties.Real("security-severity"));
        return new SarifRule
        {
            Id = rule.Word("id"),
            IsVulnerability = !tags.Any(t => OtherKinds.Contains(t)),
            IsOfDistribution = rule.Word("name") == "OsPackageVulnerability",
            Severity = ReportText.First(help.GetValueOrDefault("Severity"), Array.Find(tags, IsSeverity)),
            Score = score,
            Level = rule.Word("defaultConfiguration", "level"),
            Version = help.GetValueOrDefault("Version") ?? string.Empty,
            FixedVersion = ReportText.Versions(help.GetValueOrDefault("Fix Version") ?? string.Empty),
            Cvss = properties.ValueKind == JsonValueKind.Object ? ReportText.NewestVector(properties.EnumerateObject()
                .Where(p => p.Name.EndsWith("_vector", StringComparison.Ordinal)).Select(p => p.Value.Word())) : string.Empty,
            Purl = purls.Length == 1 ? purls[0] : string.Empty,
            Url = rule.Word("helpUri"),
        };
    }

    private static bool IsSeverity(string tag) => SeverityWords.Parse(tag) != Scanning.Severity.Unknown || tag is "UNKNOWN" or "unknown";
}
