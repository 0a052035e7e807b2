using PatchContainers.History;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

/// <summary>Whole rollouts on a real swarm: plan, rings, journal, gates, rollback, quarantine. Rings are told apart by labels.</summary>
public sealed class RealSwarmRolloutTests : IAsyncLifetime
{
    private const string Quick = """{"Parallelism": 1, "Monitor": 1000000000}""";

    private readonly TemporaryFolder _folder = new();
    private readonly Gate _gate = new();
    private SwarmScene _scene = null!;
    private HistoryFile _history = null!;
    private SharedState _state = null!;
    private RolloutService _service = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _scene = await SwarmScene.OpenAsync();
        var state = new PatchState(_folder.Path);
        _history = new HistoryFile(state.History, TimeProvider.System);
        _state = SharedState.OfFolder(state, TimeProvider.System);
        _service = new RolloutService(_state.Journal, new QuarantineStore(_state.Quarantine, TimeProvider.System), _history,
            target => new SwarmWorkloadSource(_scene.Client.Endpoint, new PatchContainers.Inventory.DockerInventoryOptions { Selector = target.Selector }),
            [_scene.Orchestrator], _ => _gate, new ImageStoreRouter(new ImageStoreOptions()), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _history?.Dispose();
        _state?.Dispose();
        _folder.Dispose();
        await (_scene?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task A_good_image_goes_through_staging_into_production_behind_a_canary_and_a_gate()
    {
        await CreateAsync(("web", "staging", 1), ("web2", "production", 3), ("agent", "production", 1));
        var before = await _scene.SpecAsync("web2");
        var rollout = await RunAsync("1.1", Plan(
            staging: r => r with { Targets = [r.Targets[0] with { Update = new SwarmUpdate { Parallelism = 0, Order = SwarmOrder.StartFirst } }] },
            production: r => r with { Canary = Portion.Parse("1"), Batch = Portion.Parse("1") }));

        Assert.True(rollout.Status == RolloutStatus.Succeeded, rollout.Reason);
        Assert.All(rollout.Changes, c => Assert.Equal((ChangeStatus.Healthy, true), (c.Status, c.Ran)));
        Assert.Equal(["1.1", "1.1", "1.1"], await _scene.RunningAsync("web2"));
        Assert.Equal(before.Replace(_scene.Images.Pinned("1.0"), _scene.Images.Pinned("1.1"), StringComparison.Ordinal), await _scene.SpecAsync("web2"));

        // What the plan set for its own update is the owner's again.
        Assert.Equal("stop-first", (await _scene.GetAsync("web")).Text("Spec", "UpdateConfig", "Order"));
        Assert.Equal(3, rollout.Steps.Count(s => s.Action == "Finish"));
        Assert.True((await _history.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), Token)).IsIntact);

        var undone = await _service.UndoAsync(rollout.Id, RollbackScope.Rollout, new NoticeList(), Token);
        Assert.True(undone.Status == RolloutStatus.RolledBack, undone.Reason);
        Assert.Equal(before, await _scene.SpecAsync("web2"));
    }

    [Theory]
    [InlineData("unhealthy", "pause")]
    [InlineData("crash", "rollback")]
    public async Task A_bad_image_is_put_back_and_refused_the_next_night(string tag, string action)
    {
        await CreateAsync(("web", "staging", 2, $$"""{"Parallelism": 1, "FailureAction": "{{action}}", "Monitor": 10000000000}"""), ("web2", "production", 1, Quick));
        var version = (await _scene.GetAsync("web2")).Number("Version", "Index");
        var rollout = await RunAsync(tag, Plan());

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("due to failure or early termination", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(["1.0", "1.0"], await _scene.RunningAsync("web"));
        Assert.Equal(version, (await _scene.GetAsync("web2")).Number("Version", "Index"));
        var again = await _service.PlanAsync(Request(tag, Plan()), new NoticeList(), Token);
        Assert.Contains(again.Refusals, r => r.Code == PatchErrorCode.NotPromotable && r.Reason.Contains("is in quarantine", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_image_is_put_back_and_not_quarantined()
    {
        await CreateAsync(("web", "staging", 1));
        var rollout = await RunAsync("gone", Plan());
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("No such image", rollout.Reason, StringComparison.Ordinal);
        Assert.Empty((await _service.PlanAsync(Request("gone", Plan()), new NoticeList(), Token)).Refusals);
    }

    [Fact]
    public async Task A_gate_that_fails_puts_both_rings_back_and_quarantines()
    {
        await CreateAsync(("web", "staging", 1), ("web2", "production", 3));
        var before = await _scene.SpecAsync("web2");
        _gate.Fails = "production";
        var rollout = await RunAsync("1.1", Plan(production: r => r with { Canary = Portion.Parse("1") }));
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.DoesNotContain(rollout.Steps, s => s is { Action: "Promote" });
        Assert.All(rollout.Changes, c => Assert.Equal(ChangeStatus.RolledBack, c.Status));
        Assert.Equal(before, await _scene.SpecAsync("web2"));
        Assert.Equal(["1.0"], await _scene.RunningAsync("web"));
        Assert.NotEmpty((await _service.PlanAsync(Request("1.1", Plan()), new NoticeList(), Token)).Refusals);
    }

    [Fact]
    public async Task What_is_scaled_to_zero_everywhere_in_the_first_ring_waits_for_a_person()
    {
        await CreateAsync(("web", "staging", 0));
        var rollout = await RunAsync("1.1", Plan());
        Assert.Equal(RolloutStatus.Paused, rollout.Status);
        Assert.Contains("nothing was seen to run", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(RolloutStatus.RolledBack, (await _service.UndoAsync(rollout.Id, RollbackScope.Rollout, new NoticeList(), Token)).Status);
    }

    private Task CreateAsync(params (string Name, string Ring, int Replicas)[] services) =>
        CreateAsync([.. services.Select(s => (s.Name, s.Ring, s.Replicas, Quick))]);

    private async Task CreateAsync(params (string Name, string Ring, int Replicas, string Update)[] services)
    {
        foreach (var (name, ring, replicas, update) in services)
        {
            await _scene.CreateAsync(name, replicas, update, spec => spec["Labels"]!["ring"] = ring);
        }
    }

    private PatchPlan Plan(Func<PatchRing, PatchRing>? staging = null, Func<PatchRing, PatchRing>? production = null)
    {
        return new PatchPlan { Name = "shop", Rings = [Ring("staging", staging), Ring("production", production)] };

        PatchRing Ring(string name, Func<PatchRing, PatchRing>? change)
        {
            var ring = new PatchRing
            {
                Name = name,
                Targets = [new RingTarget { Platform = RingTarget.Swarm, Context = _scene.Engine.Host, Selector = $"test={_scene.Label},ring={name}" }],
                Timeout = TimeSpan.FromMinutes(3),
                Gates = [new RolloutGate("health", "test", new Dictionary<string, string>())],
            };
            return change is null ? ring : change(ring);
        }
    }

    private RolloutRequest Request(string tag, PatchPlan plan) => new()
    {
        Plan = plan,
        Updates =
        [
            new BaseImageUpdate
            {
                Image = _scene.Images.Tagged("1.0"),
                Digest = _scene.Images.DigestOf("1.0"),
                NewImage = _scene.Images.Tagged(tag),
                NewDigest = _scene.Images.DigestOf(tag),
                Status = UpdateStatus.Updated,
            },
        ],
        Rings = tag == "gone" ? ["staging"] : ["staging", "production"],
    };

    private async Task<PatchRollout> RunAsync(string tag, PatchPlan plan) => await _service.StartAsync(
        await _service.PlanAsync(Request(tag, plan), new NoticeList(), Token), new RolloutRunOptions(), new NoticeList(), Token);

    private sealed class Gate : IHealthGate
    {
        public string Fails { get; set; } = string.Empty;

        public string Name => "health";

        public Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default) => Task.FromResult(new GateResult
        {
            Gate = Name,
            Verdict = context.Ring == Fails ? GateVerdict.Failed : GateVerdict.Passed,
        });
    }
}
