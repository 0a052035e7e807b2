using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>Whole rollouts over containers of a real engine: plan, rings, journal, gates, rollback, quarantine.</summary>
public sealed class EngineRolloutTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly NoticeList _notices = new();
    private EngineScene _scene = null!;
    private HistoryFile _history = null!;
    private SharedState _state = null!;
    private Func<GateContext, Task<GateVerdict>> _gate = _ => Task.FromResult(GateVerdict.Passed);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _scene = await EngineScene.OpenAsync();
        var state = new PatchState(_folder.Path);
        _history = new HistoryFile(state.History, TimeProvider.System);
        _state = SharedState.OfFolder(state, TimeProvider.System);
        foreach (var (name, ring) in new[] { ("one", "staging"), ("two", "production"), ("three", "production") })
        {
            await _scene.StartAsync(name, $$"""
                {"Env": ["PASSWORD=very secret"], "Labels": {"ring": "PREFIX-{{ring}}"},
                 "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}, "NetworkMode": "bridge"} }
                """);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _history?.Dispose();
        _state?.Dispose();
        await (_scene?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    [Fact]
    public async Task Old_containers_are_kept_until_every_ring_has_passed_and_an_undo_brings_the_old_image_back_without_them()
    {
        var before = await IdsAsync();
        var kept = 0;
        _gate = async context =>
        {
            kept += context.Ring == "production" ? (await _scene.NamesAsync()).Count(n => n.Contains("-old-", StringComparison.Ordinal)) : 0;
            return GateVerdict.Passed;
        };
        var rollout = await RunAsync(_scene.Images.Good, r => r with { Batch = Portion.Parse("1") });
        Assert.Equal((RolloutStatus.Succeeded, ""), (rollout.Status, Unwell(rollout, ChangeStatus.Healthy)));
        Assert.All(rollout.Changes, c => Assert.StartsWith("No service for ", c.Detail, StringComparison.Ordinal));
        Assert.Equal(3, kept);
        Assert.Equal(["one", "three", "two"], await _scene.NamesAsync());
        Assert.Empty(before.Intersect(await IdsAsync()));

        var undone = await Service().UndoAsync(rollout.Id, RollbackScope.Rollout, _notices, Token);
        Assert.Equal((RolloutStatus.RolledBack, ""), (undone.Status, Unwell(undone, ChangeStatus.RolledBack)));
        Assert.Equal(["one", "three", "two"], await _scene.NamesAsync());
        Assert.All(await ImagesAsync(), image => Assert.Equal(_scene.Images.Old, image));
        Assert.True((await _history.VerifyAsync(HistoryHead.Parse(undone.HistoryHead), Token)).IsIntact);
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories),
            file => File.ReadAllText(file).Contains("very secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gate_that_fails_in_production_puts_both_rings_back_by_starting_what_was_kept_and_the_digest_is_quarantined()
    {
        var before = await IdsAsync();
        _gate = context => Task.FromResult(context.Ring == "production" ? GateVerdict.Failed : GateVerdict.Passed);
        var rollout = await RunAsync(_scene.Images.Good);
        Assert.Equal((RolloutStatus.RolledBack, ""), (rollout.Status, Unwell(rollout, ChangeStatus.RolledBack)));
        Assert.Equal(before, await IdsAsync());
        Assert.Equal(["one", "three", "two"], await _scene.NamesAsync());
        Assert.All(await RestartPoliciesAsync(), policy => Assert.Equal("unless-stopped", policy));

        var again = await Service().PlanAsync(Request(_scene.Images.Good, r => r), _notices, Token);
        Assert.NotEmpty(again.Refusals);
        Assert.All(again.Refusals, r => Assert.Equal(PatchErrorCode.NotPromotable, r.Code));
    }

    [Fact]
    public async Task An_unhealthy_image_does_not_get_beyond_staging()
    {
        var before = await IdsAsync();
        var rollout = await RunAsync(_scene.Images.Unhealthy);
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("its health check says unhealthy: no such table", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(before, await IdsAsync());
        Assert.Single((await Service().ListQuarantineAsync(Token)), q => q.Digest == DigestOf(_scene.Images.Unhealthy));
        Assert.Equal(["one", "three", "two"], await _scene.NamesAsync());
    }

    [Fact]
    public async Task A_ring_that_is_frozen_keeps_what_ran_before_for_an_undo()
    {
        var before = await IdsAsync();
        var rollout = await RunAsync(_scene.Images.Crashing, plan: p => p with { OnFailure = FailureAction.Freeze });
        Assert.Equal(RolloutStatus.Frozen, rollout.Status);
        Assert.Single(await _scene.NamesAsync(), n => n.Contains("-old-", StringComparison.Ordinal));
        Assert.Equal(RolloutStatus.RolledBack, (await Service().UndoAsync(rollout.Id, RollbackScope.Rollout, _notices, Token)).Status);
        Assert.Equal(before, await IdsAsync());
    }

    private static string DigestOf(string image) => image[(image.IndexOf('@', StringComparison.Ordinal) + 1)..];

    private static string Unwell(PatchRollout rollout, ChangeStatus status) =>
        string.Join(' ', rollout.Changes.Where(c => c.Status != status).Select(c => $"{c.Workload}: {c.Status} {c.Detail}"));

    private async Task<IReadOnlyList<string>> EachAsync(Func<System.Text.Json.JsonElement, string> read)
    {
        var values = new List<string>();
        foreach (var name in new[] { "one", "two", "three" })
        {
            values.Add(read(await _scene.InspectAsync(name)));
        }

        return values;
    }

    private Task<IReadOnlyList<string>> IdsAsync() => EachAsync(c => c.Id());

    private Task<IReadOnlyList<string>> ImagesAsync() => EachAsync(c => c.ImageName());

    private Task<IReadOnlyList<string>> RestartPoliciesAsync() => EachAsync(c => c.Text("HostConfig", "RestartPolicy", "Name")!);

    private RolloutService Service() => new(_state.Journal, new QuarantineStore(_state.Quarantine, TimeProvider.System), _history,
        target => new DockerWorkloadSource(_scene.Client.Endpoint, new DockerInventoryOptions { Selector = target.Selector }),
        [_scene.Orchestrator], _ => new FunctionGate(this), null, TimeProvider.System);

    private async Task<PatchRollout> RunAsync(string image, Func<PatchRing, PatchRing>? ring = null, Func<PatchPlan, PatchPlan>? plan = null)
    {
        var request = Request(image, ring ?? (r => r));
        request = request with { Plan = plan?.Invoke(request.Plan) ?? request.Plan };
        var service = Service();
        return await service.StartAsync(await service.PlanAsync(request, _notices, Token), new RolloutRunOptions(), _notices, Token);
    }

    private RolloutRequest Request(string image, Func<PatchRing, PatchRing> change) => new()
    {
        Plan = new PatchPlan { Name = "shop", Rings = [change(Ring("staging")), change(Ring("production"))] },
        Updates =
        [
            new BaseImageUpdate
            {
                Image = _scene.Images.Old,
                Digest = _scene.Images.OldDigest,
                NewImage = image[..image.IndexOf('@', StringComparison.Ordinal)],
                NewDigest = DigestOf(image),
                Status = UpdateStatus.Updated,
            },
        ],
    };

    private PatchRing Ring(string name) => new()
    {
        Name = name,
        Targets = [new RingTarget { Platform = RingTarget.Docker, Context = _scene.Engine.Host, Selector = $"ring={_scene.Prefix}-{name}" }],
        Timeout = TimeSpan.FromMinutes(2),
        Gates = [new RolloutGate("health", "function", new Dictionary<string, string>())],
    };

    private sealed class FunctionGate(EngineRolloutTests test) : IHealthGate
    {
        public string Name => "health";

        public async Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default) =>
            new() { Gate = Name, Verdict = await test._gate(context), Detail = "It was measured." };
    }
}
