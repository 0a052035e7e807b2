namespace PatchContainers.Rollout;

/// <summary>
/// Where updates go, in which order, and under which conditions: what a plan file says, or a command's parameters. It holds no secret.
/// </summary>
public sealed record PatchPlan
{
    /// <summary>
    /// What earlier rollouts of the same rings are found by, and what only one rollout has at a time: a plan file's <c>name</c>; empty
    /// where the rings are the folders of <see cref="Path"/>.
    /// </summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The folder that holds one folder a ring, where the rings are folders; otherwise the plan file's folder, or empty.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>The rings, in order.</summary>
    public required IReadOnlyList<PatchRing> Rings { get; init; }

    /// <summary>
    /// The order of all rings, where <see cref="Rings"/> names only some of them and their order cannot be told from earlier rollouts or
    /// from their names; empty otherwise.
    /// </summary>
    public IReadOnlyList<string> RingOrder { get; init; } = [];

    /// <summary>What a failed change or gate leads to.</summary>
    public FailureAction OnFailure { get; init; }

    /// <summary>What a gate or a platform that could not say leads to.</summary>
    public InconclusiveAction OnInconclusive { get; init; }

    /// <summary>How much a rollback puts back.</summary>
    public RollbackScope RollbackScope { get; init; }

    /// <summary>The plan of a folder that holds one folder a ring.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="rings">The rings to run, by their folders' names, in order.</param>
    /// <param name="gates">The gates that each of them has to pass.</param>
    public static PatchPlan OfFolders(string path, IEnumerable<string> rings, IReadOnlyList<RolloutGate> gates)
    {
        ArgumentNullException.ThrowIfNull(rings);
        return new PatchPlan
        {
            Path = path,
            Rings = [.. rings.Select(r => new PatchRing
            {
                Name = r,
                Targets = [new RingTarget { Path = System.IO.Path.Combine(path, r) }],
                Gates = [.. gates],
            })],
        };
    }
}
