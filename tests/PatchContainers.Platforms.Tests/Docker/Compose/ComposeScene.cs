using System.Text.Json;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Compose;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Compose;

/// <summary>A project that Debian's docker-compose started on the real engine; all of it goes with the test.</summary>
internal sealed class ComposeScene : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RealEngine _engine;
    private readonly DockerClient _client;
    private readonly SharedState _state;

    private ComposeScene(RealEngine engine, EngineImages images)
    {
        (_engine, Images, _client) = (engine, images, engine.Open());
        var state = new PatchState(_folder["state"]);
        History = new HistoryFile(state.History, TimeProvider.System);
        _state = SharedState.OfFolder(state, TimeProvider.System);
        Service = new RolloutService(_state.Journal, new QuarantineStore(_state.Quarantine, TimeProvider.System), History,
            target => new ComposeWorkloadSource(_client.Endpoint, target.Path, target.Project, YamlLimits.Default),
            [Open(_client)],
            _ => throw new NotSupportedException(), null, TimeProvider.System);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public EngineImages Images { get; }

    public HistoryFile History { get; }

    public RolloutService Service { get; }

    public NoticeList Notices { get; } = new();

    public string Project { get; } = $"t{Guid.NewGuid():N}"[..10];

    public string File => _folder["compose.yaml"];

    public DockerClient Client => _client;

    /// <summary>An orchestrator of its own, as another process has.</summary>
    public static ComposeOrchestrator Open(DockerClient client)
    {
        var docker = new DockerOrchestrator(_ => client, new ContainerPace(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.1)), TimeProvider.System);
        return new ComposeOrchestrator(new FileOrchestrator(YamlLimits.Default), docker, _ => client, YamlLimits.Default,
            new ComposePace(TimeSpan.FromSeconds(0.1), TimeSpan.FromMinutes(2)), TimeProvider.System);
    }

    public static async Task<ComposeScene> UpAsync(string text)
    {
        var engine = RealEngine.Require();
        ComposeProgram.Require();
        var scene = new ComposeScene(engine, await EngineImages.MakeAsync(engine));
        await System.IO.File.WriteAllTextAsync(scene.File, text.Replace("OLD", scene.Images.Old, StringComparison.Ordinal)
            .Replace("REGISTRY", engine.Image, StringComparison.Ordinal), Token);
        await scene.ComposeAsync("up", "-d");
        return scene;
    }

    /// <summary>Runs docker-compose.</summary>
    public Task<string> ComposeAsync(params string[] arguments) => ComposeProgram.RunAsync(_engine, Project, File, arguments);

    /// <summary>Plans the rollout of the old image's update to the project.</summary>
    public async Task<RolloutPlan> PlanAsync(string to, TimeSpan soak = default)
    {
        var plan = await TryPlanAsync(to, soak);
        Assert.Empty(plan.Refusals);
        return plan;
    }

    /// <summary>Plans the same, and says what it is refused for.</summary>
    public async Task<RolloutPlan> TryPlanAsync(string to, TimeSpan soak = default) =>
        await Service.PlanAsync(new RolloutRequest
        {
            Plan = new PatchPlan
            {
                Name = "shop",
                Path = _folder.Path,
                Rings =
                [
                    new PatchRing
                    {
                        Name = "staging",
                        Targets = [new RingTarget { Platform = RingTarget.Compose, Path = File, Context = _engine.Host, Project = Project }],
                        Timeout = TimeSpan.FromMinutes(2),
                        Soak = soak,
                    },
                ],
            },
            Updates = [Update(to)],
        }, Notices, Token);

    /// <summary>Rolls the old image's update out to the project.</summary>
    public async Task<PatchRollout> RunAsync(string to, TimeSpan soak = default) =>
        await Service.StartAsync(await PlanAsync(to, soak), new RolloutRunOptions(), Notices, Token);

    /// <summary>The project's containers, stopped ones too, each as the engine describes it.</summary>
    public async Task<IReadOnlyList<JsonElement>> AllContainersAsync()
    {
        var found = new List<JsonElement>();
        foreach (var listed in await AllAsync())
        {
            found.Add(await _client.Containers.InspectAsync(listed.Text("Id")!, Token));
        }

        return found;
    }

    /// <summary>The same by service, where each has one.</summary>
    public async Task<IReadOnlyDictionary<string, JsonElement>> ContainersAsync() => (await AllContainersAsync())
        .ToDictionary(c => c.Texts("Config", "Labels")["com.docker.compose.service"], StringComparer.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await ComposeAsync("down", "-v", "-t", "1");
        foreach (var container in await AllAsync())
        {
            await _client.Containers.RemoveAsync(container.Text("Id")!, true, true, CancellationToken.None);
        }

        History.Dispose();
        _state.Dispose();
        _client.Dispose();
        _folder.Dispose();
    }

    private BaseImageUpdate Update(string to) => new()
    {
        Image = Images.Old,
        Digest = $"sha256:{new string('0', 64)}",
        NewImage = to[..to.IndexOf('@', StringComparison.Ordinal)],
        NewDigest = to[(to.IndexOf('@', StringComparison.Ordinal) + 1)..],
        Status = UpdateStatus.Updated,
    };

    private Task<IReadOnlyList<JsonElement>> AllAsync() => _client.Containers.ListAsync(true,
        new Dictionary<string, IReadOnlyList<string>> { ["label"] = [$"com.docker.compose.project={Project}"] }, CancellationToken.None);
}
