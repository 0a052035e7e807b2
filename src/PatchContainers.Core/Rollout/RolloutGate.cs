namespace PatchContainers.Rollout;

/// <summary>A gate as a plan has it: data, so that a rollout resumed by another process asks the same gates.</summary>
/// <param name="Name">The gate's name, unique in a plan.</param>
/// <param name="Kind">What measures: one of <see cref="GateFactory.Kinds"/>.</param>
/// <param name="Settings">What the kind needs to know; never a secret.</param>
public sealed record RolloutGate(string Name, string Kind, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Whether it has to measure before the ring's first change; set when the rollout is planned.</summary>
    public bool HasBaseline { get; init; }
}
