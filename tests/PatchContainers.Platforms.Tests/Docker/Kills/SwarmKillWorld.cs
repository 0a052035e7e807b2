using System.Text.Json.Nodes;
using PatchContainers.Platforms.Tests.Docker.Swarm;
using PatchContainers.Platforms.Tests.Rollout.Kills;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Kills;

/// <summary>Rollouts on the services of a real swarm.</summary>
/// <param name="apart">The engine; null for the one that all tests use.</param>
internal sealed class SwarmKillWorld(EngineApart? apart = null) : KillWorld(apart)
{
    private SwarmImages? _images;

    public override IReadOnlyList<KillScenario> Scenarios { get; } = [new(KillPlatform.Swarm, false), new(KillPlatform.Swarm, true)];

    // Four containers each, and as many again while they are replaced.
    public override int AtATime => 16;

    protected override async Task<KillSpec> CompleteAsync(KillSpec spec)
    {
        _images ??= await SwarmImages.MakeAsync(RealEngine.Require());
        return spec with { Images = [Image("1.0", "1.1"), Image("1.2", spec.Scenario.Fails ? "crash" : "1.3")] };
    }

    protected override async Task<KillScene> OpenSceneAsync() => new SwarmKillScene(await SwarmScene.OpenAsync(Apart?.Engine));

    private KillImage Image(string old, string now) => new(_images!.Tagged(old), _images.DigestOf(old), _images.Tagged(now), _images.DigestOf(now));
}

/// <summary>The services of some runs, each with labels that say its run and its ring.</summary>
internal sealed class SwarmKillScene(SwarmScene scene) : KillScene
{
    private readonly List<(string Name, string Tag)> _services = [];

    // Other processes may run the same tests in the same swarm.
    public override string Staging => $"staging-{scene.Suffix}";

    public override string Production => $"production-{scene.Suffix}";

    /// <summary>In staging a service of two replicas, and one that runs whatever the image; in production a service.</summary>
    public override async Task CreateAsync(KillSpec spec)
    {
        await MakeAsync("db", Staging, 2, "1.0");
        await MakeAsync("api", Staging, 1, "1.2", s => s["TaskTemplate"]!["ContainerSpec"]!["Command"] = new JsonArray("sleep", "infinity"));
        await MakeAsync("api", Production, 1, "1.2");

        async Task MakeAsync(string name, string ring, int replicas, string tag, Action<JsonObject>? edit = null)
        {
            name = $"{name}-{ring[0]}-{spec.Name}";
            await scene.MakeAsync(name, replicas, """{"Parallelism": 1, "Monitor": 3000000000}""", s =>
            {
                scene.Image(s, tag);
                (s["Labels"]!["run"], s["Labels"]!["ring"]) = (spec.Name, ring);
                edit?.Invoke(s);
            });
            _services.Add((name, tag));
        }
    }

    /// <inheritdoc/>
    public override async Task ReadyAsync()
    {
        foreach (var (name, tag) in _services)
        {
            var ready = await scene.Orchestrator.AwaitAsync(scene.Change(name, tag), AwaitedState.New, TimeSpan.FromMinutes(5), SwarmScene.Token);
            Assert.Equal((ChangeStatus.Healthy, name), (ready.Status, name));
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<string>> PlatformAsync(KillRun run, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var (name, _) in _services.Where(s => s.Name.EndsWith($"-{run.Spec.Name}", StringComparison.Ordinal)))
        {
            var spec = JsonObject.Create((await scene.GetAsync(name)).GetProperty("Spec"))!;
            lines.Add($"{name} {string.Join(',', await scene.RunningAsync(name))} {spec.ToJsonString()}");
        }

        return lines;
    }

    public override ValueTask DisposeAsync() => scene.DisposeAsync();

    /// <inheritdoc/>
    protected override string WithoutOwn(string text) => text.Replace(scene.Suffix, "SCENE", StringComparison.Ordinal);
}
