using System.Text.RegularExpressions;

namespace PatchContainers.Rollout.Windows;

/// <summary>Days on which nothing is changed, whatever windows are open: whole local days of a zone, the last one included.</summary>
/// <remarks>As a text: <c>2026-12-20..2027-01-06 Europe/Berlin</c>, <c>2026-12-24 Europe/Berlin</c>; with a name:
/// <c>holidays=2026-12-20..2027-01-06 Europe/Berlin</c>.</remarks>
public sealed partial record FreezePeriod
{
    private FreezePeriod()
    {
    }

    /// <summary>Its name; empty where it has none.</summary>
    public string Name { get; private init; } = string.Empty;

    /// <summary>The first day.</summary>
    public DateOnly From { get; private init; }

    /// <summary>The last day.</summary>
    public DateOnly To { get; private init; }

    /// <summary>The time zone, by its name in the IANA database.</summary>
    public string Zone { get; private init; } = string.Empty;

    /// <summary>The first instant of the first day.</summary>
    internal DateTimeOffset Start { get; private init; }

    /// <summary>The first instant after the last day.</summary>
    internal DateTimeOffset End { get; private init; }

    /// <summary>Reads a freeze.</summary>
    /// <param name="text">The text; see the remarks of this type.</param>
    /// <param name="defaultZone">The zone where the text names none; null where it has to.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none, or its zone is not known;
    /// <see cref="PatchErrorCode.NotFound"/>: this machine has no time zones.</exception>
    public static FreezePeriod Parse(string text, string? defaultZone = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var match = Form().Match(text);
        if (!match.Success || WindowDates.Parse(match.Groups["from"].Value) is not { } from
            || WindowDates.Parse(match.Groups[match.Groups["to"].Success ? "to" : "from"].Value) is not { } to)
        {
            throw Fault(text, "it has not the form FROM..TO ZONE, with dates as 2026-12-24");
        }

        if (to < from)
        {
            throw Fault(text, "it ends before it begins");
        }

        var zone = match.Groups["zone"].Success ? match.Groups["zone"].Value : defaultZone
            ?? throw Fault(text, "it names no time zone, and the windows have no common one");
        var info = TimeZones.Find(zone);
        return new FreezePeriod
        {
            Name = match.Groups["name"].Value,
            From = from,
            To = to,
            Zone = zone,
            Start = TimeZones.InstantOf(from.ToDateTime(TimeOnly.MinValue), info),
            End = TimeZones.InstantOf(to.AddDays(1).ToDateTime(TimeOnly.MinValue), info),
        };
    }

    /// <summary>Its text, which <see cref="Parse"/> reads again.</summary>
    public override string ToString() => (Name.Length > 0 ? Name + "=" : string.Empty) + WindowDates.Format(From)
        + (To == From ? string.Empty : ".." + WindowDates.Format(To)) + " " + Zone;

    private static PatchException Fault(string text, string fault) => new(PatchErrorCode.InvalidArgument, text,
        $"'{text}' is no freeze: {fault}. Write it as '2026-12-20..2027-01-06 Europe/Berlin'.");

    [GeneratedRegex(@"\A\s*(?:(?<name>[A-Za-z0-9_.-]+)=)?(?<from>[0-9-]+)(?:\.\.(?<to>[0-9-]+))?(?:\s+(?<zone>\S+))?\s*\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
