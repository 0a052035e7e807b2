using System.Text.RegularExpressions;

namespace PatchContainers.Scanning.Reports;

/// <summary>Reads what a policy evaluation says of a vulnerability: a sentence, and an id with the package's name behind it.</summary>
internal static partial class AnchorePolicyRow
{
    /// <summary>Reads one.</summary>
    /// <param name="id">The vulnerability's id.</param>
    /// <param name="package">The package: its name, or its name and version, or its file's.</param>
    /// <param name="text">The sentence: what it does not say in the usual form stays empty.</param>
    public static Finding Read(string id, string package, string text)
    {
        var match = Sentence().Match(text);
        var (word, place) = (match.Groups["severity"].Value, match.Groups["place"].Value);
        var fix = ReportText.Versions(match.Groups["fix"].Value);
        return new Finding
        {
            Id = id,
            Severity = SeverityWords.Parse(word),
            SeverityText = SeverityWords.Rest(word),
            Package = package,
            Version = string.Empty,
            FixedVersion = fix,
            FixState = fix.Length > 0 ? FixState.Fixed : FixState.Unknown,
            Type = AnchoreFindings.Kind(match.Groups["kind"].Value),
            Path = place.StartsWith('/') ? place : string.Empty,
            Url = match.Groups["url"].Value,
        };
    }

    // MEDIUM Vulnerability found in non-os package type (java) - /app/x.jar (fixed in: 1.2)(CVE-2015-2992 - https://...)
    [GeneratedRegex(@"^(?<severity>\w+) Vulnerability found in (?:non-)?os package type \((?<kind>[^)]*)\) - (?<place>.*?) *"
        + @"(?:\(fixed in: (?<fix>[^)]*)\) *)?\([^()\s]+(?: - (?<url>[^()\s]+))?\)$")]
    private static partial Regex Sentence();
}
