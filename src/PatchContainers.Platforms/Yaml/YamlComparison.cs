namespace PatchContainers.Platforms.Yaml;

/// <summary>Compares two readings of a file, as written: aliases are not followed, so each node is looked at once.</summary>
internal static class YamlComparison
{
    /// <summary>
    /// The line of the first node that is not as it should be: as before, or as it was meant to become; null where all are.
    /// </summary>
    /// <param name="before">The file before.</param>
    /// <param name="after">The file after.</param>
    /// <param name="changes">The scalars of the file before that were changed, and their values after.</param>
    public static int? FirstDifference(IReadOnlyList<YamlDocument> before, IReadOnlyList<YamlDocument> after,
        IReadOnlyDictionary<YamlScalar, string> changes)
    {
        if (before.Count != after.Count)
        {
            return 1;
        }

        for (var i = 0; i < before.Count; i++)
        {
            if (Compare(before[i].Root, after[i].Root, changes) is { } line)
            {
                return line;
            }
        }

        return null;
    }

    // As deep as the document is nested: within YamlLimits.MaxDepth.
    private static int? Compare(YamlNode before, YamlNode after, IReadOnlyDictionary<YamlScalar, string> changes)
    {
        if (before.Anchor != after.Anchor || before.Tag != after.Tag || before.Line != after.Line)
        {
            return before.Line;
        }

        switch (before, after)
        {
            case (YamlScalar a, YamlScalar b):
                return a.Style == b.Style && (changes.TryGetValue(a, out var value) ? b.Value.Trim() == value : a.Value == b.Value) ? null
                    : before.Line;
            case (YamlAlias a, YamlAlias b):
                return a.Target.Anchor == b.Target.Anchor && a.Target.Line == b.Target.Line ? null : before.Line;
            case (YamlSequence a, YamlSequence b) when a.Items.Count == b.Items.Count:
                for (var i = 0; i < a.Items.Count; i++)
                {
                    if (Compare(a.Items[i], b.Items[i], changes) is { } line)
                    {
                        return line;
                    }
                }

                return null;
            case (YamlMapping a, YamlMapping b) when a.Entries.Count == b.Entries.Count:
                for (var i = 0; i < a.Entries.Count; i++)
                {
                    if ((Compare(a.Entries[i].KeyNode, b.Entries[i].KeyNode, changes) ?? Compare(a.Entries[i].Value, b.Entries[i].Value,
                        changes)) is { } line)
                    {
                        return line;
                    }
                }

                return null;
            default:
                return before.Line;
        }
    }
}
