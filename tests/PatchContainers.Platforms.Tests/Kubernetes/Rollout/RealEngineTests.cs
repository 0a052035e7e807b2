using PatchContainers.History;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using PatchContainers.Stores;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>
/// Whole rollouts on a real control plane: plan, rings, journal, gates, rollback, quarantine. Staging and production are two namespaces.
/// </summary>
public sealed class RealEngineTests : IAsyncLifetime
{
    private const string Old = RolloutScene.Old;

    private ClusterScene _engine = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await ClusterScene.OpenAsync();

    public ValueTask DisposeAsync() => _engine?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_good_image_goes_through_staging_into_production_in_portions_behind_a_canary()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 2, "), ("DaemonSet", "agent", ""));
        await ClusterScene.CreateAsync(_engine.Production, ("Deployment", "web", "replicas: 4, "), ("StatefulSet", "db", "replicas: 2, "));
        var rollout = await _engine.RunAsync("1.1", _engine.Plan(production: r => r with { Batch = Portion.Parse("2"), Canary = Portion.Parse("1") }));

        Assert.Equal((RolloutStatus.Succeeded, ""), (rollout.Status, ClusterScene.Unwell(rollout)));
        Assert.All(rollout.Changes, c => Assert.Equal((ChangeStatus.Healthy, true), (c.Status, c.Ran)));
        Assert.All(await _engine.Production.ImagesAsync("web"), image => Assert.Equal(RolloutScene.Pinned("1.1"), image));
        var strategy = (await _engine.Production.GetAsync("Deployment", "web")).GetProperty("spec").GetProperty("strategy").GetProperty("rollingUpdate");
        Assert.Equal(("25%", "25%"), (strategy.GetProperty("maxSurge").GetString(), strategy.GetProperty("maxUnavailable").GetString()));
        Assert.True((await _engine.History.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), Token)).IsIntact);
    }

    [Fact]
    public async Task An_image_that_never_gets_ready_is_put_back_and_refused_the_next_night_although_production_was_not_touched()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 2, "), ("StatefulSet", "db", "replicas: 2, "));
        await ClusterScene.CreateAsync(_engine.Production, ("Deployment", "web", "replicas: 2, "));
        var before = (await _engine.Production.GetAsync("Deployment", "web")).GetProperty("metadata").GetProperty("generation").GetInt32();
        var rollout = await _engine.RunAsync("1.1-unready", _engine.Plan(staging: r => r with { Timeout = TimeSpan.FromSeconds(20) }));

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("is not ready", rollout.Reason, StringComparison.Ordinal);
        Assert.All(rollout.Changes.Where(c => c.Ring == "staging"), c => Assert.Equal(ChangeStatus.RolledBack, c.Status));
        foreach (var name in (string[])["web", "db"])
        {
            Assert.All(await _engine.Staging.ImagesAsync(name), image => Assert.Equal(Old, image));
        }

        Assert.Equal(before, (await _engine.Production.GetAsync("Deployment", "web")).GetProperty("metadata").GetProperty("generation").GetInt32());

        // Rebased again, it is the same digest under any tag.
        var again = await _engine.Service.PlanAsync(ClusterScene.Request("1.1-unready", _engine.Plan()), _engine.Notices, Token);
        Assert.All(again.Refusals, r => Assert.Equal(PatchErrorCode.NotPromotable, r.Code));
        Assert.Contains(again.Refusals, r => r.Reason.Contains("is in quarantine", StringComparison.Ordinal));

        // Another digest that passes supersedes it.
        Assert.Equal(RolloutStatus.Succeeded, (await _engine.RunAsync("1.2", _engine.Plan())).Status);
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_put_back_and_not_quarantined()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 2, "));
        var rollout = await _engine.RunAsync("1.1-bad", _engine.Plan());
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("cannot pull its image", rollout.Reason, StringComparison.Ordinal);
        Assert.Empty((await _engine.Service.PlanAsync(ClusterScene.Request("1.1-bad", _engine.Plan()), _engine.Notices, Token)).Refusals);
    }

    [Fact]
    public async Task A_canary_that_crashes_stays_a_canary_and_goes()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 4, "));
        var rollout = await _engine.RunAsync("1.1-crash", _engine.Plan(staging: r => r with { Canary = Portion.Parse("25%") }));
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.DoesNotContain(rollout.Steps, s => s.Action == "Promote");
        var images = await _engine.Staging.ImagesAsync("web");
        Assert.Equal(4, images.Count);
        Assert.All(images, image => Assert.Equal(Old, image));
    }

    [Fact]
    public async Task What_another_writer_changed_meanwhile_is_left_as_it_is()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 1, "), ("Deployment", "api", "replicas: 1, "));
        var plan = await _engine.Service.PlanAsync(ClusterScene.Request("1.1", _engine.Plan()), _engine.Notices, Token);
        await _engine.Staging.PatchAsync("Deployment", "web", "{spec: {template: {spec: {containers: [{name: app, image: 'registry.example/shop/web:hotfix'}]}}}}");
        var rollout = await _engine.Service.StartAsync(plan, new RolloutRunOptions(), _engine.Notices, Token);
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.All(await _engine.Staging.ImagesAsync("api"), image => Assert.Equal(Old, image));
        Assert.Contains("registry.example/shop/web:hotfix", await _engine.Staging.ImagesAsync("web"));
    }

    [Fact]
    public async Task What_ran_is_pinned_where_nobody_can_say_what_the_old_name_stands_for()
    {
        // No registry answers there.
        const string old = "127.0.0.1:1/shop/web:1.0";
        await _engine.Staging.CreateAsync("Deployment", "web", "replicas: 2, ", old);
        await _engine.Staging.CreateAsync("StatefulSet", "db", "replicas: 2, ", old);
        var request = ClusterScene.Request("1.1-unready", _engine.Plan(staging: r => r with { Timeout = TimeSpan.FromSeconds(20) })) with { Rings = ["staging"] };
        request = request with { Updates = [request.Updates[0] with { Image = old, NewImage = "127.0.0.1:1/shop/web:1.1-unready" }] };
        var service = _engine.Open(new ImageStoreRouter(new ImageStoreOptions()));
        var rollout = await service.StartAsync(await service.PlanAsync(request, _engine.Notices, Token), new RolloutRunOptions(), _engine.Notices, Token);

        var pinned = $"{old}@{RolloutScene.DigestOf(old)}";
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("2 of them are pinned to the digest that ran", rollout.Reason, StringComparison.Ordinal);
        Assert.All(rollout.Changes, c => Assert.Equal(pinned, c.OldImage));
        foreach (var name in (string[])["web", "db"])
        {
            Assert.All(await _engine.Staging.ImagesAsync(name), image => Assert.Equal(pinned, image));
        }

        var cause = (await _engine.Staging.GetAsync("Deployment", "web")).Annotation("kubernetes.io/change-cause");
        Assert.Equal($"patchcontainers: app back to {pinned} (ring staging, rollout {rollout.Id})", cause);
    }

    [Fact]
    public async Task A_canary_that_is_stopped_is_put_back_and_its_strategy_too()
    {
        await ClusterScene.CreateAsync(_engine.Staging, ("Deployment", "web", "replicas: 4, "), ("StatefulSet", "db", "replicas: 3, "));
        var plan = await _engine.Service.PlanAsync(
            ClusterScene.Request("1.1", _engine.Plan(staging: r => r with { Canary = Portion.Parse("1"), CanarySoak = TimeSpan.FromHours(1) })) with { Rings = ["staging"] },
            _engine.Notices, Token);
        var paused = await _engine.Service.StartAsync(plan, new RolloutRunOptions { MaxDuration = TimeSpan.FromMinutes(5) }, _engine.Notices, Token);
        Assert.Equal(RolloutStatus.Paused, paused.Status);
        Assert.Single(await _engine.Staging.ImagesAsync("web"), image => image == RolloutScene.Pinned("1.1"));
        Assert.Single(await _engine.Staging.ImagesAsync("db"), image => image == RolloutScene.Pinned("1.1"));

        var stopped = await _engine.Service.StopAsync(paused.Id, "enough", _engine.Notices, Token);
        Assert.Equal(RolloutStatus.Stopped, stopped.Status);
        Assert.Contains("2 canaries were put back. 0 workloads were changed and stay so.", stopped.Reason, StringComparison.Ordinal);
        foreach (var (kind, name) in new[] { ("Deployment", "web"), ("StatefulSet", "db") })
        {
            Assert.All(await _engine.Staging.ImagesAsync(name), image => Assert.Equal(Old, image));
            var workload = await _engine.Staging.GetAsync(kind, name);
            Assert.Null(workload.Annotation(WorkloadState.Annotation));
            Assert.Null(workload.Number("spec", "minReadySeconds"));
            Assert.Equal(kind == "Deployment" ? 600L : null, workload.Number("spec", "progressDeadlineSeconds"));
        }
    }
}
