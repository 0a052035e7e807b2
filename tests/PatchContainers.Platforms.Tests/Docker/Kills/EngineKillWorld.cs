using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Tests.Rollout.Kills;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>Rollouts on the containers of a real engine.</summary>
/// <param name="scenarios">The rollouts.</param>
/// <param name="atATime">How many run at a time.</param>
/// <param name="open">Opens what makes their containers.</param>
/// <param name="apart">The engine; null for the one that all tests use.</param>
internal sealed class EngineKillWorld(IReadOnlyList<KillScenario> scenarios, int atATime, Func<EngineScene, Task<EngineKillScene>> open,
    EngineApart? apart = null) : KillWorld(apart)
{
    private EngineImages? _images;

    public override IReadOnlyList<KillScenario> Scenarios => scenarios;

    public override int AtATime => atATime;

    protected override async Task<KillSpec> CompleteAsync(KillSpec spec)
    {
        _images ??= await EngineImages.MakeAsync(RealEngine.Require());
        var image = (spec.Scenario.Fails ? _images.Unhealthy : _images.Plain).Split('@');
        return spec with { Images = [new KillImage(_images.Old, _images.OldDigest, image[0], image[1])] };
    }

    protected override async Task<KillScene> OpenSceneAsync() => await open(await EngineScene.OpenAsync(engine: Apart?.Engine));
}
