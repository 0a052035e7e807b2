using PatchContainers.Inventory;
using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Files;

/// <summary>One container in a file, and the scalar that names its image.</summary>
internal sealed record ImageBinding
{
    /// <summary>
    /// What the inventory tells of it. <see cref="Workload.Image"/> is resolved; where <see cref="Fault"/> is set, it is as written.
    /// </summary>
    public required Workload Workload { get; init; }

    /// <summary>The document that holds the scalar.</summary>
    public required YamlDocument Document { get; init; }

    /// <summary>Where the image shows in the document with aliases followed (<see cref="NodePath"/>).</summary>
    public required string Path { get; init; }

    /// <summary>The line to look at.</summary>
    public required int Line { get; init; }

    /// <summary>The scalar, wherever in this file it is written; null where it stands in another file, or is no scalar.</summary>
    public YamlScalar? Origin { get; init; }

    /// <summary>Why the image cannot be told from the file; empty where it can.</summary>
    public string Fault { get; init; } = string.Empty;

    /// <summary>Why it may not be edited, though it can be told; empty where it may.</summary>
    public string EditFault { get; init; } = string.Empty;
}
