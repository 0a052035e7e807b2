using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>Rollouts over containers of a real engine, in two rings; one is undone after its success, without the old ones.</summary>
public sealed class DockerKillTests : RolloutKills
{
    internal override KillWorld OpenWorld() => new EngineKillWorld(
        [new(KillPlatform.Docker, false), new(KillPlatform.Docker, true), new(KillPlatform.Docker, false, Undone: true)], 18,
        DockerKillScene.OpenAsync);
}
