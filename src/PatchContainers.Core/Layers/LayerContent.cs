using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>What one pass over a layer found: all entries, and the bytes of the files that were asked for.</summary>
public sealed class LayerContent
{
    internal LayerContent(Digest diffId, LayerTable table, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        DiffId = diffId;
        Table = table;
        Files = files;
    }

    /// <summary>The digest of the uncompressed tar.</summary>
    public Digest DiffId { get; }

    /// <summary>
    /// All entries in the order of their paths' UTF-8 bytes. Of a path that comes twice in the tar only the last one is here; a path may
    /// have a whiteout, an opaque whiteout and an entry of its own at once. Each access by index makes the entry anew.
    /// </summary>
    public IReadOnlyList<LayerEntry> Entries => Table;

    /// <summary>The bytes of the selected files, by path.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; }

    internal LayerTable Table { get; }
}
