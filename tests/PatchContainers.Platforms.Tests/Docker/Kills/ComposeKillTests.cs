using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>Rollouts over Compose projects on a real engine, in two rings.</summary>
public sealed class ComposeKillTests : RolloutKills
{
    internal override KillWorld OpenWorld() => new EngineKillWorld(
        [new(KillPlatform.Compose, false), new(KillPlatform.Compose, true)], 8, ComposeKillScene.OpenAsync);
}
