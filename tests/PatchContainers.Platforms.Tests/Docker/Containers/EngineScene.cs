using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Tests.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>Containers, networks and volumes of one test on the real engine; all go with it.</summary>
internal sealed class EngineScene : IAsyncDisposable
{
    private static readonly ContainerPace Pace = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.1));

    private readonly List<string> _networks = [];
    private readonly List<string> _volumes = [];

    private EngineScene(RealEngine engine, EngineImages images, DescriptionRecorder? recorder)
    {
        (Engine, Images) = (engine, images);
        Client = engine.Open(recorder);
        Orchestrator = Open(Client);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public RealEngine Engine { get; }

    public EngineImages Images { get; }

    public DockerClient Client { get; }

    public DockerOrchestrator Orchestrator { get; }

    /// <summary>What all names of this test begin with.</summary>
    public string Prefix { get; } = $"t{Guid.NewGuid():N}"[..10];

    /// <summary>The rollout that the changes belong to.</summary>
    public string Rollout => Prefix + "-rollout";

    /// <summary>Opens one.</summary>
    /// <param name="recorder">Records its requests; null for none.</param>
    /// <param name="engine">The engine, which has no image yet; null for the one that all tests use.</param>
    public static async Task<EngineScene> OpenAsync(DescriptionRecorder? recorder = null, RealEngine? engine = null)
    {
        var images = await EngineImages.MakeAsync(RealEngine.Require());
        var scene = new EngineScene(engine ?? RealEngine.Require(), images, recorder);
        if (engine is not null)
        {
            await scene.DockerAsync("pull", "-q", images.Old);
        }

        return scene;
    }

    public static DockerOrchestrator Open(DockerClient client) => new(_ => client, Pace, TimeProvider.System);

    public string Name(string name = "web") => $"{Prefix}-{name}";

    /// <summary>Makes a container and starts it; returns its id. PREFIX in its body is <see cref="Prefix"/>.</summary>
    public async Task<string> StartAsync(string name = "web", string body = "{}", string? image = null, bool start = true)
    {
        var configuration = JsonNode.Parse(body.Replace("PREFIX", Prefix, StringComparison.Ordinal))!.AsObject();
        configuration["Image"] ??= image ?? Images.Old;
        var id = await Client.Containers.CreateAsync(Name(name), configuration, null, Token);
        if (start)
        {
            await Client.Containers.StartAsync(id, Token);
        }

        return id;
    }

    /// <summary>Runs the engine's own client.</summary>
    public Task<string> DockerAsync(params string[] arguments) => EngineImages.RunAsync(Engine, null, null, arguments);

    /// <summary>Makes a network.</summary>
    /// <param name="name">Its name in the test.</param>
    /// <param name="subnet">Its addresses; null for some that are free.</param>
    public async Task NetworkAsync(string name, string? subnet = null)
    {
        _networks.Add(Name(name));
        await DockerAsync(["network", "create", .. subnet is null ? Array.Empty<string>() : ["--subnet", subnet], Name(name)]);
    }

    public async Task VolumeAsync(string name)
    {
        _volumes.Add(Name(name));
        await DockerAsync("volume", "create", Name(name));
    }

    public RolloutChange Change(string to, string name = "web", RolloutChangeOptions? options = null, string? from = null) => new()
    {
        Workload = new DockerWorkloadId(DockerWorkloadId.Docker, Engine.Host, Name(name)).ToString(),
        Platform = DockerWorkloadId.Docker,
        Ring = "staging",
        Rollout = Rollout,
        OldImage = from ?? Images.Old,
        NewImage = to,
        NewDigest = to[(to.IndexOf('@', StringComparison.Ordinal) + 1)..],
        Options = options ?? new RolloutChangeOptions(),
    };

    /// <summary>Checks and prepares a change, as a rollout does.</summary>
    public Task<RolloutChange> PrepareAsync(RolloutChange change) => Orchestrator.CheckAndPrepareAsync(change, Token);

    /// <summary>Checks, prepares, makes and observes a change.</summary>
    public async Task<RolloutChange> BringAsync(RolloutChange change, int seconds = 120) =>
        await AwaitAsync(await Orchestrator.BeginAsync(change, Token) with { Status = ChangeStatus.Applied }, seconds);

    /// <summary>Observes a change that was made.</summary>
    public Task<RolloutChange> AwaitAsync(RolloutChange change, int seconds = 120) =>
        Orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.FromSeconds(seconds), Token);

    /// <summary>Puts a change back, and waits for the old version.</summary>
    public async Task<RolloutChange> RevertAsync(RolloutChange change)
    {
        var reverted = await Orchestrator.RevertAsync(change, Token);
        return reverted.Status != ChangeStatus.Applied ? reverted
            : await Orchestrator.AwaitAsync(reverted, AwaitedState.Old, TimeSpan.FromMinutes(2), Token);
    }

    public Task<JsonElement> InspectAsync(string name = "web") => Client.Containers.InspectAsync(Name(name), Token);

    /// <summary>The names of all containers of this test, without its prefix.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync() => [.. (await AllAsync()).Select(NameOf).Order(StringComparer.Ordinal)];

    /// <summary>The name of a listed container in the test, without its prefix.</summary>
    public string NameOf(JsonElement listed) => listed.ListedName()[(Prefix.Length + 1)..];

    /// <summary>All containers of this test, stopped ones too, as the engine lists them.</summary>
    public Task<IReadOnlyList<JsonElement>> AllAsync() => Client.Containers.ListAsync(true,
        new Dictionary<string, IReadOnlyList<string>> { ["name"] = [$"^/{Prefix}-"] }, CancellationToken.None);

    public async Task<string> ExecAsync(string name, string command)
    {
        var result = await Client.Containers.ExecAsync(Name(name), ["sh", "-c", command], Token);
        Assert.True(result.ExitCode == 0, result.Output);
        return result.Output.Trim();
    }

    public async ValueTask DisposeAsync()
    {
        var mounts = new List<string>();
        foreach (var container in await AllAsync())
        {
            mounts.AddRange(container.Items("Mounts").Where(m => m.Text("Type") == "volume").Select(m => m.Text("Name")!));
            await Client.Containers.RemoveAsync(container.Id(), true, true, CancellationToken.None);
        }

        foreach (var network in _networks)
        {
            await DockerAsync("network", "rm", network);
        }

        foreach (var volume in mounts.Concat(_volumes).Distinct())
        {
            await DockerAsync("volume", "rm", "-f", volume);
        }

        Client.Dispose();
    }
}
