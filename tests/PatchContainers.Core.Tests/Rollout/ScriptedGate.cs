using PatchContainers.Rollout;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>A gate that says what it was told to, ring by ring, and the last of it from then on.</summary>
internal sealed class ScriptedGate(string name, params GateVerdict[] verdicts) : IHealthGate
{
    public string Name => name;

    public List<(string Ring, IReadOnlyList<RolloutChange> Changes)> Asked { get; } = [];

    /// <summary>What a verdict other than Passed is about; empty for all of the ring.</summary>
    public IReadOnlyList<string> Blamed { get; set; } = [];

    /// <summary>Verdicts by ring, before those in order.</summary>
    public Dictionary<string, GateVerdict> ByRing { get; } = [];

    /// <summary>What happens while it measures.</summary>
    public Func<CancellationToken, Task>? Before { get; set; }

    public async Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default)
    {
        await (Before?.Invoke(cancellationToken) ?? Task.CompletedTask);
        Asked.Add((context.Ring, context.Changes));
        var verdict = ByRing.TryGetValue(context.Ring, out var byRing) ? byRing : verdicts[Math.Min(Asked.Count, verdicts.Length) - 1];
        return new GateResult { Gate = name, Verdict = verdict, Detail = $"{name} measured.",
            Digests = verdict == GateVerdict.Passed ? [] : Blamed };
    }
}
