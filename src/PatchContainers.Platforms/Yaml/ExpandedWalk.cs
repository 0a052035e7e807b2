using System.Globalization;

namespace PatchContainers.Platforms.Yaml;

/// <summary>Where a scalar shows in a document once aliases and merge keys are followed.</summary>
/// <param name="Path">Keys and indexes from the document's root.</param>
/// <param name="Line">The line of the alias or merge key that leads to it; the scalar's own where none does.</param>
internal readonly record struct ScalarUse(string Path, int Line);

/// <summary>Finds every place that changes when a scalar changes.</summary>
internal static class ExpandedWalk
{
    /// <summary>All uses of each of these scalars in a document; an empty list for one that shows nowhere.</summary>
    public static IReadOnlyDictionary<YamlScalar, IReadOnlyList<ScalarUse>> Uses(YamlDocument document, IEnumerable<YamlScalar> scalars)
    {
        var uses = new Dictionary<YamlScalar, List<ScalarUse>>();
        foreach (var scalar in scalars)
        {
            uses.TryAdd(scalar, []);
        }

        Visit(document.Root, NodePath.Root(document), 0, uses);
        return uses.ToDictionary(use => use.Key, use => (IReadOnlyList<ScalarUse>)use.Value);
    }

    // The recursion is as deep as the document with aliases followed: within YamlLimits.MaxDepth.
    private static void Visit(YamlNode node, NodePath path, int line, Dictionary<YamlScalar, List<ScalarUse>> uses)
    {
        if (node is YamlAlias alias)
        {
            line = line == 0 ? alias.Line : line;
            node = alias.Target;
        }

        switch (node)
        {
            case YamlScalar scalar when uses.TryGetValue(scalar, out var places):
                places.Add(new ScalarUse(path.ToString(), line == 0 ? scalar.Line : line));
                break;
            case YamlSequence sequence:
                for (var i = 0; i < sequence.Items.Count; i++)
                {
                    Visit(sequence.Items[i], path.Item(i), line, uses);
                }

                break;
            case YamlMapping mapping:
                // Merged entries come after the written ones, which the list of written entries tells apart.
                var written = mapping.Entries.Count - mapping.Entries.Count(entry => entry.IsMerge);
                for (var i = 0; i < mapping.Effective.Count; i++)
                {
                    var entry = mapping.Effective[i];
                    var merged = i >= written && line == 0 ? mapping.Entries.Find(e => e.IsMerge).KeyNode.Line : line;
                    Visit(entry.Value, path.Key(entry.Key ?? string.Create(CultureInfo.InvariantCulture, $"?{entry.KeyNode.Line}")), merged,
                        uses);
                }

                break;
            default:
                break;
        }
    }
}
