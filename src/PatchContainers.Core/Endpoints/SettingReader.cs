using System.Globalization;
using PatchContainers.Rollout;

namespace PatchContainers.Endpoints;

/// <summary>Reads settings that are texts by name, as gates and scanners have them. Every fault is an error that names whose setting it is.</summary>
internal sealed class SettingReader
{
    /// <summary>Where an error's <see cref="Exception.Data"/> has the setting that it is about.</summary>
    public const string DataKey = "setting";

    private readonly string _kind;
    private readonly string _name;
    private readonly IReadOnlyDictionary<string, string> _settings;

    /// <summary>Begins to read.</summary>
    /// <param name="kind">What it is that has them: <c>gate</c>, <c>scanner</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="known">The settings that its kind has; one that ends with a dot stands for all that begin with it.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a setting is not known, or empty.</exception>
    public SettingReader(string kind, string name, IReadOnlyDictionary<string, string> settings, IReadOnlyList<string> known)
    {
        (_kind, _name, _settings) = (kind, name, settings);
        foreach (var (setting, value) in settings)
        {
            if (!known.Any(k => k == setting
                || (k.EndsWith('.') && setting.Length > k.Length && setting.StartsWith(k, StringComparison.Ordinal))))
            {
                throw Fault(setting, "is not known. The settings are: "
                    + string.Join(", ", known.Select(k => k.EndsWith('.') ? k + "NAME" : k)) + ".");
            }

            if (string.IsNullOrWhiteSpace(value))
            {
                throw Fault(setting, "is empty.");
            }
        }
    }

    /// <summary>Begins to read a gate.</summary>
    public SettingReader(RolloutGate gate, IReadOnlyList<string> known)
        : this("gate", gate.Name, gate.Settings, known)
    {
    }

    /// <summary>A setting's text; null where it is not there.</summary>
    public string? Text(string name) => _settings.TryGetValue(name, out var text) ? text : null;

    /// <summary>A setting's text, which must be there.</summary>
    public string Required(string name) => Text(name)
        ?? throw new PatchException(PatchErrorCode.InvalidArgument, _name, $"The {_kind} '{_name}' needs the setting '{name}'.");

    /// <summary>The settings whose names begin so, by what comes after.</summary>
    public IEnumerable<(string Name, string Value)> All(string prefix) => _settings
        .Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(s => s.Key, StringComparer.Ordinal)
        .Select(s => (s.Key[prefix.Length..], s.Value));

    /// <summary>A whole number within limits.</summary>
    public int? Number(string name, int min, int max)
    {
        var text = Text(name);
        return text is null ? null
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number >= min && number <= max
                ? number
                : throw Fault(name, $"is '{text}'; it has to be a whole number from {min} to {max}.");
    }

    /// <summary>A duration within limits.</summary>
    public TimeSpan? Duration(string name, TimeSpan min, TimeSpan max)
    {
        var text = Text(name);
        return text is null ? null
            : DurationText.TryParse(text, out var duration) && duration >= min && duration <= max
                ? duration
                : throw Fault(name, $"is '{text}'; it has to be a duration from {DurationText.Format(min)} to {DurationText.Format(max)}, "
                    + "such as 30s, 5m or 1h30m.");
    }

    /// <summary>One of an enumeration's names, in any case.</summary>
    public T Choice<T>(string name, T otherwise)
        where T : struct, Enum => Text(name) is null ? otherwise : RequiredChoice<T>(name);

    /// <summary>One of an enumeration's names, in any case, which must be there.</summary>
    public T RequiredChoice<T>(string name)
        where T : struct, Enum
    {
        var text = Required(name);
        var found = Enum.GetNames<T>().FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase));
        return found is not null ? Enum.Parse<T>(found)
            : throw Fault(name, $"is '{text}'; it has to be one of {string.Join(", ", Enum.GetNames<T>())}.");
    }

    /// <summary>Reads a setting by a parser that says what is wrong with its text.</summary>
    public T? Parsed<T>(string name, Func<string, T> parse)
        where T : class
    {
        try
        {
            return Text(name) is { } text ? parse(text) : null;
        }
        catch (FormatException e)
        {
            throw Fault(name, e.Message);
        }
    }

    /// <summary>The error for a setting that cannot be used.</summary>
    /// <param name="name">The setting.</param>
    /// <param name="fault">What is wrong, as the rest of the sentence.</param>
    public PatchException Fault(string name, string fault) => new(PatchErrorCode.InvalidArgument, _name,
        $"The {_kind} '{_name}': the setting '{name}' {fault}")
    {
        Data = { [DataKey] = name },
    };
}
