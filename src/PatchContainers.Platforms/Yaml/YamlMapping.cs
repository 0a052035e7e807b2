using YamlDotNet.Core;

namespace PatchContainers.Platforms.Yaml;

/// <summary>One key and its value, as written.</summary>
internal readonly record struct YamlEntry(YamlNode KeyNode, YamlNode Value)
{
    /// <summary>The key's text; null for a key that is no scalar.</summary>
    public string? Key => (KeyNode.Resolved as YamlScalar)?.Value;

    /// <summary>Whether this is a merge key, <c>&lt;&lt;</c> unquoted (the YAML merge key type, yaml.org/type/merge.html).</summary>
    public bool IsMerge => KeyNode is YamlScalar { Value: "<<", Style: ScalarStyle.Plain };
}

/// <summary>A mapping: as written, and as it counts once its merge keys are followed.</summary>
internal sealed class YamlMapping(int start, int end, int line, string? anchor, string? tag) : YamlNode(start, end, line, anchor, tag)
{
    // Below this, looking through the entries is as fast.
    private const int IndexedFrom = 16;

    private IReadOnlyList<YamlEntry>? _effective;
    private Dictionary<string, YamlNode>? _index;

    public List<YamlEntry> Entries { get; } = [];

    /// <summary>
    /// The entries that count: those written here, then those of merged mappings that are not overridden; the first merged one wins.
    /// </summary>
    public IReadOnlyList<YamlEntry> Effective => _effective ??= Entries.Exists(entry => entry.IsMerge) ? Merge() : Entries;

    /// <summary>The value that counts under a key, aliases followed; null where there is none.</summary>
    public YamlNode? this[string key]
    {
        get
        {
            if (Effective.Count >= IndexedFrom)
            {
                return (_index ??= Index()).GetValueOrDefault(key)?.Resolved;
            }

            foreach (var entry in Effective)
            {
                if (entry.Key == key)
                {
                    return entry.Value.Resolved;
                }
            }

            return null;
        }
    }

    /// <summary>The text under a key; null where there is none, where it is YAML's null, or no scalar.</summary>
    public string? Text(string key) => this[key] is YamlScalar { IsNull: false } scalar ? scalar.Value : null;

    /// <summary>The mappings that a merge key's value stands for; null where it stands for something else.</summary>
    public static IReadOnlyList<YamlMapping>? MergeSources(YamlNode value)
    {
        switch (value.Resolved)
        {
            case YamlMapping one:
                return [one];
            case YamlSequence many:
                var sources = new List<YamlMapping>(many.Items.Count);
                foreach (var item in many.Items)
                {
                    if (item.Resolved is not YamlMapping source)
                    {
                        return null;
                    }

                    sources.Add(source);
                }

                return sources;
            default:
                return null;
        }
    }

    private Dictionary<string, YamlNode> Index()
    {
        var index = new Dictionary<string, YamlNode>(Effective.Count, StringComparer.Ordinal);
        foreach (var entry in Effective)
        {
            if (entry.Key is { } key)
            {
                index.TryAdd(key, entry.Value);
            }
        }

        return index;
    }

    private List<YamlEntry> Merge()
    {
        var result = Entries.FindAll(entry => !entry.IsMerge);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in result)
        {
            if (entry.Key is { } key)
            {
                keys.Add(key);
            }
        }

        foreach (var merge in Entries.FindAll(entry => entry.IsMerge))
        {
            foreach (var source in MergeSources(merge.Value) ?? [])
            {
                result.AddRange(source.Effective.Where(entry => entry.Key is { } key && keys.Add(key)));
            }
        }

        return result;
    }
}
