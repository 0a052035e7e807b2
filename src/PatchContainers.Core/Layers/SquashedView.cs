using System.Text;

namespace PatchContainers.Layers;

/// <summary>Something that exists in the image, and the layer that brought it.</summary>
/// <param name="Entry">The entry. A hard link is given as what it links to, under its own path; only where that does not exist is it left a
/// hard link.</param>
/// <param name="Layer">The layer's number, from 0 at the bottom.</param>
public readonly record struct SquashedEntry(LayerEntry Entry, int Layer);

/// <summary>A file of the image that was read through all links.</summary>
/// <param name="Path">Where it really lies.</param>
/// <param name="Layer">The number of the layer that brought it, from 0 at the bottom.</param>
/// <param name="Content">Its bytes; null where the file is there, but the selection did not keep it.</param>
public sealed record SquashedFile(string Path, int Layer, ReadOnlyMemory<byte>? Content);

/// <summary>
/// Layers on top of each other as an engine mounts them: what exists in the image, and which layer brought it. A path below a directory
/// makes that directory, even where no layer lists it: it is then root's, with mode 0755.
/// </summary>
public sealed class SquashedView
{
    // As many as Linux follows (path_resolution(7)).
    private const int MaxLinks = 40;

    private readonly LayerStack _stack;

    /// <summary>Lays the layers on top of each other.</summary>
    /// <param name="layers">Bottom first.</param>
    public SquashedView(IReadOnlyList<LayerContent> layers)
    {
        Layers = layers;
        _stack = new LayerStack(layers.Select(l => l.Table).ToArray());
    }

    /// <summary>The layers, bottom first.</summary>
    public IReadOnlyList<LayerContent> Layers { get; }

    /// <summary>What lies at this very path, symbolic links not followed; null where nothing does.</summary>
    /// <param name="path">A normalized path, without a leading slash; empty for the root.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: hard links run in a circle.</exception>
    public SquashedEntry? Find(string path) => Make(_stack.Find(Encoding.UTF8.GetBytes(path), Layers.Count - 1), path);

    /// <summary>What the path leads to, through symbolic links in every component; null where it leads nowhere.</summary>
    /// <param name="path">A path, with or without a leading slash.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the links run in a circle.</exception>
    public SquashedEntry? Resolve(string path) => Follow(path) is { } real ? Find(real) : null;

    /// <summary>Reads a file through symbolic links in every component; null where the path leads to no file.</summary>
    /// <param name="path">A path, with or without a leading slash.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the links run in a circle.</exception>
    public SquashedFile? ReadFile(string path)
    {
        if (Follow(path) is not { } real)
        {
            return null;
        }

        var node = _stack.Find(Encoding.UTF8.GetBytes(real), Layers.Count - 1);
        var (inode, inodePath) = Inode(node, real);
        if (!inode.Exists || inode.Kind != LayerEntryKind.File)
        {
            return null;
        }

        var isKept = Layers[inode.Layer].Files.TryGetValue(inodePath, out var bytes);
        return new SquashedFile(real, node.Layer, isKept ? bytes : (ReadOnlyMemory<byte>?)null);
    }

    /// <summary>
    /// Everything that layers list below a directory and that exists, at any depth, links not followed, in the order of the paths' UTF-8
    /// bytes.
    /// </summary>
    /// <param name="directory">A normalized path, without a leading slash; empty for the root.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: hard links run in a circle.</exception>
    public IEnumerable<SquashedEntry> EnumerateBelow(string directory)
    {
        foreach (var (path, node) in _stack.EnumerateBelow(Encoding.UTF8.GetBytes(directory)))
        {
            yield return Make(node, Encoding.UTF8.GetString(path.Span))!.Value;
        }
    }

    private SquashedEntry? Make(StackNode node, string path)
    {
        if (!node.Exists)
        {
            return null;
        }

        if (node.Kind != LayerEntryKind.HardLink)
        {
            return new SquashedEntry(EntryOf(node, path), node.Layer);
        }

        var (inode, inodePath) = Inode(node, path);
        var found = inode.Exists && inode.Kind != LayerEntryKind.Directory;
        return new SquashedEntry(found ? EntryOf(inode, inodePath) with { Path = path } : EntryOf(node, path), node.Layer);
    }

    private LayerEntry EntryOf(StackNode node, string path) => node.Index >= 0
        ? Layers[node.Layer].Table[node.Index]
        : new LayerEntry(path, LayerEntryKind.Directory, LayerWriter.DirectoryMode, 0, 0, 0, string.Empty, default);

    // A hard link means what its target was when its own layer was laid on top.
    private (StackNode Node, string Path) Inode(StackNode node, string path)
    {
        var start = path;
        for (var links = 0; node.Exists && node.Kind == LayerEntryKind.HardLink; links++)
        {
            if (links == MaxLinks)
            {
                throw Circle(start);
            }

            path = Layers[node.Layer].Table[node.Index].LinkTarget;
            node = _stack.Find(Encoding.UTF8.GetBytes(path), node.Layer);
        }

        return (node, path);
    }

    private string? Follow(string path)
    {
        var rest = new Stack<string>(Enumerable.Reverse(path.Split('/', StringSplitOptions.RemoveEmptyEntries)));
        var real = string.Empty;
        var links = 0;
        while (rest.TryPop(out var name))
        {
            if (name == ".")
            {
                continue;
            }

            if (name == "..")
            {
                real = LayerPath.Parent(real).ToString();
                continue;
            }

            var next = real.Length == 0 ? name : $"{real}/{name}";
            if (Find(next) is not var (entry, _)
                || (rest.Count > 0 && entry.Kind is not (LayerEntryKind.Directory or LayerEntryKind.SymbolicLink)))
            {
                return null;
            }

            if (entry.Kind != LayerEntryKind.SymbolicLink)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw Circle(path);
            }

            real = entry.LinkTarget.StartsWith('/') ? string.Empty : real;
            foreach (var part in Enumerable.Reverse(entry.LinkTarget.Split('/', StringSplitOptions.RemoveEmptyEntries)))
            {
                rest.Push(part);
            }
        }

        return real;
    }

    private static PatchException Circle(string path) => new(PatchErrorCode.InvalidData, path,
        $"Cannot read {path} in the image: more than {MaxLinks} links lead on from it, they run in a circle.");
}
