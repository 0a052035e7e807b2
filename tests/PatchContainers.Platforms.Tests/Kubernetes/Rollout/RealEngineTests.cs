using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>
/// Whole rollouts on a real control plane: plan, rings, journal, gates, rollback, quarantine. Staging and production are two namespaces.
/// </summary>
public sealed class RealEngineTests : IAsyncLifetime
{
    private const string Old = RolloutScene.Old;

    private readonly TemporaryFolder _folder = new();
    private readonly Notices _notices = new();
    private RolloutScene _staging = null!;
    private RolloutScene _production = null!;
    private HistoryFile _history = null!;
    private SharedState _state = null!;
    private RolloutService _service = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _staging = await RolloutScene.OpenAsync();
        _production = await RolloutScene.OpenAsync();
        var state = new PatchState(_folder.Path);
        _history = new HistoryFile(state.History, TimeProvider.System);
        _state = SharedState.OfFolder(state, TimeProvider.System);
        _service = Service(null);
    }

    public async ValueTask DisposeAsync()
    {
        _history?.Dispose();
        _state?.Dispose();
        await (_staging?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_production?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_good_image_goes_through_staging_into_production_in_portions_behind_a_canary()
    {
        await CreateAsync(_staging, ("Deployment", "web", "replicas: 2, "), ("DaemonSet", "agent", ""));
        await CreateAsync(_production, ("Deployment", "web", "replicas: 4, "), ("StatefulSet", "db", "replicas: 2, "));
        var rollout = await RunAsync("1.1", Plan(production: r => r with { Batch = Portion.Parse("2"), Canary = Portion.Parse("1") }));

        Assert.Equal((RolloutStatus.Succeeded, ""), (rollout.Status, Unwell(rollout)));
        Assert.All(rollout.Changes, c => Assert.Equal((ChangeStatus.Healthy, true), (c.Status, c.Ran)));
        Assert.All(await _production.ImagesAsync("web"), image => Assert.Equal(RolloutScene.Pinned("1.1"), image));
        var strategy = (await _production.GetAsync("Deployment", "web")).GetProperty("spec").GetProperty("strategy").GetProperty("rollingUpdate");
        Assert.Equal(("25%", "25%"), (strategy.GetProperty("maxSurge").GetString(), strategy.GetProperty("maxUnavailable").GetString()));
        Assert.True((await _history.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), Token)).IsIntact);
    }

    [Fact]
    public async Task An_image_that_never_gets_ready_is_put_back_and_refused_the_next_night_although_production_was_not_touched()
    {
        await CreateAsync(_staging, ("Deployment", "web", "replicas: 2, "), ("StatefulSet", "db", "replicas: 2, "));
        await CreateAsync(_production, ("Deployment", "web", "replicas: 2, "));
        var before = (await _production.GetAsync("Deployment", "web")).GetProperty("metadata").GetProperty("generation").GetInt32();
        var rollout = await RunAsync("1.1-unready", Plan(staging: r => r with { Timeout = TimeSpan.FromSeconds(6) }));

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("is not ready", rollout.Reason, StringComparison.Ordinal);
        Assert.All(rollout.Changes.Where(c => c.Ring == "staging"), c => Assert.Equal(ChangeStatus.RolledBack, c.Status));
        foreach (var name in (string[])["web", "db"])
        {
            Assert.All(await _staging.ImagesAsync(name), image => Assert.Equal(Old, image));
        }

        Assert.Equal(before, (await _production.GetAsync("Deployment", "web")).GetProperty("metadata").GetProperty("generation").GetInt32());

        // Rebased again, it is the same digest under any tag.
        var again = await _service.PlanAsync(Request("1.1-unready", Plan()), _notices, Token);
        Assert.All(again.Refusals, r => Assert.Equal(PatchErrorCode.NotPromotable, r.Code));
        Assert.Contains(again.Refusals, r => r.Reason.Contains("is in quarantine", StringComparison.Ordinal));

        // Another digest that passes supersedes it.
        Assert.Equal(RolloutStatus.Succeeded, (await RunAsync("1.2", Plan())).Status);
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_put_back_and_not_quarantined()
    {
        await CreateAsync(_staging, ("Deployment", "web", "replicas: 2, "));
        var rollout = await RunAsync("1.1-bad", Plan());
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("cannot pull its image", rollout.Reason, StringComparison.Ordinal);
        Assert.Empty((await _service.PlanAsync(Request("1.1-bad", Plan()), _notices, Token)).Refusals);
    }

    [Fact]
    public async Task A_canary_that_crashes_stays_a_canary_and_goes()
    {
        await CreateAsync(_staging, ("Deployment", "web", "replicas: 4, "));
        var rollout = await RunAsync("1.1-crash", Plan(staging: r => r with { Canary = Portion.Parse("25%") }));
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.DoesNotContain(rollout.Steps, s => s.Action == "Promote");
        var images = await _staging.ImagesAsync("web");
        Assert.Equal(4, images.Count);
        Assert.All(images, image => Assert.Equal(Old, image));
    }

    [Fact]
    public async Task What_another_writer_changed_meanwhile_is_left_as_it_is()
    {
        await CreateAsync(_staging, ("Deployment", "web", "replicas: 1, "), ("Deployment", "api", "replicas: 1, "));
        var plan = await _service.PlanAsync(Request("1.1", Plan()), _notices, Token);
        await _staging.PatchAsync("Deployment", "web", "{spec: {template: {spec: {containers: [{name: app, image: 'registry.example/shop/web:hotfix'}]}}}}");
        var rollout = await _service.StartAsync(plan, new RolloutRunOptions(), _notices, Token);
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.All(await _staging.ImagesAsync("api"), image => Assert.Equal(Old, image));
        Assert.Contains("registry.example/shop/web:hotfix", await _staging.ImagesAsync("web"));
    }

    [Fact]
    public async Task What_ran_is_pinned_where_nobody_can_say_what_the_old_name_stands_for()
    {
        // No registry answers there.
        const string old = "127.0.0.1:1/shop/web:1.0";
        await _staging.CreateAsync("Deployment", "web", "replicas: 2, ", old);
        await _staging.CreateAsync("StatefulSet", "db", "replicas: 2, ", old);
        var request = Request("1.1-unready", Plan(staging: r => r with { Timeout = TimeSpan.FromSeconds(6) })) with { Rings = ["staging"] };
        request = request with { Updates = [request.Updates[0] with { Image = old, NewImage = "127.0.0.1:1/shop/web:1.1-unready" }] };
        var service = Service(new ImageStoreRouter(new ImageStoreOptions()));
        var rollout = await service.StartAsync(await service.PlanAsync(request, _notices, Token), new RolloutRunOptions(), _notices, Token);

        var pinned = $"{old}@{RolloutScene.DigestOf(old)}";
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("2 of them are pinned to the digest that ran", rollout.Reason, StringComparison.Ordinal);
        Assert.All(rollout.Changes, c => Assert.Equal(pinned, c.OldImage));
        foreach (var name in (string[])["web", "db"])
        {
            Assert.All(await _staging.ImagesAsync(name), image => Assert.Equal(pinned, image));
        }

        var cause = (await _staging.GetAsync("Deployment", "web")).Annotation("kubernetes.io/change-cause");
        Assert.Equal($"patchcontainers: app back to {pinned} (ring staging, rollout {rollout.Id})", cause);
    }

    [Fact]
    public async Task A_canary_that_is_stopped_is_put_back_and_its_strategy_too()
    {
        await CreateAsync(_staging, ("Deployment", "web", "replicas: 4, "), ("StatefulSet", "db", "replicas: 3, "));
        var plan = await _service.PlanAsync(
            Request("1.1", Plan(staging: r => r with { Canary = Portion.Parse("1"), CanarySoak = TimeSpan.FromHours(1) })) with { Rings = ["staging"] },
            _notices, Token);
        var paused = await _service.StartAsync(plan, new RolloutRunOptions { MaxDuration = TimeSpan.FromMinutes(5) }, _notices, Token);
        Assert.Equal(RolloutStatus.Paused, paused.Status);
        Assert.Single(await _staging.ImagesAsync("web"), image => image == RolloutScene.Pinned("1.1"));
        Assert.Single(await _staging.ImagesAsync("db"), image => image == RolloutScene.Pinned("1.1"));

        var stopped = await _service.StopAsync(paused.Id, "enough", _notices, Token);
        Assert.Equal(RolloutStatus.Stopped, stopped.Status);
        Assert.Contains("2 canaries were put back. 0 workloads were changed and stay so.", stopped.Reason, StringComparison.Ordinal);
        foreach (var (kind, name) in new[] { ("Deployment", "web"), ("StatefulSet", "db") })
        {
            Assert.All(await _staging.ImagesAsync(name), image => Assert.Equal(Old, image));
            var workload = await _staging.GetAsync(kind, name);
            Assert.Null(workload.Annotation(WorkloadState.Annotation));
            Assert.Null(workload.Number("spec", "minReadySeconds"));
            Assert.Equal(kind == "Deployment" ? 600L : null, workload.Number("spec", "progressDeadlineSeconds"));
        }
    }

    private RolloutService Service(IImageStore? images)
    {
        var config = KubeConfig.Read([ControlPlane.Kubeconfig("admin")]);
        return new RolloutService(_state.Journal, new QuarantineStore(_state.Quarantine, TimeProvider.System), _history,
            target => new KubernetesWorkloadSource(config, new KubernetesInventoryOptions
            {
                Namespaces = target.Namespaces,
                Selector = target.Selector,
                Kinds = RingTarget.ChangeableKinds,
            }),
            [new KubernetesOrchestrator(_ => _staging.Admin, TimeProvider.System)], _ => throw new NotSupportedException(), images,
            TimeProvider.System);
    }

    private static string Unwell(PatchRollout rollout) =>
        string.Join(' ', rollout.Changes.Where(c => c.Status != ChangeStatus.Healthy).Select(c => $"{c.Workload}: {c.Detail}"));

    private static async Task CreateAsync(RolloutScene scene, params (string Kind, string Name, string Spec)[] workloads)
    {
        foreach (var (kind, name, spec) in workloads)
        {
            await scene.CreateAsync(kind, name, spec);
        }
    }

    private PatchPlan Plan(Func<PatchRing, PatchRing>? staging = null, Func<PatchRing, PatchRing>? production = null)
    {
        return new PatchPlan
        {
            Name = "shop",
            Rings = [Ring("staging", _staging, staging), Ring("production", _production, production)],
        };

        static PatchRing Ring(string name, RolloutScene scene, Func<PatchRing, PatchRing>? change)
        {
            var ring = new PatchRing { Name = name, Targets = [new RingTarget { Namespaces = [scene.Namespace] }], Timeout = TimeSpan.FromMinutes(1) };
            return change is null ? ring : change(ring);
        }
    }

    private static RolloutRequest Request(string tag, PatchPlan plan) => new()
    {
        Plan = plan,
        Updates =
        [
            new BaseImageUpdate
            {
                Image = Old,
                Digest = RolloutScene.DigestOf("1.0"),
                NewImage = $"registry.example/shop/web:{tag}",
                NewDigest = RolloutScene.DigestOf(tag),
                Status = UpdateStatus.Updated,
            },
        ],
        Rings = plan.Rings.Where(r => r.Name == "staging" || tag is "1.1" or "1.2" or "1.1-unready").Select(r => r.Name).ToArray(),
    };

    private async Task<PatchRollout> RunAsync(string tag, PatchPlan plan) => await _service.StartAsync(
        await _service.PlanAsync(Request(tag, plan), _notices, Token), new RolloutRunOptions(), _notices, Token);

    private sealed class Notices : IProgress<PatchNotice>
    {
        public void Report(PatchNotice value)
        {
        }
    }
}
