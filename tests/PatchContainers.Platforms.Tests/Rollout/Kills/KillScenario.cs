namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>Where the workloads of a rollout are.</summary>
internal enum KillPlatform
{
    Kubernetes,
    Files,
    Swarm,
    Docker,
    Compose,
}

/// <summary>A rollout and where its journal is.</summary>
/// <param name="Platform">Where its workloads are.</param>
/// <param name="Fails">Whether production fails, and everything is put back.</param>
/// <param name="InCluster">Whether the journal is in the cluster, and not in a folder.</param>
/// <param name="Undone">Whether it is undone after its success.</param>
internal sealed record KillScenario(KillPlatform Platform, bool Fails, bool InCluster = false, bool Undone = false)
{
    /// <summary>How it ends.</summary>
    public PatchContainers.Rollout.RolloutStatus End => Fails || Undone
        ? PatchContainers.Rollout.RolloutStatus.RolledBack : PatchContainers.Rollout.RolloutStatus.Succeeded;
}

/// <summary>Where a rollout is to stand still.</summary>
/// <param name="Scenario">The rollout.</param>
/// <param name="At">At which thing that it does.</param>
/// <param name="Before">Whether right before, and not right after.</param>
internal sealed record KillPoint(KillScenario Scenario, int At, bool Before);
