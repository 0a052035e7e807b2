using System.Globalization;

namespace PatchContainers.Scanning.Reports;

/// <summary>What Clair's enrichers add to vulnerabilities: vectors, EPSS, KEV. Each is named by the media type of what it adds.</summary>
internal sealed class ClairEnrichments
{
    private static readonly string[] Enrichers = ["clair.cvss", "clair.epss", "clair.kev"];

    private readonly Dictionary<string, (string Vector, double Rank)> _vectors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _epss = new(StringComparer.Ordinal);
    private readonly HashSet<string> _exploited = new(StringComparer.Ordinal);

    /// <summary>
    /// Reads all: lists of maps by vulnerability, each of a list of records. An advisory of several CVEs has a record for each: the worst
    /// counts.
    /// </summary>
    /// <param name="cursor">The cursor, at the map by media type.</param>
    /// <param name="share">Gives a text that is equal to another the other's instance.</param>
    public void Read(JsonCursor cursor, Func<string, string> share)
    {
        foreach (var type in cursor.Members())
        {
            if (Enrichers.FirstOrDefault(e => type.Contains(e, StringComparison.OrdinalIgnoreCase)) is not { } enricher)
            {
                continue;
            }

            foreach (var _ in cursor.Items())
            {
                foreach (var name in cursor.Members())
                {
                    var id = share(name);
                    foreach (var record in cursor.Values())
                    {
                        switch (enricher)
                        {
                            case "clair.cvss":
                                AddVector(id, share(record.Word("vectorString")), record.Real("baseScore") ?? 0);
                                break;
                            case "clair.epss" when record.Real("epss") is { } probability:
                                _epss[id] = Math.Max(probability, _epss.GetValueOrDefault(id));
                                break;
                            case "clair.kev":
                                _exploited.Add(id);
                                break;
                            default:
                                break;
                        }
                    }
                }
            }
        }
    }

    /// <summary>
    /// A vulnerability with what was added to it. A vector of its own stays. That it is not known to be exploited is said only where KEV
    /// data is there, and the vulnerability has a CVE id to be found by.
    /// </summary>
    public Finding Apply(string id, ClairVulnerability vulnerability) => vulnerability.Finding with
    {
        Cvss = vulnerability.Finding.Cvss is { Length: > 0 } own ? own : _vectors.GetValueOrDefault(id).Vector ?? string.Empty,
        Epss = _epss.TryGetValue(id, out var probability) ? probability : null,
        KnownExploited = _exploited.Contains(id) ? true : _exploited.Count > 0 && vulnerability.NamesCve ? false : null,
    };

    // The highest score; of equal ones the newest version, which stands in the prefix ("CVSS:3.1/"; version 2 has none).
    private void AddVector(string id, string vector, double score)
    {
        if (vector.Length == 0)
        {
            return;
        }

        var number = vector.StartsWith("CVSS:", StringComparison.Ordinal) ? vector.AsSpan(5, Math.Min(3, vector.Length - 5)) : "2";
        var version = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var known) ? known : 2;
        var rank = (score * 100) + version;
        if (!_vectors.TryGetValue(id, out var best) || rank > best.Rank)
        {
            _vectors[id] = (vector, rank);
        }
    }
}
