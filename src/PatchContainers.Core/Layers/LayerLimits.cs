namespace PatchContainers.Layers;

/// <summary>What a layer may cost to read. Passing a limit is an error that names it, never a partial result.</summary>
public sealed record LayerLimits
{
    /// <summary>The largest uncompressed size in bytes.</summary>
    public long MaxUncompressedBytes { get; init; } = 64L * 1024 * 1024 * 1024;

    /// <summary>The largest ratio of uncompressed to compressed bytes, once <see cref="RatioAfterBytes"/> have come out (a bomb).</summary>
    public int MaxRatio { get; init; } = 1100;

    /// <summary>How many uncompressed bytes are free of the ratio's check.</summary>
    public long RatioAfterBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>The largest number of entries.</summary>
    public int MaxEntries { get; init; } = 1_000_000;

    /// <summary>How many bytes the names and attributes of all entries may take in memory.</summary>
    public int MaxIndexBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>How many bytes of files are kept in memory, all files of a layer together (package databases).</summary>
    public int MaxCapturedBytes { get; init; } = 128 * 1024 * 1024;
}
