namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>One rollout that is to stand still at one point, as a child process is told of it.</summary>
internal sealed record KillSpec
{
    /// <summary>The plan's name, the label of its workloads, and part of their names.</summary>
    public required string Name { get; init; }

    /// <summary>The rollout, and where its journal is.</summary>
    public required KillScenario Scenario { get; init; }

    /// <summary>The images that are replaced, where they have to be real ones; empty for those of the fake nodes.</summary>
    public IReadOnlyList<KillImage> Images { get; init; } = [];

    /// <summary>The namespace of the first ring, or its label; a journal in the cluster is here too.</summary>
    public required string Staging { get; init; }

    /// <summary>The namespace of the second ring, or its label.</summary>
    public required string Production { get; init; }

    /// <summary>The folder of its state.</summary>
    public required string Folder { get; init; }

    /// <summary>At which thing it does it stands still; 0 for none.</summary>
    public int At { get; init; }

    /// <summary>Whether it stands still right before what it does, and not right after.</summary>
    public bool Before { get; init; }

    public string Selector => $"run={Name}";

    /// <summary>The folder of the rings, where they are files.</summary>
    public string Rings => Path.Combine(Folder, "deploy");

    /// <summary>The name of the Compose project of a ring.</summary>
    public string ProjectOf(string ring) => $"{ring}-{Name}";

    /// <summary>The file of the Compose project of a ring.</summary>
    public string ComposeFileOf(string ring) => Path.Combine(Rings, ring, "compose.yaml");
}

/// <summary>An image, and what replaces it.</summary>
internal sealed record KillImage(string Old, string OldDigest, string New, string NewDigest);
