using System.Text.RegularExpressions;
using PatchContainers.Health;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Plans;

/// <summary>Reads a gate of a plan file: its name, its kind, and the kind's settings, of which those with a dot may be mappings.</summary>
internal sealed partial class GateReader(PlanFaults faults, string folder)
{
    /// <summary>Reads a gate; null where something is wrong with it.</summary>
    public RolloutGate? Read(YamlNode node, string key)
    {
        var before = faults.Count;
        if (PlanMap.Of(faults, node, key, known: null) is not { } map)
        {
            return null;
        }

        var kind = map.Required("kind");
        var name = map.Name("name", isRequired: false) ?? kind;
        if (kind is not null && !GateFactory.Kinds.Contains(kind))
        {
            map.Fault("kind", $"'{PlanFaults.Short(kind)}' is no kind of gate. {NearestName.Hint(kind, GateFactory.Kinds)}");
            kind = null;
        }

        if (kind is null || name is null)
        {
            return null;
        }

        var gate = new RolloutGate(name, kind, Settings(map, kind));
        if (faults.Count == before && GateFactory.Check(gate) is { } fault)
        {
            map.Fault(fault.Setting, fault.Message);
        }

        return faults.Count == before ? gate : null;
    }

    private Dictionary<string, string> Settings(PlanMap map, string kind)
    {
        var known = GateFactory.SettingsOf(kind);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value, line) in map.Entries.Where(e => !PlanKeys.Gate.Contains(e.Name)))
        {
            foreach (var (setting, node, at) in Flatten(name, value, line))
            {
                faults.Note(map.KeyOf(setting), at);
                if (!known.Any(k => k == setting
                    || (k.EndsWith('.') && setting.Length > k.Length && setting.StartsWith(k, StringComparison.Ordinal))))
                {
                    map.Fault(setting, PlanSecrets.IsSecret(setting) ? PlanSecrets.Message(setting)
                        : $"A gate of the kind {kind} has no setting '{PlanFaults.Short(setting)}'. {NearestName.Hint(setting, [.. known.Select(k => k.TrimEnd('.'))])}");
                }
                else if (Value(map, kind, setting, node) is { } text && !settings.TryAdd(setting, text))
                {
                    map.Fault(setting, $"'{setting}' is there twice, once with a dot and once as a mapping.");
                }
            }
        }

        return settings;
    }

    private static IEnumerable<(string Name, YamlNode Value, int Line)> Flatten(string name, YamlNode value, int line) =>
        value is not YamlMapping mapping ? [(name, value, line)]
        : mapping.Effective.Where(e => e.Key is not null).SelectMany(e => Flatten($"{name}.{e.Key}", e.Value.Resolved, e.KeyNode.Line));

    private string? Value(PlanMap map, string kind, string setting, YamlNode node)
    {
        switch (node)
        {
            case YamlScalar { IsNull: false, Value: var text } when !string.IsNullOrWhiteSpace(text):
                return Checked(map, setting, text);
            case YamlScalar:
                map.Fault(setting, "It is empty. Give it a value, or leave the key out.");
                return null;
            case YamlSequence { Items: { Count: > 0 } items } when kind == HttpProbeGate.Kind && setting == "url"
                && items.TrueForAll(i => i.Resolved is YamlScalar { IsNull: false }):
                return string.Join(' ', items.Select(i => ((YamlScalar)i.Resolved).Value));
            default:
                map.Fault(setting, "This has to be a single value.");
                return null;
        }
    }

    private string? Checked(PlanMap map, string setting, string text)
    {
        if (setting.EndsWith("File", StringComparison.Ordinal) || setting.StartsWith("headerFile.", StringComparison.Ordinal))
        {
            return PlanPaths.Full(map, setting, text, folder);
        }

        // What is no variable's name may be the secret itself.
        if ((setting.EndsWith("Env", StringComparison.Ordinal) || setting.StartsWith("headerEnv.", StringComparison.Ordinal))
            && !VariableForm().IsMatch(text))
        {
            map.Fault(setting, "This has to be the name of an environment variable: letters, digits and '_'.");
            return null;
        }

        return text;
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,255}\z", RegexOptions.CultureInvariant)]
    private static partial Regex VariableForm();
}
