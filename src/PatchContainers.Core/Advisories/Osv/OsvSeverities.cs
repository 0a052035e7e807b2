using System.Text.Json;
using PatchContainers.Scanning;

namespace PatchContainers.Advisories.Osv;

/// <summary>Which of the severities that an OSV record offers counts for a package.</summary>
internal sealed class OsvSeverities
{
    private const int MaxRemembered = 20_000;

    private readonly Dictionary<string, CvssScore?> _scores = new(StringComparer.Ordinal);

    /// <summary>
    /// Debian's <c>unimportant</c> counts first, since it says that the flaw does no harm in Debian's package; then the CVSS vector of
    /// the newest version, the package's own before the record's; then the distribution's word (Debian's urgency, Ubuntu's priority);
    /// then the database's.
    /// </summary>
    public (Severity Severity, string Source, string Cvss) Choose(
        JsonElement root, JsonElement affected, string id, string ecosystem, string? urgency)
    {
        var family = Family(ecosystem);
        var (cvss, score) = BestVector(affected);
        if (score is null && BestVector(root) is var general && (general.Score is not null || cvss.Length == 0))
        {
            (cvss, score) = general;
        }

        if (urgency == "unimportant")
        {
            return (Severity.Negligible, family, cvss);
        }

        if (score is { } known)
        {
            return (known.Severity, "cvss", cvss);
        }

        if (Word(urgency) is var byUrgency and not Severity.Unknown)
        {
            return (byUrgency, family, cvss);
        }

        if ((Priority(affected) ?? Priority(root)) is { } priority)
        {
            return (priority, family, cvss);
        }

        var byDatabase = Word(Specific(affected) ?? Specific(root));
        return byDatabase == Severity.Unknown ? (Severity.Unknown, string.Empty, cvss) : (byDatabase, Family(id.Replace('-', ':')), cvss);
    }

    private (string Vector, CvssScore? Score) BestVector(JsonElement element)
    {
        var best = (Vector: string.Empty, Score: (CvssScore?)null);
        foreach (var (type, vector) in Entries(element))
        {
            if (!type.StartsWith("CVSS", StringComparison.Ordinal))
            {
                continue;
            }

            var score = Score(vector);
            if (best.Vector.Length == 0 || IsBetter(score, best.Score))
            {
                best = (vector, score);
            }
        }

        return best;

        static bool IsBetter(CvssScore? candidate, CvssScore? current) => candidate is { } a && (current is not { } b
            || string.CompareOrdinal(a.Version, b.Version) > 0 || (a.Version == b.Version && a.Score > b.Score));
    }

    private CvssScore? Score(string vector)
    {
        if (!_scores.TryGetValue(vector, out var score))
        {
            score = Cvss.TryScore(vector, out var value, out _) ? value : null;
            if (_scores.Count < MaxRemembered)
            {
                _scores.Add(vector, score);
            }
        }

        return score;
    }

    private static Severity? Priority(JsonElement element)
    {
        foreach (var (type, value) in Entries(element))
        {
            if (!type.StartsWith("CVSS", StringComparison.Ordinal) && Word(value) is var severity and not Severity.Unknown)
            {
                return severity;
            }
        }

        return null;
    }

    private static IEnumerable<(string Type, string Value)> Entries(JsonElement element)
    {
        if (!element.TryGetProperty("severity", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var entry in list.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Object && OsvText.UsableOf(entry, "type") is { } type && OsvText.UsableOf(entry, "score") is { } value)
            {
                yield return (type, value);
            }
        }
    }

    private static string? Specific(JsonElement element) =>
        element.TryGetProperty("database_specific", out var specific) && specific.ValueKind == JsonValueKind.Object
            ? OsvText.UsableOf(specific, "severity") : null;

    /// <summary>
    /// A severity in words. Debian's stars (<c>medium**</c>) mark an urgency that was set without looking closely; <c>not yet assigned</c>,
    /// <c>end-of-life</c> and what is not known here say nothing.
    /// </summary>
    private static Severity Word(string? word) => SeverityWords.Parse(word?.TrimEnd('*'));

#pragma warning disable CA1308 // The sources' names are written in lower case in findings.
    private static string Family(string ecosystem) => ecosystem.Split(':', 2)[0].ToLowerInvariant();
#pragma warning restore CA1308
}
