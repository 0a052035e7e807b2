namespace PatchContainers.Advisories.Osv;

/// <summary>What a source of advisories may cost to read. Passing a limit is an error that names it, never a partial record.</summary>
public sealed record OsvLimits
{
    /// <summary>The largest record, in bytes of JSON.</summary>
    public int MaxRecordBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The most bytes of JSON that one import reads, after unpacking.</summary>
    public long MaxTotalBytes { get; init; } = 32L * 1024 * 1024 * 1024;

    /// <summary>The most entries of one zip file.</summary>
    public int MaxZipEntries { get; init; } = 5_000_000;

    /// <summary>The most ecosystems that the records of one import name; each becomes a file.</summary>
    public int MaxEcosystems { get; init; } = 5_000;

    /// <summary>The deepest nesting of JSON.</summary>
    public int MaxDepth { get; init; } = 64;
}
