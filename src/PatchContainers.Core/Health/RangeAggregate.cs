using System.Globalization;

namespace PatchContainers.Health;

/// <summary>Makes one number of a series' samples: <c>avg</c>, <c>max</c>, <c>min</c>, <c>last</c>, or a percentile (<c>p95</c>).</summary>
internal sealed class RangeAggregate
{
    private readonly string _name;
    private readonly double _percentile;

    private RangeAggregate(string name, double percentile)
    {
        _name = name;
        _percentile = percentile;
    }

    /// <summary>Reads an aggregate's name.</summary>
    /// <exception cref="FormatException">It is none; the message is the rest of a sentence.</exception>
    public static RangeAggregate Parse(string text)
    {
        if (text is "avg" or "max" or "min" or "last")
        {
            return new RangeAggregate(text, 0);
        }

        return text.StartsWith('p')
            && double.TryParse(text[1..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percentile)
            && percentile is > 0 and < 100
            ? new RangeAggregate(text, percentile)
            : throw new FormatException($"is '{text}'; it has to be avg, max, min, last, or a percentile such as p95.");
    }

    /// <summary>The one number. Samples that are no numbers (NaN) make it one that is none, too.</summary>
    /// <param name="samples">The samples in the order of their times; at least one.</param>
    public double Of(IReadOnlyList<double> samples)
    {
        if (samples.Any(double.IsNaN))
        {
            return double.NaN;
        }

        return _name switch
        {
            "avg" => samples.Average(),
            "max" => samples.Max(),
            "min" => samples.Min(),
            "last" => samples[^1],
            _ => Percentile([.. samples.Order()]),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => _name;

    // Linear between the two nearest ranks, as PromQL's quantile_over_time does.
    private double Percentile(double[] sorted)
    {
        var rank = _percentile / 100 * (sorted.Length - 1);
        var below = (int)Math.Floor(rank);
        var above = Math.Min(below + 1, sorted.Length - 1);
        var weight = rank - below;
        return weight == 0 ? sorted[below] : (sorted[below] * (1 - weight)) + (sorted[above] * weight);
    }
}
