using PatchContainers.Layers;

namespace PatchContainers.Core.Tests.Updating.Rebase;

/// <summary>One thing that a test's layer does to a path.</summary>
/// <param name="Path">The path.</param>
/// <param name="Kind">What it does; an opaque directory is listed as well, as engines list it.</param>
/// <param name="Value">Content of a file, mode of a directory, target of a link.</param>
internal sealed record NaiveChange(string Path, LayerEntryKind Kind, int Value);

/// <summary>
/// Layers on top of each other, as simply as it can be written (OCI image specification 1.1, layer.md, "Applying Changesets"), to check the
/// real thing against. Directories that nobody lists are not in it.
/// </summary>
internal sealed class NaiveTree
{
    private readonly SortedDictionary<string, NaiveChange> _paths = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, NaiveChange> Paths => _paths;

    public static NaiveTree Of(IEnumerable<IReadOnlyList<NaiveChange>> layers)
    {
        var tree = new NaiveTree();
        foreach (var layer in layers)
        {
            tree.Apply(layer);
        }

        return tree;
    }

    public static void Write(LayerWriter writer, IEnumerable<NaiveChange> layer)
    {
        foreach (var change in layer)
        {
            switch (change.Kind)
            {
                case LayerEntryKind.File:
                    writer.AddFile(change.Path, $"{change.Value}");
                    break;
                case LayerEntryKind.Directory:
                    writer.AddDirectory(change.Path, 0b111_101_000 + change.Value);
                    break;
                case LayerEntryKind.SymbolicLink:
                    writer.AddSymbolicLink(change.Path, $"{change.Value}");
                    break;
                case LayerEntryKind.Whiteout:
                    writer.AddWhiteout(change.Path);
                    break;
                default:
                    writer.AddDirectory(change.Path, 0b111_101_000 + change.Value);
                    writer.AddOpaqueWhiteout(change.Path);
                    break;
            }
        }
    }

    /// <summary>A layer that a tool could have written: a path comes once, and nothing lies below what is no directory.</summary>
    public static NaiveChange[] Sane(IEnumerable<NaiveChange> changes)
    {
        var layer = new List<NaiveChange>();
        foreach (var change in changes)
        {
            bool Clashes(NaiveChange other) => other.Path == change.Path
                || (IsBelow(change.Path, other.Path) && other.Kind is not (LayerEntryKind.Directory or LayerEntryKind.OpaqueWhiteout))
                || (IsBelow(other.Path, change.Path) && change.Kind is not (LayerEntryKind.Directory or LayerEntryKind.OpaqueWhiteout));
            if (!layer.Exists(Clashes))
            {
                layer.Add(change);
            }
        }

        return [.. layer];
    }

    private void Apply(IReadOnlyList<NaiveChange> layer)
    {
        foreach (var change in layer.Where(c => c.Kind is LayerEntryKind.Whiteout or LayerEntryKind.OpaqueWhiteout))
        {
            Remove(p => IsBelow(p, change.Path) || (p == change.Path && change.Kind == LayerEntryKind.Whiteout));
        }

        foreach (var change in layer)
        {
            // What lies below a path makes it a directory.
            Remove(p => IsBelow(change.Path, p) && _paths[p].Kind != LayerEntryKind.Directory);
            if (change.Kind is LayerEntryKind.Directory or LayerEntryKind.OpaqueWhiteout)
            {
                _paths[change.Path] = change with { Kind = LayerEntryKind.Directory };
            }
            else if (change.Kind != LayerEntryKind.Whiteout)
            {
                Remove(p => IsBelow(p, change.Path));
                _paths[change.Path] = change;
            }
        }
    }

    private void Remove(Func<string, bool> which)
    {
        foreach (var path in _paths.Keys.Where(which).ToArray())
        {
            _paths.Remove(path);
        }
    }

    private static bool IsBelow(string path, string directory) => path.StartsWith(directory + "/", StringComparison.Ordinal);
}
