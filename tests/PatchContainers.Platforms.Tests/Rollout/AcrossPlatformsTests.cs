using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Platforms.Tests.Kubernetes;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Rollout;

/// <summary>One rollout over two real platforms: staging is a container of an engine, production a Deployment of a cluster.</summary>
public sealed class AcrossPlatformsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private EngineScene _engine = null!;
    private RolloutScene _cluster = null!;
    private HistoryFile _history = null!;
    private SharedState _state = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _engine = await EngineScene.OpenAsync();
        _cluster = await RolloutScene.OpenAsync();
        var state = new PatchState(_folder.Path);
        _history = new HistoryFile(state.History, TimeProvider.System);
        _state = SharedState.OfFolder(state, TimeProvider.System);
        await _engine.StartAsync("web", """{"Labels": {"stage": "PREFIX"}}""");
        await _cluster.CreateAsync("Deployment", "web", "replicas: 2, ", _engine.Images.Old);
    }

    public async ValueTask DisposeAsync()
    {
        _history?.Dispose();
        _state?.Dispose();
        await (_engine?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_digest_that_was_well_in_an_engine_enters_the_cluster()
    {
        var rollout = await RunAsync(_engine.Images.Good);
        Assert.True(rollout.Status == RolloutStatus.Succeeded, $"{rollout.Status}: {rollout.Reason}");
        Assert.Equal(_engine.Images.Good, (await _engine.InspectAsync()).Text("Config", "Image"));
        Assert.Equal([_engine.Images.Good, _engine.Images.Good], await _cluster.ImagesAsync("web"));
        Assert.Equal(["staging", "production"], rollout.Rings.Select(r => r.Name));
        Assert.Equal(["web"], await _engine.NamesAsync());
    }

    [Fact]
    public async Task One_that_was_not_never_touches_it_and_is_refused_there_the_next_night()
    {
        var rollout = await RunAsync(_engine.Images.Crashing);
        Assert.True(rollout.Status == RolloutStatus.RolledBack, $"{rollout.Status}: {rollout.Reason}");
        Assert.Equal(_engine.Images.Old, (await _engine.InspectAsync()).Text("Config", "Image"));
        Assert.Equal([_engine.Images.Old, _engine.Images.Old], await _cluster.ImagesAsync("web"));
        Assert.Equal(1, (await _cluster.GetAsync("Deployment", "web")).GetProperty("metadata").GetProperty("generation").GetInt32());
        var plan = await Service().PlanAsync(Request(_engine.Images.Crashing), new NoticeList(), Token);
        Assert.Contains(plan.Refusals, r => r.Reason.Contains("quarantine", StringComparison.Ordinal));
    }

    private async Task<PatchRollout> RunAsync(string to)
    {
        var service = Service();
        var plan = await service.PlanAsync(Request(to), new NoticeList(), Token);
        Assert.Empty(plan.Refusals);
        return await service.StartAsync(plan, new RolloutRunOptions(), new NoticeList(), Token);
    }

    private RolloutService Service()
    {
        var config = KubeConfig.Read([ControlPlane.Kubeconfig("admin")]);
        return new RolloutService(_state.Journal, new QuarantineStore(_state.Quarantine, TimeProvider.System), _history,
            IWorkloadSource (target) => target.Platform == RingTarget.Docker
                ? new DockerWorkloadSource(_engine.Client.Endpoint, new DockerInventoryOptions { Selector = target.Selector })
                : new KubernetesWorkloadSource(config, new KubernetesInventoryOptions { Namespaces = target.Namespaces, Kinds = ["Deployment"] }),
            [_engine.Orchestrator, _cluster.Orchestrator], _ => throw new NotSupportedException(), null, TimeProvider.System);
    }

    private RolloutRequest Request(string to) => new()
    {
        Plan = new PatchPlan
        {
            Name = "shop",
            Rings =
            [
                new PatchRing
                {
                    Name = "staging",
                    Targets = [new RingTarget { Platform = RingTarget.Docker, Context = _engine.Engine.Host, Selector = $"stage={_engine.Prefix}" }],
                    Timeout = TimeSpan.FromMinutes(2),
                },
                new PatchRing
                {
                    Name = "production",
                    Targets = [new RingTarget { Namespaces = [_cluster.Namespace] }],
                    Timeout = TimeSpan.FromMinutes(2),
                },
            ],
        },
        Updates =
        [
            new BaseImageUpdate
            {
                Image = _engine.Images.Old,
                Digest = $"sha256:{new string('0', 64)}",
                NewImage = to[..to.IndexOf('@', StringComparison.Ordinal)],
                NewDigest = to[(to.IndexOf('@', StringComparison.Ordinal) + 1)..],
                Status = UpdateStatus.Updated,
            },
        ],
    };
}
