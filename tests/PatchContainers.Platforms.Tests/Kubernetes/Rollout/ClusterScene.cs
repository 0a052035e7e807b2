using PatchContainers.History;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>Two namespaces of a real control plane as two rings, and whole rollouts over them, with their journal in a folder.</summary>
internal sealed class ClusterScene : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SharedState _state;

    private ClusterScene(RolloutScene staging, RolloutScene production)
    {
        (Staging, Production) = (staging, production);
        var state = new PatchState(_folder.Path);
        History = new HistoryFile(state.History, TimeProvider.System);
        _state = SharedState.OfFolder(state, TimeProvider.System);
        Service = Open(null);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RolloutScene Staging { get; }

    public RolloutScene Production { get; }

    public HistoryFile History { get; }

    public RolloutService Service { get; }

    public IProgress<PatchNotice> Notices { get; } = new NoticeList();

    public static async Task<ClusterScene> OpenAsync() => new(await RolloutScene.OpenAsync(), await RolloutScene.OpenAsync());

    /// <summary>A service that asks these images what names stand for, and changes workloads by this client.</summary>
    public RolloutService Open(IImageStore? images, KubernetesClient? client = null)
    {
        var config = KubeConfig.Read([ControlPlane.Kubeconfig("admin")]);
        return new RolloutService(_state.Journal, new QuarantineStore(_state.Quarantine, TimeProvider.System), History,
            target => new KubernetesWorkloadSource(config, new KubernetesInventoryOptions
            {
                Namespaces = target.Namespaces,
                Selector = target.Selector,
                Kinds = RingTarget.ChangeableKinds,
            }),
            [new KubernetesOrchestrator(_ => client ?? Staging.Admin, TimeProvider.System)], _ => throw new NotSupportedException(), images,
            TimeProvider.System);
    }

    public static string Unwell(PatchRollout rollout) =>
        string.Join(' ', rollout.Changes.Where(c => c.Status != ChangeStatus.Healthy).Select(c => $"{c.Workload}: {c.Detail}"));

    public static async Task CreateAsync(RolloutScene scene, params (string Kind, string Name, string Spec)[] workloads)
    {
        foreach (var (kind, name, spec) in workloads)
        {
            await scene.CreateAsync(kind, name, spec);
        }
    }

    public PatchPlan Plan(Func<PatchRing, PatchRing>? staging = null, Func<PatchRing, PatchRing>? production = null)
    {
        return new PatchPlan
        {
            Name = "shop",
            Rings = [Ring("staging", Staging, staging), Ring("production", Production, production)],
        };

        static PatchRing Ring(string name, RolloutScene scene, Func<PatchRing, PatchRing>? change)
        {
            var target = new RingTarget { Namespaces = [scene.Namespace] };
            var ring = new PatchRing { Name = name, Targets = [target], Timeout = TimeSpan.FromMinutes(1) };
            return change is null ? ring : change(ring);
        }
    }

    public static RolloutRequest Request(string tag, PatchPlan plan) => new()
    {
        Plan = plan,
        Updates =
        [
            new BaseImageUpdate
            {
                Image = RolloutScene.Old,
                Digest = RolloutScene.DigestOf("1.0"),
                NewImage = $"registry.example/shop/web:{tag}",
                NewDigest = RolloutScene.DigestOf(tag),
                Status = UpdateStatus.Updated,
            },
        ],
        Rings = plan.Rings.Where(r => r.Name == "staging" || tag is "1.1" or "1.2" or "1.1-unready").Select(r => r.Name).ToArray(),
    };

    public Task<PatchRollout> RunAsync(string tag, PatchPlan plan) => RunAsync(Service, tag, plan);

    public async Task<PatchRollout> RunAsync(RolloutService service, string tag, PatchPlan plan) => await service.StartAsync(
        await service.PlanAsync(Request(tag, plan), Notices, Token), new RolloutRunOptions(), Notices, Token);

    /// <summary>Waits until the rollout that runs has come to a step, or has ended.</summary>
    public async Task ReachAsync(Task running, Func<RolloutStep, bool> isThere)
    {
        while (!running.IsCompleted && !await Service.ListAsync(Notices, Token).AnyAsync(r => r.Steps.Any(isThere), Token))
        {
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        History.Dispose();
        _state.Dispose();
        await Staging.DisposeAsync();
        await Production.DisposeAsync();
        _folder.Dispose();
    }
}
