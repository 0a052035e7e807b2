using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

/// <summary>Changes of services in a real swarm, and what becomes of them.</summary>
public sealed class RealSwarmUpdateTests : IAsyncLifetime
{
    private SwarmScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await SwarmScene.OpenAsync();

    public ValueTask DisposeAsync() => _scene?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("stop-first")]
    [InlineData("start-first")]
    public async Task A_good_image_runs_everywhere_in_batches_and_goes_back_to_exactly_what_was_there(string order)
    {
        await _scene.CreateAsync("web", 3, $$"""{"Parallelism": 2, "Order": "{{order}}", "Monitor": 1000000000, "MaxFailureRatio": 0.15}""");
        var before = await _scene.SpecAsync("web");
        var change = await _scene.ApplyAsync(_scene.Change("web", "1.1"));
        Assert.Equal([new RanImage(_scene.Images.DigestOf("1.0"), true)], _scene.Orchestrator.RanBefore(change));
        var ready = await _scene.AwaitAsync(change);

        Assert.Equal((ChangeStatus.Healthy, true, "All 3 tasks run."), (ready.Status, ready.Ran, ready.Detail));
        Assert.Equal(["1.1", "1.1", "1.1"], await _scene.RunningAsync("web"));
        Assert.Equal("completed", (await _scene.GetAsync("web")).UpdateState());
        Assert.Equal($"patchcontainers: to {_scene.Images.Pinned("1.1")} (ring staging, rollout 20260101-000000-0000)",
            (await _scene.GetAsync("web")).Texts("Spec", "Labels")[SwarmEdit.OurChange]);

        // Again finds that it is done, and writes nothing.
        var version = (await _scene.GetAsync("web")).Number("Version", "Index");
        Assert.Equal("It held the new image already.", (await _scene.Orchestrator.ApplyAsync(change, SwarmScene.Token)).Detail);
        Assert.Equal(version, (await _scene.GetAsync("web")).Number("Version", "Index"));

        await _scene.RevertAsync(change);
        Assert.Equal(before, await _scene.SpecAsync("web"));
        Assert.Equal("rollback_completed", (await _scene.GetAsync("web")).UpdateState());
        Assert.Equal(["1.0", "1.0", "1.0"], await _scene.RunningAsync("web"));
    }

    [Theory]
    [InlineData("crash", "ended with exit code 3", true)]
    [InlineData("unhealthy", "unhealthy container", true)]
    [InlineData("late", "one whose health check fails may end so, too", true)]
    [InlineData("noexec", "cannot be started: starting container failed", false)]
    [InlineData("gone", "cannot be made: No such image", false)]
    public async Task An_image_that_fails_pauses_the_update_and_only_what_ran_speaks_against_it(string tag, string why, bool ran)
    {
        await _scene.CreateAsync("web", 1, """{"Parallelism": 1, "FailureAction": "pause", "Monitor": 15000000000}""");
        var change = await _scene.ApplyAsync(_scene.Change("web", tag));
        var failed = await _scene.AwaitAsync(change);

        Assert.Equal((ChangeStatus.Failed, ran), (failed.Status, failed.Ran));
        Assert.Contains("Swarm gave the update up (paused): update paused due to failure or early termination of task", failed.Detail,
            StringComparison.Ordinal);
        Assert.Contains(why, failed.Detail, StringComparison.Ordinal);
        await _scene.RevertAsync(change);
        Assert.Equal(["1.0"], await _scene.RunningAsync("web"));
    }

    [Theory]
    [InlineData("crash", true)]
    [InlineData("gone", false)]
    public async Task What_Swarm_took_back_itself_has_failed_and_is_not_written_again(string tag, bool ran)
    {
        await _scene.CreateAsync("web", 2, """{"Parallelism": 1, "FailureAction": "rollback", "Monitor": 10000000000}""");
        var before = await _scene.SpecAsync("web");
        var change = await _scene.ApplyAsync(_scene.Change("web", tag));
        var failed = await _scene.AwaitAsync(change);

        Assert.Equal((ChangeStatus.Failed, ran), (failed.Status, failed.Ran));
        Assert.Contains("Swarm itself went back", failed.Detail, StringComparison.Ordinal);
        Assert.Contains("update rolled back due to failure", failed.Detail, StringComparison.Ordinal);
        await _scene.RevertAsync(change);
        Assert.Equal("rollback_completed", (await _scene.GetAsync("web")).UpdateState());
        Assert.Equal(before, await _scene.SpecAsync("web"));
        Assert.Null((await _scene.GetAsync("web")).At("PreviousSpec"));
    }

    [Theory]
    [InlineData("crash", "ends again and again", true)]
    [InlineData("gone", "cannot be made: No such image", false)]
    public async Task What_Swarm_would_try_for_ever_fails_early(string tag, string why, bool ran)
    {
        await _scene.CreateAsync("web", 1, """{"Parallelism": 1, "FailureAction": "continue", "Monitor": 1000000000}""");
        var change = await _scene.ApplyAsync(_scene.Change("web", tag));
        var failed = await _scene.AwaitAsync(change, seconds: 180);
        Assert.Equal((ChangeStatus.Failed, ran), (failed.Status, failed.Ran));
        Assert.Contains(why, failed.Detail, StringComparison.Ordinal);
        Assert.False((await _scene.GetAsync("web")).IsPaused());

        await _scene.RevertAsync(change);
        Assert.Equal(["1.0"], await _scene.RunningAsync("web"));

        // What failed before says nothing of the next try.
        change = await _scene.ApplyAsync(_scene.Change("web", tag));
        Assert.Equal(ChangeStatus.Applied, (await _scene.AwaitAsync(change, seconds: 0)).Status);
    }

    [Fact]
    public async Task A_task_that_Swarm_starts_no_more_has_failed_at_once()
    {
        await _scene.CreateAsync("web", 1, """{"Parallelism": 1, "FailureAction": "continue", "Monitor": 1000000000}""",
            spec => spec["TaskTemplate"]!["RestartPolicy"] = new JsonObject { ["Condition"] = "none" });
        var change = await _scene.ApplyAsync(_scene.Change("web", "crash"));
        var failed = await _scene.AwaitAsync(change);
        Assert.Equal((ChangeStatus.Failed, true), (failed.Status, failed.Ran));
        Assert.Contains("Swarm starts no other one in its place", failed.Detail, StringComparison.Ordinal);
        await _scene.RevertAsync(change);
    }

    [Fact]
    public async Task A_container_that_never_gets_healthy_in_time_ran_and_one_without_a_node_did_not()
    {
        await _scene.CreateAsync("web", 1, """{"Parallelism": 1, "FailureAction": "continue", "Monitor": 1000000000}""",
            spec => spec["TaskTemplate"]!["ContainerSpec"]!["HealthCheck"] = new JsonObject
            {
                ["Test"] = new JsonArray("CMD", "true"),
                ["Interval"] = 1_000_000_000L,
                ["StartPeriod"] = 0,
            });
        await _scene.CreateAsync("far", 1);

        // Its first look at the health comes after ten minutes.
        var slow = await _scene.ApplyAsync(_scene.Change("web", "1.1"));
        await _scene.EditAsync("web", spec => spec["TaskTemplate"]!["ContainerSpec"]!["Healthcheck"]!["Interval"] = 600_000_000_000L);
        var waits = await _scene.AwaitAsync(slow, seconds: 8);
        Assert.Equal((ChangeStatus.Applied, true), (waits.Status, waits.Ran));
        Assert.Contains("its health check has not said yes", waits.Detail, StringComparison.Ordinal);

        var far = await _scene.ApplyAsync(_scene.Change("far", "1.1"));
        await _scene.EditAsync("far", spec => spec["TaskTemplate"]!["Placement"] = new JsonObject
        {
            ["Constraints"] = new JsonArray("node.labels.nothing==nothing"),
        });
        waits = await _scene.AwaitAsync(far, seconds: 4);
        Assert.Equal((ChangeStatus.Applied, false), (waits.Status, waits.Ran));
        Assert.Contains("has no node: no suitable node", waits.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_global_service_is_updated_on_each_node_and_cannot_be_held_on_one()
    {
        await _scene.CreateAsync("agent", -1);
        var refused = Assert.Single(await _scene.Orchestrator.CheckAsync(
            [_scene.Change("agent", "1.1", new RolloutChangeOptions { Canary = "1" })], SwarmScene.Token));
        Assert.Equal(ChangeStatus.Refused, refused.Status);
        Assert.Contains("runs on one node", refused.Detail, StringComparison.Ordinal);

        var change = await _scene.ApplyAsync(_scene.Change("agent", "1.1"));
        Assert.Equal((ChangeStatus.Healthy, true), await StatusAsync(change));
        await _scene.RevertAsync(change);
        Assert.Equal(["1.0"], await _scene.RunningAsync("agent"));
    }

    [Fact]
    public async Task A_service_without_replicas_is_ready_and_shows_nothing()
    {
        await _scene.CreateAsync("web", 0);
        var change = await _scene.ApplyAsync(_scene.Change("web", "crash", new RolloutChangeOptions { Canary = "1" }));
        Assert.Equal((ChangeStatus.Healthy, false), await StatusAsync(change, AwaitedState.Canary));
        Assert.Equal(ChangeStatus.Applied, (await _scene.Orchestrator.PromoteAsync(change, SwarmScene.Token)).Status);
        Assert.Equal((ChangeStatus.Healthy, false), await StatusAsync(change));
        await _scene.RevertAsync(change);
    }

    [Fact]
    public async Task What_an_owner_set_besides_stays_as_it_is()
    {
        await _scene.CreateAsync("web", 2, """{"Parallelism": 0, "Delay": 1000000, "Monitor": 1000000000}""", spec =>
        {
            var container = spec["TaskTemplate"]!["ContainerSpec"]!;
            container["Env"] = new JsonArray("A=b");
            container["Mounts"] = new JsonArray(new JsonObject { ["Type"] = "tmpfs", ["Target"] = "/scratch" });
            container["Labels"] = new JsonObject { ["own"] = "1" };
            container["CapabilityAdd"] = new JsonArray("CAP_NET_RAW");
            spec["TaskTemplate"]!["ForceUpdate"] = 7;
            spec["TaskTemplate"]!["Resources"] = JsonNode.Parse("""{"Limits": {"MemoryBytes": 100000000}}""");
            spec["EndpointSpec"] = new JsonObject { ["Mode"] = "dnsrr" };
        });
        var before = await _scene.SpecAsync("web");
        var change = await _scene.ApplyAsync(_scene.Change("web", "1.1", new RolloutChangeOptions { Canary = "1" }));
        Assert.Equal((ChangeStatus.Healthy, true), await StatusAsync(change, AwaitedState.Canary));
        Assert.Equal(ChangeStatus.Applied, (await _scene.Orchestrator.PromoteAsync(change, SwarmScene.Token)).Status);
        Assert.Equal((ChangeStatus.Healthy, true), await StatusAsync(change));
        Assert.Equal(ChangeStatus.Healthy, (await _scene.Orchestrator.FinishAsync(change, SwarmScene.Token)).Status);
        Assert.Equal(before.Replace(_scene.Images.Pinned("1.0"), _scene.Images.Pinned("1.1"), StringComparison.Ordinal), await _scene.SpecAsync("web"));
        await _scene.RevertAsync(change);
        Assert.Equal(before, await _scene.SpecAsync("web"));
    }

    private async Task<(ChangeStatus Status, bool Ran)> StatusAsync(RolloutChange change, AwaitedState state = AwaitedState.New)
    {
        var seen = await _scene.AwaitAsync(change, state);
        return (seen.Status, seen.Ran);
    }
}
