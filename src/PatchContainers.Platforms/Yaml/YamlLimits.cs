namespace PatchContainers.Platforms.Yaml;

/// <summary>How much of a file is read before it is given up: a hostile file costs a bounded amount of memory and time.</summary>
internal sealed record YamlLimits
{
    public static YamlLimits Default { get; } = new();

    /// <summary>Bytes in a file.</summary>
    public int MaxBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Mappings and sequences inside one another, aliases followed.</summary>
    public int MaxDepth { get; init; } = 200;

    /// <summary>
    /// Nodes in a file, every alias counted with all that its anchor holds: what a consumer that expands aliases would build.
    /// </summary>
    public int MaxNodes { get; init; } = 500_000;
}
