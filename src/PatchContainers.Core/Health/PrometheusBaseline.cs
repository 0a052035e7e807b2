using System.Text.Json;
using System.Text.Json.Serialization;

namespace PatchContainers.Health;

/// <summary>What a Prometheus gate measured before the ring's first change, as the journal keeps it.</summary>
internal sealed class PrometheusBaseline
{
    private const int MaxSeries = 1000;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private PrometheusBaseline(string? fault, IReadOnlyDictionary<string, double> values)
    {
        Fault = fault;
        Values = values;
    }

    /// <summary>Why there is none; null where there is one.</summary>
    public string? Fault { get; }

    /// <summary>The values by the series' labels.</summary>
    public IReadOnlyDictionary<string, double> Values { get; }

    /// <summary>The baseline of what was measured.</summary>
    public static PrometheusBaseline Of(IReadOnlyList<(string Labels, double Value)> series) => series.Count == 0
        ? OfFault("the query gave no series then.")
        : series.Count > MaxSeries
            ? OfFault($"the query gave {series.Count:N0} series then, and {MaxSeries:N0} are kept. Aggregate in the query.")
        : new PrometheusBaseline(null, series.DistinctBy(s => s.Labels).ToDictionary(s => s.Labels, s => s.Value));

    /// <summary>A baseline that could not be measured.</summary>
    public static PrometheusBaseline OfFault(string fault) => new(fault, new Dictionary<string, double>());

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static PrometheusBaseline Parse(string? text)
    {
        if (text is null)
        {
            return OfFault("none was measured.");
        }

        try
        {
            var document = JsonSerializer.Deserialize<Document>(text, Json);
            return document is { Fault: { } fault } ? OfFault(fault)
                : document is { Series: { } series }
                    ? new PrometheusBaseline(null, series.ToDictionary(s => s.Key, s => PrometheusResponse.ReadNumber(s.Value)))
                : OfFault("the journal does not have it in a form that is known here.");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return OfFault("the journal does not have it in a form that is known here.");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => JsonSerializer.Serialize(
        Fault is null ? new Document(null, Values.ToDictionary(v => v.Key, v => PrometheusResponse.WriteNumber(v.Value)))
            : new Document(Fault, null), Json);

    private sealed record Document(string? Fault, IReadOnlyDictionary<string, string>? Series);
}
