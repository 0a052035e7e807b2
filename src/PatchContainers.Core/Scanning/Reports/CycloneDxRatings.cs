using System.Text.Json;
using PatchContainers.Advisories;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// The ratings of a vulnerability in a CycloneDX BOM. Of severities that of the vulnerability's own source counts, as in the report of the
/// scanner that wrote the BOM; else NVD's, else the worst. EPSS and KEV are written as ratings, too (Grype), and are none.
/// </summary>
internal sealed class CycloneDxRatings
{
    private readonly List<(string Source, string Word, string Vector)> _ratings = [];
    private readonly string _source;

    private CycloneDxRatings(string source) => _source = source;

    /// <summary>The probability of exploitation.</summary>
    public double? Epss { get; private set; }

    /// <summary>True where it is in the catalog of known exploited ones; null where it is not said.</summary>
    public bool? KnownExploited { get; private set; }

    /// <summary>Reads the ratings of a vulnerability.</summary>
    public static CycloneDxRatings Read(JsonElement vulnerability)
    {
        var ratings = new CycloneDxRatings(vulnerability.Word("source", "name"));
        foreach (var rating in vulnerability.Items("ratings"))
        {
            ratings.Add(rating);
        }

        return ratings;
    }

    /// <summary>The vulnerability's finding, with its severity and vector.</summary>
    public Finding Apply(Finding finding)
    {
        var best = _ratings.Where(r => SeverityWords.Parse(r.Word) != Severity.Unknown)
            .OrderBy(r => RankOf(r.Source)).ThenBy(r => IsRanked(r.Source) ? AgeOf(r.Vector) : 0)
            .ThenByDescending(r => SeverityWords.Parse(r.Word)).FirstOrDefault();
        var vector = _ratings.Where(r => r.Vector.Length > 0)
            .OrderBy(r => r.Source == best.Source ? 0 : 1).ThenBy(r => RankOf(r.Source)).ThenBy(r => AgeOf(r.Vector)).FirstOrDefault();
        if (best.Word is not null)
        {
            return finding with
            {
                Severity = SeverityWords.Parse(best.Word),
                SeveritySource = best.Source,
                SeverityText = SeverityWords.Rest(best.Word),
                Cvss = vector.Vector ?? string.Empty,
            };
        }

        // Nobody gives a severity in words: the vector's own rating stands, where there is one.
        var severity = vector.Vector is not null && Cvss.TryScore(vector.Vector, out var score, out _) ? score.Severity : Severity.Unknown;
        return finding with
        {
            Severity = severity,
            SeveritySource = severity == Severity.Unknown ? string.Empty : vector.Source.Length > 0 ? vector.Source : "cvss",
            SeverityText = SeverityWords.Rest(_ratings.Select(r => r.Word).FirstOrDefault(w => w.Length > 0) ?? string.Empty),
            Cvss = vector.Vector ?? string.Empty,
        };
    }

    private static int AgeOf(string vector) => vector.StartsWith("CVSS:4", StringComparison.Ordinal) ? 0
        : vector.StartsWith("CVSS:3.1", StringComparison.Ordinal) ? 1 : vector.StartsWith("CVSS:3", StringComparison.Ordinal) ? 2
        : vector.Length > 0 ? 3 : 4;

    private void Add(JsonElement rating)
    {
        var (source, url) = (rating.Word("source", "name"), rating.Word("source", "url"));
        if (url.Contains("first.org/epss", StringComparison.OrdinalIgnoreCase) || source.Equals("EPSS", StringComparison.OrdinalIgnoreCase))
        {
            Epss = rating.Real("score");
        }
        else if (url.Contains("known-exploited-vulnerabilities", StringComparison.OrdinalIgnoreCase)
            || source.Contains("CISA KEV", StringComparison.OrdinalIgnoreCase))
        {
            KnownExploited = true;
        }
        else
        {
            _ratings.Add((source.Length > 0 ? source : _source, rating.Word("severity"), rating.Word("vector")));
        }
    }

    private int RankOf(string source) => source.Equals(_source, StringComparison.OrdinalIgnoreCase) ? 0
        : source.Equals("nvd", StringComparison.OrdinalIgnoreCase) ? 1 : 2;

    private bool IsRanked(string source) => RankOf(source) < 2;
}
