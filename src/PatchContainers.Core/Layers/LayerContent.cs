using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>What a layer's entry is.</summary>
public enum LayerEntryKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A hard link to another path of the image.</summary>
    HardLink,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>A named pipe.</summary>
    Fifo,

    /// <summary>The path is removed (<c>.wh.NAME</c>; OCI image specification 1.1, layer.md, "Whiteouts").</summary>
    Whiteout,

    /// <summary>Everything that lower layers put into the directory is removed (<c>.wh..wh..opq</c>).</summary>
    OpaqueWhiteout,
}

/// <summary>One entry of a layer.</summary>
/// <param name="Path">The path from the root without a leading slash, normalized: <c>usr/bin/app</c>. For a whiteout, the path that it removes
/// (for an opaque one, the directory).</param>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Permission bits, with setuid, setgid and sticky.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="Size">A file's length in bytes; 0 otherwise.</param>
/// <param name="LinkTarget">A link's target as written (a hard link's normalized like a path); empty otherwise.</param>
/// <param name="ContentDigest">A file's digest; for devices empty.</param>
public readonly record struct LayerEntry(string Path, LayerEntryKind Kind, int Mode, long Uid, long Gid, long Size, string LinkTarget, Digest ContentDigest);

/// <summary>What one pass over a layer found: all entries, and the bytes of the files that were asked for.</summary>
public sealed record LayerContent
{
    /// <summary>The digest of the uncompressed tar.</summary>
    public required Digest DiffId { get; init; }

    /// <summary>All entries, in the tar's order; a path that comes twice stands here twice, and the last one counts.</summary>
    public required IReadOnlyList<LayerEntry> Entries { get; init; }

    /// <summary>The bytes of the selected files, by path.</summary>
    public required IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; init; }
}

/// <summary>Which files' bytes a pass over a layer keeps.</summary>
/// <param name="Id">A name that changes when the selection changes: cached passes are told apart by it.</param>
/// <param name="Includes">Whether a normalized path is wanted.</param>
public sealed record LayerSelection(string Id, Func<string, bool> Includes);
