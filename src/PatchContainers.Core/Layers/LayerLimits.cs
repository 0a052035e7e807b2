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
    public int MaxEntries { get; init; } = 5_000_000;

    /// <summary>The largest file that is kept in memory, in bytes (package databases).</summary>
    public long MaxCapturedFileBytes { get; init; } = 128L * 1024 * 1024;
}
