using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace PatchContainers.Cli.Commands;

/// <summary>
/// Makes options whose values are checked while the command line is parsed, so that a wrong one is a usage error and nothing begins.
/// </summary>
internal static class Options
{
    /// <summary>An option that may be given several times.</summary>
    public static Option<T[]> List<T>(string name, string helpName, string description, Func<string, T> parse, bool required = false) =>
        new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => Parse(result, token.Value, parse)).OfType<T>()],
        Required = required,
        // An option with a default is never missed.
        DefaultValueFactory = required ? null : _ => [],
    };

    /// <summary>An option that takes several names, separated by commas, and may be repeated.</summary>
    public static Option<string[][]> Names(string name, string helpName, string description) =>
        List(name, helpName, description,
            text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>An option with one value; null where it was not given.</summary>
    public static Option<T?> Single<T>(string name, string helpName, string description, Func<string, T> parse) => new(name)
    {
        Description = description,
        HelpName = helpName,
        CustomParser = result => Parse(result, result.Tokens[^1].Value, parse),
    };

    /// <summary>An option with one of the names of an enumeration, in any case.</summary>
    public static Option<T> Choice<T>(string name, string description, T defaultValue)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(Spell).ToArray();
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = string.Join('|', names),
            CustomParser = result => Parse(result, result.Tokens[^1].Value, ParseName<T>),
            DefaultValueFactory = _ => defaultValue,
        };
        option.CompletionSources.Add(names);
        return option;
    }

    /// <summary>A switch.</summary>
    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    /// <summary>Reads a name of an enumeration; its numbers are no contract.</summary>
    public static T ParseName<T>(string text)
        where T : struct, Enum => Enum.GetNames<T>().FirstOrDefault(n => Spell(n).Equals(text, StringComparison.OrdinalIgnoreCase)
            || n.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
        ? Enum.Parse<T>(name)
        : throw new PatchException(PatchErrorCode.InvalidArgument, text,
            $"'{text}' is none of {string.Join(", ", Enum.GetNames<T>().Select(Spell))}.");

    /// <summary>Reads a duration: <c>90</c> (days), <c>90d</c>, <c>36h</c>, <c>1h30m</c>, <c>1.5h</c>, or <c>[d.]hh:mm:ss</c>.</summary>
    public static TimeSpan ParseDuration(string text)
    {
        if (DurationText.TryParse(text, out var known))
        {
            return known;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= 1_000_000)
        {
            return TimeSpan.FromDays(days);
        }

        if (text.Length > 1
            && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number <= 1_000_000)
        {
            switch (text[^1])
            {
                case 'd':
                    return TimeSpan.FromDays(number);
                case 'h':
                    return TimeSpan.FromHours(number);
                case 'm':
                    return TimeSpan.FromMinutes(number);
                case 's':
                    return TimeSpan.FromSeconds(number);
            }
        }

        return text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var duration) && duration >= TimeSpan.Zero
            ? duration
            : throw new PatchException(PatchErrorCode.InvalidArgument, text,
                $"'{text}' is no duration. Write 90 or 90d (days), 36h, 45m, 30s or [d.]hh:mm:ss.");
    }

    /// <summary>Reads a time: ISO 8601, UTC where it names no zone.</summary>
    public static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time)
            ? time
            : throw new PatchException(PatchErrorCode.InvalidArgument, text,
                $"'{text}' is no time. Write it as 2024-01-31 or 2024-01-31T12:00:00Z.");

    private static T? Parse<T>(ArgumentResult result, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (PatchException exception)
        {
            result.AddError(exception.Message);
            return default;
        }
    }

    // PackagePatch is written package-patch.
    private static string Spell(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : string.Empty) + char.ToLowerInvariant(c) : c.ToString()));
}
