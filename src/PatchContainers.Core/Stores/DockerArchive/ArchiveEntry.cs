using PatchContainers.Images;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>A file in an archive.</summary>
/// <param name="Name">Its normalized path.</param>
/// <param name="Offset">Where its bytes begin in the tar (after decompression, where the archive is compressed).</param>
/// <param name="Size">Their number.</param>
internal sealed record ArchiveEntry(string Name, long Offset, long Size)
{
    /// <summary>How many entries of this name stand before it: the last one counts.</summary>
    public int Ordinal { get; init; }

    /// <summary>The bytes, where they look like JSON and are few enough for a manifest; null otherwise.</summary>
    public ReadOnlyMemory<byte>? Document { get; init; }

    /// <summary>How the content is compressed, told from its first bytes; empty where it is not.</summary>
    public string Compression { get; init; } = string.Empty;

    /// <summary>The digest of compressed content, which no config knows; empty otherwise.</summary>
    public Digest Digest { get; init; }
}
