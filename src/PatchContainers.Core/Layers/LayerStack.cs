namespace PatchContainers.Layers;

/// <summary>Where a path was found in a stack of layers.</summary>
/// <param name="Layer">The layer; -1 where the path does not exist.</param>
/// <param name="Index">The entry's index in the layer; -1 for a directory that no layer lists.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Floor">The lowest layer that still has a say about what is below.</param>
internal readonly record struct StackNode(int Layer, int Index, LayerEntryKind Kind, int Floor)
{
    public static readonly StackNode Nothing = new(-1, -1, default, 0);

    public bool Exists => Layer >= 0;

    public bool IsDirectory => Exists && Kind == LayerEntryKind.Directory;
}

/// <summary>
/// The rules by which layers cover each other (OCI image specification 1.1, layer.md, "Applying Changesets"), as overlayfs does it: a
/// path is looked up from the root downwards, and each step may shut out what lower layers say about the steps after it.
/// </summary>
internal sealed class LayerStack(LayerTable[] tables)
{
    /// <summary>Looks a path up in the layers from 0 to <paramref name="top"/>.</summary>
    public StackNode Find(ReadOnlySpan<byte> path, int top)
    {
        var node = Step(default, top, 0);
        for (var length = 0; length < path.Length && node.IsDirectory;)
        {
            var slash = path[(length + 1)..].IndexOf((byte)'/');
            length = slash < 0 ? path.Length : length + 1 + slash;
            node = Step(path[..length], top, node.Floor);
            if (length < path.Length && !node.IsDirectory)
            {
                return StackNode.Nothing;
            }
        }

        return path.IsEmpty || node.Exists ? node : StackNode.Nothing;
    }

    /// <summary>Everything that a layer lists below a directory and that exists, in the order of the paths' bytes.</summary>
    public IEnumerable<(ReadOnlyMemory<byte> Path, StackNode Node)> EnumerateBelow(byte[] directory)
    {
        var top = tables.Length - 1;
        var ranges = tables.Select(t => t.RangeBelow(directory)).ToArray();
        var parents = new Dictionary<string, StackNode>(StringComparer.Ordinal);
        while (TryTakeNext(ranges) is { } path)
        {
            var parentLength = Math.Max(0, path.AsSpan().LastIndexOf((byte)'/'));
            var key = System.Text.Encoding.Latin1.GetString(path, 0, parentLength);
            if (!parents.TryGetValue(key, out var parent))
            {
                parent = Find(path.AsSpan(0, parentLength), top);
                parents.Add(key, parent);
            }

            var node = parent.IsDirectory ? Step(path, top, parent.Floor) : StackNode.Nothing;
            if (node.Exists && node.Index >= 0)
            {
                yield return (path, node);
            }
        }
    }

    // The smallest path that any layer has left, taken out of all of them.
    private byte[]? TryTakeNext((int Start, int End)[] ranges)
    {
        var least = -1;
        for (var i = 0; i < ranges.Length; i++)
        {
            if (ranges[i].Start < ranges[i].End && (least < 0 || Path(i).SequenceCompareTo(Path(least)) < 0))
            {
                least = i;
            }
        }

        if (least < 0)
        {
            return null;
        }

        var path = Path(least).ToArray();
        for (var i = 0; i < ranges.Length; i++)
        {
            while (ranges[i].Start < ranges[i].End && Path(i).SequenceEqual(path))
            {
                ranges[i].Start++;
            }
        }

        return path;

        ReadOnlySpan<byte> Path(int layer) => tables[layer].PathAtIndex(ranges[layer].Start);
    }

    // One component: its directory exists, and layers below the floor are shut out there.
    private StackNode Step(ReadOnlySpan<byte> path, int top, int floor)
    {
        // The root exists, whatever the layers list.
        var node = path.IsEmpty ? new StackNode(0, -1, LayerEntryKind.Directory, floor) : StackNode.Nothing;
        var shut = floor;
        for (var layer = top; layer >= floor; layer--)
        {
            var word = tables[layer].Find(path);
            if (word.Entry >= 0)
            {
                var kind = tables[layer].KindAtIndex(word.Entry);
                if (kind != LayerEntryKind.Directory)
                {
                    // A directory above it has replaced it; what layers below have under that path was gone already.
                    return node.Exists ? node with { Floor = Math.Max(shut, layer + 1) } : new StackNode(layer, word.Entry, kind, layer);
                }

                node = node.Index >= 0 ? node : new StackNode(layer, word.Entry, kind, floor);
            }
            else if (!node.Exists && (word.IsOpaque || tables[layer].HasBelow(path)))
            {
                node = new StackNode(layer, -1, LayerEntryKind.Directory, floor);
            }

            // An opaque directory shuts out what is below it, and is still the same directory.
            shut = word.IsOpaque ? Math.Max(shut, layer) : shut;
            if (word.IsWhiteout)
            {
                return node with { Floor = Math.Max(shut, layer) };
            }
        }

        return node with { Floor = shut };
    }
}
