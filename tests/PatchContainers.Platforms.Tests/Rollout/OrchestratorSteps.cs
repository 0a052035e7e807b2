using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Rollout;

/// <summary>What a rollout asks of a platform before it waits, each answer as it has to be.</summary>
internal static class OrchestratorSteps
{
    /// <summary>Checks and prepares a change.</summary>
    public static async Task<RolloutChange> CheckAndPrepareAsync(this IOrchestrator orchestrator, RolloutChange change, CancellationToken token)
    {
        var seen = Assert.Single(await orchestrator.CheckAsync([change], token));
        Assert.Equal((ChangeStatus.Planned, ""), (seen.Status, seen.Detail));
        return change with { Before = await orchestrator.PrepareAsync(change, token) ?? string.Empty };
    }

    /// <summary>Checks, prepares and makes a change.</summary>
    public static async Task<RolloutChange> BeginAsync(this IOrchestrator orchestrator, RolloutChange change, CancellationToken token)
    {
        change = await orchestrator.CheckAndPrepareAsync(change, token);
        var applied = await orchestrator.ApplyAsync(change, token);
        Assert.Equal((ChangeStatus.Applied, ""), (applied.Status, applied.Detail));
        return change;
    }
}
