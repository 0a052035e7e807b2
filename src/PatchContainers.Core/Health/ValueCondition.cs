using System.Globalization;
using System.Text.RegularExpressions;

namespace PatchContainers.Health;

/// <summary>
/// A condition on a number: <c>&lt; 0.01</c>, <c>&gt;= 0.99 and &lt; 2</c>, <c>&lt; 1 or &gt; 9</c>, <c>&lt;= 5%</c>. The operators are
/// <c>&lt; &lt;= &gt; &gt;= == !=</c>; <c>and</c> binds closer than <c>or</c>; a percent sign divides by a hundred.
/// </summary>
internal sealed partial class ValueCondition
{
    private readonly string _text;
    private readonly IReadOnlyList<IReadOnlyList<Comparison>> _alternatives;

    private ValueCondition(string text, IReadOnlyList<IReadOnlyList<Comparison>> alternatives)
    {
        _text = text;
        _alternatives = alternatives;
    }

    /// <summary>Reads a condition.</summary>
    /// <exception cref="FormatException">It is none; the message is the rest of a sentence.</exception>
    public static ValueCondition Parse(string text)
    {
        var alternatives = new List<IReadOnlyList<Comparison>>();
        foreach (var alternative in Or().Split(text.Trim()))
        {
            alternatives.Add(And().Split(alternative).Select(c => ParseComparison(c, text)).ToArray());
        }

        return new ValueCondition(text.Trim(), alternatives);
    }

    /// <summary>Whether a number satisfies it. A number that is none (NaN) is the caller's business.</summary>
    public bool Holds(double value) => _alternatives.Any(a => a.All(c => c.Holds(value)));

    /// <inheritdoc/>
    public override string ToString() => _text;

    /// <summary>Reads a number, with a percent sign perhaps; null for what is none.</summary>
    public static double? ParseNumber(string text)
    {
        var isPercent = text.EndsWith('%');
        return double.TryParse(isPercent ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) ? isPercent ? number / 100 : number : null;
    }

    private static Comparison ParseComparison(string text, string whole) => Parts().Match(text) is { Success: true } match
        && ParseNumber(match.Groups[2].Value) is { } number ? new Comparison(match.Groups[1].Value, number)
        : throw new FormatException($"is '{whole}'. A condition is a comparison with a number, such as '< 0.01' or '>= 99%', or several "
            + "with 'and' and 'or' between them.");

    [GeneratedRegex(@"\s+or\s+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Or();

    [GeneratedRegex(@"\s+and\s+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex And();

    [GeneratedRegex(@"\A\s*(<=|>=|==|!=|<|>)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?%?)\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Parts();

    private sealed record Comparison(string Operator, double Number)
    {
        public bool Holds(double value) => Operator switch
        {
            "<" => value < Number,
            "<=" => value <= Number,
            ">" => value > Number,
            ">=" => value >= Number,
            "==" => value == Number,
            _ => value != Number,
        };
    }
}
