namespace PatchContainers.Health;

/// <summary>
/// How far a number may move from its baseline: <c>20%</c> of the baseline, <c>0.005</c> in its own unit, or the greater of both
/// (<c>20% or 0.005</c>), which is what a baseline near zero needs.
/// </summary>
internal sealed class AllowedChange
{
    private readonly string _text;
    private readonly double _ratio;
    private readonly double _absolute;

    private AllowedChange(string text, double ratio, double absolute)
    {
        _text = text;
        _ratio = ratio;
        _absolute = absolute;
    }

    /// <summary>Reads what is allowed.</summary>
    /// <exception cref="FormatException">It is nothing of the kind; the message is the rest of a sentence.</exception>
    public static AllowedChange Parse(string text)
    {
        var parts = text.Split(" or ", StringSplitOptions.TrimEntries);
        var ratios = parts.Where(p => p.EndsWith('%')).ToArray();
        var absolutes = parts.Where(p => !p.EndsWith('%')).ToArray();
        if (ratios.Length > 1 || absolutes.Length > 1 || parts.Any(p => ValueCondition.ParseNumber(p) is not >= 0))
        {
            throw new FormatException($"is '{text}'; it has to be a part of the baseline (20%), a number that is not negative (0.005), or "
                + "both ('20% or 0.005': the greater of them).");
        }

        return new AllowedChange(text, ratios.Length > 0 ? ValueCondition.ParseNumber(ratios[0])!.Value : 0,
            absolutes.Length > 0 ? ValueCondition.ParseNumber(absolutes[0])!.Value : 0);
    }

    /// <summary>Whether a move by so much is allowed.</summary>
    /// <param name="move">By how much the number moved in the direction that is limited; negative where it moved the other way.</param>
    /// <param name="baseline">Where it moved from.</param>
    public bool Allows(double move, double baseline) => move <= Math.Max(_ratio * Math.Abs(baseline), _absolute);

    /// <inheritdoc/>
    public override string ToString() => _text;
}
