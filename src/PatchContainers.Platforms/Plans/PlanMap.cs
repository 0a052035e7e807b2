using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;
using YamlDotNet.Core;

namespace PatchContainers.Platforms.Plans;

/// <summary>One mapping of a plan file. What is wrong with a value is noted, and the value is as if it were not there.</summary>
internal sealed partial class PlanMap
{
    private readonly PlanFaults _faults;
    private readonly YamlMapping _mapping;
    private readonly string _key;

    private PlanMap(PlanFaults faults, YamlMapping mapping, string key)
    {
        _faults = faults;
        _mapping = mapping;
        _key = key;
    }

    /// <summary>The line on which it begins.</summary>
    public int Line => _mapping.Line;

    /// <summary>Its entries, in the file's order.</summary>
    public IEnumerable<(string Name, YamlNode Value, int Line)> Entries => _mapping.Effective.Where(e => e.Key is not null)
        .Select(e => (e.Key!, e.Value.Resolved, e.KeyNode.Line));

    /// <summary>Reads a node that has to be a mapping; null where it is none.</summary>
    /// <param name="faults">Takes faults.</param>
    /// <param name="node">The node.</param>
    /// <param name="key">Its key.</param>
    /// <param name="known">The keys that it may have; null where others say so.</param>
    public static PlanMap? Of(PlanFaults faults, YamlNode node, string key, IReadOnlyList<string>? known)
    {
        faults.Note(key, node.Line);
        if (node.Resolved is not YamlMapping mapping)
        {
            faults.Add(node.Line, key, $"This has to be a mapping{(known is null ? string.Empty : $" with {string.Join(", ", known)}")}.");
            return null;
        }

        var map = new PlanMap(faults, mapping, key);
        map.NoteKeys(known);
        return map;
    }

    /// <summary>The full name of one of its keys.</summary>
    public string KeyOf(string name) => _key.Length == 0 ? name : $"{_key}.{name}";

    public bool Has(string name) => _mapping[name] is not null;

    /// <summary>The line of a key; that of the mapping, where the key is not there.</summary>
    public int LineOf(string name) => _faults.Lines.TryGetValue(KeyOf(name), out var line) ? line : Line;

    /// <summary>Notes a fault of a key; of the mapping itself, where the name is empty.</summary>
    public void Fault(string name, string message) =>
        _faults.Add(name.Length == 0 ? Line : LineOf(name), name.Length == 0 ? _key : KeyOf(name), message);

    /// <summary>A text; null where there is none.</summary>
    public string? Text(string name)
    {
        switch (_mapping[name])
        {
            case null:
                return null;
            case YamlScalar { IsNull: false, Value: var text } when !string.IsNullOrWhiteSpace(text):
                return text;
            case YamlScalar:
                Fault(name, "It is empty. Give it a value, or leave the key out.");
                return null;
            default:
                Fault(name, "This has to be a single value.");
                return null;
        }
    }

    /// <summary>A text that has to be there.</summary>
    public string? Required(string name)
    {
        if (!Has(name))
        {
            Fault(name, $"'{name}' is missing.");
        }

        return Text(name);
    }

    /// <summary>A name of letters, digits, dots, underscores and dashes.</summary>
    public string? Name(string name, bool isRequired = true)
    {
        var text = isRequired ? Required(name) : Text(name);
        if (text is null || NameForm().IsMatch(text))
        {
            return text;
        }

        Fault(name, $"'{PlanFaults.Short(text)}' is no name: letters, digits, '.', '_' and '-', a letter or digit first, at most 100 of them.");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>; false where it is not there.</summary>
    public bool Flag(string name)
    {
        switch (_mapping[name])
        {
            case null or YamlScalar { Style: ScalarStyle.Plain, Value: "false" or "False" or "FALSE" }:
                return false;
            case YamlScalar { Style: ScalarStyle.Plain, Value: "true" or "True" or "TRUE" }:
                return true;
            default:
                Fault(name, "This has to be true or false.");
                return false;
        }
    }

    /// <summary>A duration (<c>90s</c>, <c>1h30m</c>, <c>1d</c>, or ISO 8601: <c>PT90S</c>); null where there is none.</summary>
    public TimeSpan? Duration(string name, TimeSpan min)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if ((DurationText.TryParse(text, out var duration) || TryParseIso(text, out duration)) && duration >= min)
        {
            return duration;
        }

        Fault(name, $"'{PlanFaults.Short(text)}' is no duration"
            + (min > TimeSpan.Zero ? $" of at least {DurationText.Format(min)}" : string.Empty)
            + ". Write 90s, 10m, 1h30m or 1d, or PT90S as ISO 8601 has it.");
        return null;
    }

    /// <summary>A number from 0; null where there is none.</summary>
    public double? Number(string name, double max, bool isWhole)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, isWhole ? NumberStyles.None : NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number <= max)
        {
            return number;
        }

        Fault(name, string.Create(CultureInfo.InvariantCulture,
            $"'{PlanFaults.Short(text)}' is no {(isWhole ? "whole number" : "number")} from 0 to {max}."));
        return null;
    }

    /// <summary>A count or a share; null where there is none.</summary>
    public Portion? Part(string name)
    {
        try
        {
            return Text(name) is { } text ? Portion.Parse(text) : null;
        }
        catch (PatchException e)
        {
            Fault(name, e.Message);
            return null;
        }
    }

    /// <summary>One of an enumeration's names, in any case; the first where there is none.</summary>
    public T Choice<T>(string name)
        where T : struct, Enum
    {
        var text = Text(name);
        if (text is null)
        {
            return default;
        }

        var names = Enum.GetNames<T>();
        if (names.FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found)
        {
            return Enum.Parse<T>(found);
        }

        Fault(name, $"'{PlanFaults.Short(text)}' is not known. {NearestName.Hint(text, [.. names.Select(n => n.ToLowerInvariant())])}");
        return default;
    }

    /// <summary>The nodes of a list, with their keys; empty where there is none.</summary>
    public IReadOnlyList<(YamlNode Node, string Key)> Items(string name)
    {
        switch (_mapping[name])
        {
            case null:
                return [];
            case YamlSequence sequence:
                return [.. sequence.Items.Select((item, i) => (item.Resolved, string.Create(CultureInfo.InvariantCulture, $"{KeyOf(name)}[{i}]")))];
            default:
                Fault(name, "This has to be a list.");
                return [];
        }
    }

    /// <summary>A list of texts; empty where there is none.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        var texts = new List<string>();
        foreach (var (node, key) in Items(name))
        {
            _faults.Note(key, node.Line);
            if (node is YamlScalar { IsNull: false, Value: { Length: > 0 } text })
            {
                texts.Add(text);
            }
            else
            {
                _faults.Add(node.Line, key, "This has to be a text.");
            }
        }

        return texts;
    }

    /// <summary>Notes the faults that a parser finds in a list's texts; true where there are none.</summary>
    public bool Each(string name, IReadOnlyList<string> texts, Action<string> parse)
    {
        var before = _faults.Count;
        for (var i = 0; i < texts.Count; i++)
        {
            try
            {
                parse(texts[i]);
            }
            catch (PatchException e)
            {
                Fault(string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"), e.Message);
            }
        }

        return _faults.Count == before;
    }

    /// <summary>A mapping inside; null where there is none.</summary>
    public PlanMap? Map(string name, IReadOnlyList<string> known) => _mapping[name] is { } node ? Of(_faults, node, KeyOf(name), known) : null;

    private void NoteKeys(IReadOnlyList<string>? known)
    {
        foreach (var entry in _mapping.Effective)
        {
            if (entry.Key is not { } name)
            {
                _faults.Add(entry.KeyNode.Line, _key, "A key here is no text.");
                continue;
            }

            _faults.Note(KeyOf(name), entry.KeyNode.Line);
            if (known?.Contains(name) == false)
            {
                Fault(name, PlanSecrets.IsSecret(name) ? PlanSecrets.Message(name)
                    : $"'{PlanFaults.Short(name)}' is not known here. {NearestName.Hint(name, known)}");
            }
        }
    }

    // Years and months have no length.
    private static bool TryParseIso(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (!IsoForm().IsMatch(text))
        {
            return false;
        }

        try
        {
            duration = XmlConvert.ToTimeSpan(text);
            return duration < TimeSpan.FromDays(365_250);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameForm();

    [GeneratedRegex(@"\AP(?!\z)([0-9]{1,9}D)?(T(?!\z)([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}(\.[0-9]{1,7})?S)?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex IsoForm();
}
