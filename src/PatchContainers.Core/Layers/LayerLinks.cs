namespace PatchContainers.Layers;

/// <summary>
/// The symbolic links that a layer's tar has brought so far. Whoever unpacks it writes through them: after a link from <c>bin</c> to
/// <c>usr/bin</c>, the entry <c>bin/sh</c> becomes <c>usr/bin/sh</c>. Links of lower layers do not count: each layer is unpacked into a
/// folder of its own.
/// </summary>
internal sealed class LayerLinks
{
    // As many as Linux follows (path_resolution(7)).
    private const int MaxLinks = 40;

    private readonly Dictionary<string, string> _targets = new(StringComparer.Ordinal);

    // Entries of one directory stand one after the other.
    private string? _parent;
    private string _realParent = string.Empty;

    /// <summary>Takes note of an entry: a link, or something else in the place of one.</summary>
    public void Add(in LayerEntry entry)
    {
        if (entry.Kind == LayerEntryKind.SymbolicLink)
        {
            _targets[entry.Path] = entry.LinkTarget;
            _parent = null;
        }
        else if (_targets.Count > 0 && _targets.Remove(entry.Path))
        {
            _parent = null;
        }
    }

    /// <summary>Where an entry of this path lands; null where the links on the way run in a circle.</summary>
    /// <param name="path">A normalized path; its last component is not followed.</param>
    public string? Land(string path)
    {
        if (_targets.Count == 0 || path.LastIndexOf('/') is var slash && slash < 0)
        {
            return path;
        }

        if (_parent is null || !path.AsSpan(0, slash).SequenceEqual(_parent))
        {
            var parent = path[..slash];
            if (Follow(parent) is not { } real)
            {
                return null;
            }

            (_parent, _realParent) = (parent, real);
        }

        // Most directories are no links, and their entries keep their names.
        return ReferenceEquals(_realParent, _parent) ? path
            : _realParent.Length == 0 ? path[(slash + 1)..] : $"{_realParent}{path.AsSpan(slash)}";
    }

    private string? Follow(string path)
    {
        var rest = new Stack<string>(Enumerable.Reverse(path.Split('/')));
        var (real, links) = (string.Empty, 0);
        while (rest.TryPop(out var name))
        {
            if (name is "." or "..")
            {
                real = name == "." ? real : LayerPath.Parent(real).ToString();
                continue;
            }

            var next = real.Length == 0 ? name : $"{real}/{name}";
            if (!_targets.TryGetValue(next, out var target))
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            real = target.StartsWith('/') ? string.Empty : real;
            foreach (var part in Enumerable.Reverse(target.Split('/', StringSplitOptions.RemoveEmptyEntries)))
            {
                rest.Push(part);
            }
        }

        return links == 0 ? path : real;
    }
}
