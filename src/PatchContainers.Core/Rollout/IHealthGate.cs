namespace PatchContainers.Rollout;

/// <summary>Says whether a ring may be passed.</summary>
public interface IHealthGate
{
    /// <summary>The gate's name, unique in a plan.</summary>
    string Name { get; }

    /// <summary>
    /// Measures and says. What cannot be measured is <see cref="GateVerdict.Inconclusive"/>, never Passed; a <see cref="PatchException"/>
    /// counts as that. It may be asked again after a crash.
    /// </summary>
    /// <param name="ring">The ring.</param>
    /// <param name="changes">The ring's changes as they stand: those that hold their new image.</param>
    /// <param name="cancellationToken">Cancels the measuring.</param>
    Task<GateResult> EvaluateAsync(string ring, IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default);
}
