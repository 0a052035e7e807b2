namespace PatchContainers.Rollout;

/// <summary>Says whether a ring may be passed.</summary>
public interface IHealthGate
{
    /// <summary>The gate's name, unique in a plan.</summary>
    string Name { get; }

    /// <summary>Whether it compares with how things were before the ring's first change: only then is a baseline measured.</summary>
    bool ComparesWithBaseline => false;

    /// <summary>
    /// Measures how things are before the ring's first change. It is asked once, and the text is kept in the journal: it comes back in
    /// <see cref="GateContext.Baseline"/>, to another process perhaps. Never a secret.
    /// </summary>
    /// <param name="ring">The ring.</param>
    /// <param name="changes">The changes that the ring is about to make.</param>
    /// <param name="cancellationToken">Cancels the measuring.</param>
    /// <returns>What the gate wants to know again; null where it compares nothing, or could not measure.</returns>
    Task<string?> MeasureBaselineAsync(string ring, IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default) =>
        Task.FromResult<string?>(null);

    /// <summary>
    /// Measures and says. What cannot be measured is <see cref="GateVerdict.Inconclusive"/>, never Passed; a <see cref="PatchException"/>
    /// counts as that. It may be asked again after a crash.
    /// </summary>
    /// <param name="context">The ring, its changes, and what was measured before them.</param>
    /// <param name="cancellationToken">Cancels the measuring.</param>
    Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default);
}
