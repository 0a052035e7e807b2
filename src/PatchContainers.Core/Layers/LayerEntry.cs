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
/// <param name="Path">The path from the root without a leading slash, normalized: <c>usr/bin/app</c>; empty for the root itself. For a
/// whiteout, the path that it removes (for an opaque one, the directory). Bytes that are no UTF-8 stand as <c>\xNN</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Permission bits, with setuid, setgid and sticky.</param>
/// <param name="Uid">The owner.</param>
/// <param name="Gid">The group.</param>
/// <param name="Size">A file's length in bytes; 0 otherwise.</param>
/// <param name="LinkTarget">A link's target as written (a hard link's normalized like a path); empty otherwise.</param>
/// <param name="ContentDigest">A file's digest; for devices empty.</param>
public readonly record struct LayerEntry(
    string Path, LayerEntryKind Kind, int Mode, long Uid, long Gid, long Size, string LinkTarget, Digest ContentDigest);
