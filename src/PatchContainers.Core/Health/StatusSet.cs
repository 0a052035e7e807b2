using System.Globalization;

namespace PatchContainers.Health;

/// <summary>The statuses that are expected: <c>200</c>, <c>200,204</c>, <c>200-299,304</c>.</summary>
internal sealed class StatusSet
{
    private readonly string _text;
    private readonly IReadOnlyList<(int From, int To)> _ranges;

    private StatusSet(string text, IReadOnlyList<(int From, int To)> ranges)
    {
        _text = text;
        _ranges = ranges;
    }

    /// <summary>Every success.</summary>
    public static StatusSet Success { get; } = Parse("200-299");

    /// <summary>Reads a set.</summary>
    /// <exception cref="FormatException">It is none; the message is the rest of a sentence.</exception>
    public static StatusSet Parse(string text)
    {
        var ranges = text.Split(',', StringSplitOptions.TrimEntries).Select(part =>
        {
            var ends = part.Split('-').Select(e => e.Length == 3
                && int.TryParse(e, NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : 0).ToArray();
            return ends.Length <= 2 && ends.All(e => e is >= 100 and <= 599) && ends[0] <= ends[^1] ? (ends[0], ends[^1])
                : throw new FormatException($"is '{text}'; it has to be a list of statuses, such as 200 or 200-299,304.");
        }).ToArray();
        return new StatusSet(text, ranges);
    }

    /// <summary>Whether a status is among them.</summary>
    public bool Has(int status) => _ranges.Any(r => status >= r.From && status <= r.To);

    /// <inheritdoc/>
    public override string ToString() => _text;
}
