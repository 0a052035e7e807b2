using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Platforms.Tests.Rollout;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

/// <summary>
/// Services of a test's own in the real swarm, and an orchestrator. They publish nothing, and are taken away at the end, when every request
/// and answer is held against the published description.
/// </summary>
internal sealed class SwarmScene : IAsyncDisposable
{
    private readonly DescriptionRecorder? _recorder;
    private readonly List<string> _services = [];

    private SwarmScene(RealEngine engine, DescriptionRecorder? recorder, SwarmImages images, DockerClient client)
    {
        (Engine, _recorder, Images, Client) = (engine, recorder, images, client);
        Orchestrator = new SwarmOrchestrator(_ => Client, TimeProvider.System);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public RealEngine Engine { get; }

    public SwarmImages Images { get; }

    public DockerClient Client { get; }

    public IOrchestrator Orchestrator { get; }

    /// <summary>What ends all names of its services.</summary>
    public string Suffix { get; } = Guid.NewGuid().ToString("N")[..10];

    /// <summary>A label that all of the test's services have.</summary>
    public string Label => $"test-{Suffix}";

    /// <summary>Opens one.</summary>
    /// <param name="apart">The engine; null for the one that all tests use.</param>
    public static async Task<SwarmScene> OpenAsync(RealEngine? apart = null)
    {
        var images = await SwarmImages.MakeAsync(RealEngine.Require());
        var recorder = EngineDescriptions.Versions.Count == 0 ? null : RealClientTests.Recorder();
        var engine = apart ?? RealEngine.Require();
        return new SwarmScene(engine, recorder, images, engine.Open(recorder));
    }

    /// <summary>A service's name in the swarm.</summary>
    public string Name(string name) => $"{name}-{Suffix}";

    /// <summary>Makes a service of the image 1.0, and waits until it runs.</summary>
    /// <param name="name">Its name in the test.</param>
    /// <param name="replicas">How many replicas; less than 0 for a global service.</param>
    /// <param name="update">Its UpdateConfig; null for one that watches for a second.</param>
    /// <param name="edit">Changes its specification besides.</param>
    public async Task CreateAsync(string name, int replicas = 1, string? update = null, Action<JsonObject>? edit = null)
    {
        await MakeAsync(name, replicas, update, edit);
        var ready = await Orchestrator.AwaitAsync(Change(name, "1.0"), AwaitedState.New, TimeSpan.FromMinutes(2), Token);
        Assert.True(ready.Status == ChangeStatus.Healthy, ready.Detail);
    }

    /// <summary>Makes a service.</summary>
    public async Task MakeAsync(string name, int replicas = 1, string? update = null, Action<JsonObject>? edit = null)
    {
        var spec = new JsonObject
        {
            ["Name"] = Name(name),
            ["Labels"] = new JsonObject { ["test"] = Label, ["name"] = name },
            ["TaskTemplate"] = new JsonObject
            {
                ["ContainerSpec"] = new JsonObject { ["Image"] = Images.Pinned("1.0"), ["StopGracePeriod"] = 1_000_000_000L },
                ["RestartPolicy"] = new JsonObject { ["Condition"] = "any", ["Delay"] = 500_000_000L },
            },
            ["Mode"] = replicas < 0 ? new JsonObject { ["Global"] = new JsonObject() }
                : new JsonObject { ["Replicated"] = new JsonObject { ["Replicas"] = replicas } },
            ["UpdateConfig"] = JsonNode.Parse(update ?? """{"Parallelism": 1, "Monitor": 1000000000}"""),
            ["RollbackConfig"] = JsonNode.Parse("""{"Parallelism": 0, "Monitor": 1000000000}"""),
        };
        edit?.Invoke(spec);
        _services.Add(await Client.Swarm.CreateServiceAsync(spec, string.Empty, Token));
    }

    public RolloutChange Change(string name, string tag, RolloutChangeOptions? options = null, string from = "1.0", string? to = null) => new()
    {
        Workload = new DockerWorkloadId(DockerWorkloadId.Swarm, Engine.Host, Name(name)).ToString(),
        Platform = DockerWorkloadId.Swarm,
        Ring = "staging",
        Rollout = "20260101-000000-0000",
        OldImage = Images.Pinned(from),
        NewImage = to ?? Images.Pinned(tag),
        OldDigest = Images.DigestOf(from),
        NewDigest = Images.DigestOf(tag),
        Options = options ?? new RolloutChangeOptions(),
    };

    /// <summary>Checks, prepares and applies, as a rollout does.</summary>
    public Task<RolloutChange> ApplyAsync(RolloutChange change) => Orchestrator.BeginAsync(change, Token);

    public Task<RolloutChange> AwaitAsync(RolloutChange change, AwaitedState state = AwaitedState.New, int seconds = 90) =>
        Orchestrator.AwaitAsync(change, state, TimeSpan.FromSeconds(seconds), Token);

    /// <summary>Puts a change back, and waits until the old version runs.</summary>
    public async Task RevertAsync(RolloutChange change)
    {
        var reverted = await Orchestrator.RevertAsync(change, Token);
        Assert.Equal((ChangeStatus.Applied, ""), (reverted.Status, reverted.Detail));
        var ready = await AwaitAsync(change, AwaitedState.Old);
        Assert.True(ready.Status == ChangeStatus.Healthy, ready.Detail);
    }

    public Task<JsonElement> GetAsync(string name) => Client.Swarm.ServiceAsync(Name(name), Token);

    /// <summary>The service's specification, without what this product notes there.</summary>
    public async Task<string> SpecAsync(string name)
    {
        var spec = JsonObject.Create((await GetAsync(name)).GetProperty("Spec"))!;
        (spec["Labels"] as JsonObject)?.Remove(SwarmEdit.OurChange);
        return spec.ToJsonString();
    }

    /// <summary>The tags of the running tasks, in the order of their slots.</summary>
    public async Task<IReadOnlyList<string>> RunningAsync(string name) =>
        [.. (await TasksAsync(name)).Where(t => t.IsRunning()).OrderBy(t => t.Place(), StringComparer.Ordinal)
            .Select(t => t.ImageOfTask().Split('@')[0].Split(':')[^1])];

    public Task<IReadOnlyList<JsonElement>> TasksAsync(string name) => Client.Swarm.TasksAsync(
        new Dictionary<string, IReadOnlyList<string>> { ["service"] = [Name(name)] }, Token);

    /// <summary>Writes the service as somebody else would.</summary>
    public async Task EditAsync(string name, Action<JsonObject> edit)
    {
        for (;;)
        {
            var service = await GetAsync(name);
            var spec = JsonObject.Create(service.GetProperty("Spec"))!;
            edit(spec);
            try
            {
                await Client.Swarm.UpdateServiceAsync(service.Word("ID"), service.Number("Version", "Index")!.Value, spec, string.Empty, Token);
                return;
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.Conflict)
            {
                // The manager wrote it meanwhile.
            }
        }
    }

    public void Image(JsonObject spec, string tag) => spec["TaskTemplate"]!["ContainerSpec"]!["Image"] = Images.Pinned(tag);

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
        {
            try
            {
                await Client.Swarm.RemoveServiceAsync(service, CancellationToken.None);
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
            {
                // The test took it away.
            }
        }

        Client.Dispose();
        if (_recorder is not null)
        {
            RealClientTests.Expect(_recorder, 0);
        }
    }
}
