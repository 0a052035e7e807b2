using System.Text.Json;

namespace PatchContainers.Layers;

/// <summary>
/// What a layer may cost to read. Passing a limit is an error that names it, never a partial result. The settings file can change each of
/// them (<see cref="PatchSettings.Limits"/>).
/// </summary>
public sealed record LayerLimits
{
    /// <summary>The largest uncompressed size in bytes.</summary>
    public long MaxUncompressedBytes { get; init; } = 64L * 1024 * 1024 * 1024;

    /// <summary>
    /// The largest ratio of uncompressed to compressed bytes, once <see cref="RatioAfterBytes"/> have come out (a bomb). Programs, texts
    /// and data give 2 to 20; zeros give what deflate has at most, about 1,030, so that only a layer that is nearly all zeros is above 200.
    /// </summary>
    public int MaxRatio { get; init; } = 200;

    /// <summary>
    /// How many uncompressed bytes are free of the ratio's check. Files that were made large in advance (swap, a database's logs) are
    /// zeros, and a gibibyte of them takes seconds to read, and no memory.
    /// </summary>
    public long RatioAfterBytes { get; init; } = 1L * 1024 * 1024 * 1024;

    /// <summary>The largest number of entries.</summary>
    public int MaxEntries { get; init; } = 1_000_000;

    /// <summary>How many bytes the names and attributes of all entries may take in memory.</summary>
    public int MaxIndexBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>How many bytes of files are kept in memory, all files of a layer together (package databases).</summary>
    public int MaxCapturedBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary>How errors name a limit: as the settings file does.</summary>
    internal static string NameOf(string property) =>
        $"{PatchSettings.LimitsKey}.{JsonNamingPolicy.CamelCase.ConvertName(property)} in the settings file";
}
