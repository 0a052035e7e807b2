using PatchContainers.Rollout;

namespace PatchContainers.Health;

/// <summary>What one measurement said.</summary>
/// <param name="Verdict">How it came out.</param>
/// <param name="Detail">What was measured, in one sentence.</param>
internal sealed record Measurement(GateVerdict Verdict, string Detail)
{
    /// <summary>The new digests that a verdict other than Passed is about; empty for all of the ring.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];
}
