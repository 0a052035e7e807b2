namespace PatchContainers.Advisories;

/// <summary>One metric of a CVSS version: its name, the values it may take, and what it means to leave it out.</summary>
/// <param name="Name">The abbreviation, for example <c>AV</c>.</param>
/// <param name="Values">The values it may take.</param>
/// <param name="Default">The value that leaving it out means; null where it may not be left out.</param>
internal sealed record CvssMetric(string Name, string[] Values, string? Default = null);

/// <summary>The metrics of one vector.</summary>
internal sealed class CvssMetrics
{
    private readonly Dictionary<string, string> _values;

    private CvssMetrics(Dictionary<string, string> values) => _values = values;

    /// <summary>The metric's value, or the one that leaving it out means.</summary>
    public string this[string name] => _values[name];

    /// <summary>The value of the modified metric (<c>MAV</c> for <c>AV</c>) where it is given, else of the metric itself.</summary>
    public string Effective(string name) => _values["M" + name] is not "X" and var modified ? modified : _values[name];

    /// <summary>Whether one of the metrics has another value than <paramref name="value"/>.</summary>
    public bool AnyOther(string value, params string[] names) => Array.Exists(names, n => _values[n] != value);

    /// <summary>Reads <c>AV:N/AC:L/...</c>; null with the fault where it is not of this version.</summary>
    public static CvssMetrics? Parse(string text, IReadOnlyList<CvssMetric> definition, out string? fault)
    {
        var values = new Dictionary<string, string>(definition.Count, StringComparer.Ordinal);
        foreach (var part in text.Split('/'))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? part : part[..colon];
            var value = colon < 0 ? string.Empty : part[(colon + 1)..];
            var metric = definition.FirstOrDefault(m => m.Name == name);
            if (metric is null || Array.IndexOf(metric.Values, value) < 0)
            {
                fault = $"it knows no '{part}'";
                return null;
            }

            if (!values.TryAdd(name, value))
            {
                fault = $"'{name}' stands there twice";
                return null;
            }
        }

        foreach (var metric in definition)
        {
            if (values.ContainsKey(metric.Name))
            {
                continue;
            }

            if (metric.Default is null)
            {
                fault = $"'{metric.Name}' is missing";
                return null;
            }

            values.Add(metric.Name, metric.Default);
        }

        fault = null;
        return new CvssMetrics(values);
    }
}
