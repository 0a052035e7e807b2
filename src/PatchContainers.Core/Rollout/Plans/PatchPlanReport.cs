namespace PatchContainers.Rollout.Plans;

/// <summary>A plan file, explained and checked.</summary>
public sealed record PatchPlanReport
{
    /// <summary>The file, in full.</summary>
    public required string Path { get; init; }

    /// <summary>The plan's name.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>Whether a rollout can follow it: whether there are no faults.</summary>
    public bool IsValid { get; init; }

    /// <summary>Everything that is wrong, in the order of the lines.</summary>
    public IReadOnlyList<PatchPlanFault> Faults { get; init; } = [];

    /// <summary>What may be meant so, and often is not.</summary>
    public IReadOnlyList<PatchPlanFault> Warnings { get; init; } = [];

    /// <summary>The rings in order, explained; empty where there are faults in the file.</summary>
    public IReadOnlyList<PatchRingReport> Rings { get; init; } = [];

    /// <summary>What a failure leads to, in words.</summary>
    public string OnFailure { get; init; } = string.Empty;

    /// <summary>What leads to a wait for a person, in words.</summary>
    public string OnInconclusive { get; init; } = string.Empty;

    /// <summary>How long all rings take at least: soaks and measurements, without the time that workloads need to become ready.</summary>
    public TimeSpan AtLeast { get; init; }
}

/// <summary>A ring of a plan, explained.</summary>
public sealed record PatchRingReport
{
    /// <summary>The ring's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its targets, in words.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>How many workloads are there now; null where not all targets could be looked at.</summary>
    public int? Workloads { get; init; }

    /// <summary>When its changes may begin; always, where there is none.</summary>
    public IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>The days on which nothing begins.</summary>
    public IReadOnlyList<string> Blackouts { get; init; } = [];

    /// <summary>In which portions it is changed, in words.</summary>
    public string Portions { get; init; } = string.Empty;

    /// <summary>Its canary and its soak, in words; empty where it has neither.</summary>
    public IReadOnlyList<string> Waits { get; init; } = [];

    /// <summary>What its gates ask, in words.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];

    /// <summary>Whether a person has to approve before it begins.</summary>
    public bool Approval { get; init; }

    /// <summary>How long it takes at least: soaks and measurements, without the time that workloads need to become ready.</summary>
    public TimeSpan AtLeast { get; init; }

    /// <summary>What happens where it fails, in words.</summary>
    public string OnFailure { get; init; } = string.Empty;
}
