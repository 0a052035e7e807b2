namespace PatchContainers.Layers;

/// <summary>Something that exists in the image, and the layer that brought it.</summary>
/// <param name="Entry">The entry. A hard link is given as the file that it is, with its own path.</param>
/// <param name="Layer">The layer's number, from 0 at the bottom.</param>
public readonly record struct SquashedEntry(LayerEntry Entry, int Layer);

/// <summary>A file of the image that was read through all links.</summary>
/// <param name="Path">Where it really lies.</param>
/// <param name="Layer">The number of the layer that brought it, from 0 at the bottom.</param>
/// <param name="Content">Its bytes; null where the file is there, but the selection did not keep it.</param>
public sealed record SquashedFile(string Path, int Layer, ReadOnlyMemory<byte>? Content);

/// <summary>Layers on top of each other: what exists in the image, and which layer brought it.</summary>
public sealed class SquashedView
{
    /// <summary>Lays the layers on top of each other.</summary>
    /// <param name="layers">Bottom first.</param>
    public SquashedView(IReadOnlyList<LayerContent> layers) => Layers = layers;

    /// <summary>The layers, bottom first.</summary>
    public IReadOnlyList<LayerContent> Layers { get; }

    /// <summary>What lies at this very path, links not followed; null where nothing does.</summary>
    /// <param name="path">A normalized path, without a leading slash.</param>
    public SquashedEntry? Find(string path) => throw new NotImplementedException();

    /// <summary>What the path leads to, through symbolic links in every component; null where it leads nowhere.</summary>
    /// <param name="path">A path, with or without a leading slash.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the links run in a circle.</exception>
    public SquashedEntry? Resolve(string path) => throw new NotImplementedException();

    /// <summary>Reads a file through symbolic links in every component; null where the path leads to no file.</summary>
    /// <param name="path">A path, with or without a leading slash.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the links run in a circle.</exception>
    public SquashedFile? ReadFile(string path) => throw new NotImplementedException();

    /// <summary>Everything that exists below a directory, at any depth, links not followed, in the order of the paths' bytes.</summary>
    /// <param name="directory">A normalized path, without a leading slash; empty for the root.</param>
    public IEnumerable<SquashedEntry> EnumerateBelow(string directory) => throw new NotImplementedException();
}
