namespace PatchContainers.Layers;

/// <summary>
/// The hard links of a layer's tar, in its order. A link keeps the file that its target was when it came; where another file takes the
/// target's place afterwards, the two are not the same any more, which one entry a path cannot say.
/// </summary>
internal sealed class LayerHardLinks
{
    private readonly Dictionary<string, List<string>> _byTarget = new(StringComparer.Ordinal);
    private readonly HashSet<string> _outdated = new(StringComparer.Ordinal);

    /// <summary>A link to a file that was replaced after it; null where there is none.</summary>
    public string? Outdated => _outdated.FirstOrDefault();

    /// <summary>Takes note of an entry.</summary>
    public void Add(in LayerEntry entry)
    {
        _outdated.Remove(entry.Path);
        if (entry.Kind == LayerEntryKind.HardLink)
        {
            if (!_byTarget.TryGetValue(entry.LinkTarget, out var links))
            {
                _byTarget.Add(entry.LinkTarget, links = []);
            }

            links.Add(entry.Path);
        }
        else if (_byTarget.Remove(entry.Path, out var links))
        {
            _outdated.UnionWith(links);
        }
    }
}
