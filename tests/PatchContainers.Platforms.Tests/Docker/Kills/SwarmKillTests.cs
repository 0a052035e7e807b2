using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>Rollouts over two rings of a real swarm, with their journals in folders.</summary>
public sealed class SwarmKillTests : RolloutKills
{
    internal override KillWorld OpenWorld() => new SwarmKillWorld();
}
