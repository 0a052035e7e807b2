using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

/// <summary>Canaries in a real swarm: held, promoted, put back.</summary>
public sealed class RealSwarmCanaryTests : IAsyncLifetime
{
    private static readonly RolloutChangeOptions s_one = new() { Canary = "1" };

    private SwarmScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await SwarmScene.OpenAsync();

    public ValueTask DisposeAsync() => _scene?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("pause", "stop-first")]
    [InlineData("rollback", "start-first")]
    [InlineData("continue", "stop-first")]
    public async Task A_canary_is_held_goes_on_to_all_without_being_made_anew_and_leaves_nothing_behind(string action, string order)
    {
        await _scene.CreateAsync("web", 3, $$"""
            {"Parallelism": 2, "FailureAction": "{{action}}", "Order": "{{order}}", "Monitor": 1000000000, "MaxFailureRatio": 0.3}
            """);
        var before = await _scene.SpecAsync("web");
        var change = await _scene.ApplyAsync(_scene.Change("web", "1.1", s_one));
        var canary = await _scene.AwaitAsync(change, AwaitedState.Canary);
        Assert.Equal((ChangeStatus.Healthy, true), (canary.Status, canary.Ran));
        Assert.Single(await _scene.RunningAsync("web"), tag => tag == "1.1");
        var first = Assert.Single(await _scene.TasksAsync("web"), t => t.IsRunning() && t.ImageOfTask() == change.NewImage).Text("ID");

        // Held: the new version is not everywhere, and never will be by itself.
        var held = await _scene.AwaitAsync(change, seconds: 3);
        Assert.Equal((ChangeStatus.Applied, "It is held as a canary."), (held.Status, held.Detail.Split(" Task")[0]));
        Assert.Equal(2, (await _scene.RunningAsync("web")).Count(tag => tag == "1.0"));

        Assert.Equal(ChangeStatus.Applied, (await _scene.Orchestrator.PromoteAsync(change, SwarmScene.Token)).Status);
        Assert.Equal(action == "rollback" ? "pause" : action, (await _scene.GetAsync("web")).Text("Spec", "UpdateConfig", "FailureAction"));
        var ready = await _scene.AwaitAsync(change);
        Assert.True(ready.Status == ChangeStatus.Healthy, ready.Detail);
        for (var time = 1; time <= 2; time++)
        {
            Assert.Equal(ChangeStatus.Healthy, (await _scene.Orchestrator.FinishAsync(change, SwarmScene.Token)).Status);
            Assert.Equal(before.Replace(_scene.Images.Pinned("1.0"), _scene.Images.Pinned("1.1"), StringComparison.Ordinal),
                await _scene.SpecAsync("web"));
        }

        // Swarm's own way back leads to no canary.
        Assert.False(UpdateSettings.IsHeld(JsonObject.Create((await _scene.GetAsync("web")).At("PreviousSpec", "UpdateConfig")!.Value)));
        Assert.Contains(await _scene.TasksAsync("web"), t => t.IsRunning() && t.Text("ID") == first);

        await _scene.RevertAsync(change);
        Assert.Equal(before, await _scene.SpecAsync("web"));
        Assert.Equal(["1.0", "1.0", "1.0"], await _scene.RunningAsync("web"));
    }

    [Theory]
    [InlineData("pause", "crash")]
    [InlineData("rollback", "crash")]
    [InlineData("continue", "crash")]
    [InlineData("pause", "gone")]
    public async Task A_canary_that_fails_goes_back_and_the_old_tasks_never_ended(string action, string tag)
    {
        await _scene.CreateAsync("web", 3, $$"""{"Parallelism": 1, "FailureAction": "{{action}}", "Monitor": 5000000000}""");
        var before = await _scene.SpecAsync("web");
        var old = (await _scene.TasksAsync("web")).Select(t => t.Text("ID")).ToHashSet();
        var change = await _scene.ApplyAsync(_scene.Change("web", tag, s_one));
        var failed = await _scene.AwaitAsync(change, AwaitedState.Canary, 180);
        Assert.Equal((ChangeStatus.Failed, tag == "crash"), (failed.Status, failed.Ran));

        await _scene.RevertAsync(change);
        Assert.Equal(before, await _scene.SpecAsync("web"));
        Assert.Equal(2, (await _scene.TasksAsync("web")).Count(t => t.IsRunning() && old.Contains(t.Text("ID"))));
        Assert.Equal(["1.0", "1.0", "1.0"], await _scene.RunningAsync("web"));
    }

    [Fact]
    public async Task What_someone_else_sets_during_a_canary_stays_and_is_named()
    {
        await _scene.CreateAsync("web", 3, """{"Parallelism": 1, "Monitor": 1000000000}""");
        var change = await _scene.ApplyAsync(_scene.Change("web", "1.1", s_one));
        await _scene.AwaitAsync(change, AwaitedState.Canary);
        await _scene.EditAsync("web", spec =>
        {
            spec["UpdateConfig"]!["Parallelism"] = 3;
            spec["Mode"]!["Replicated"]!["Replicas"] = 4;
        });

        var reverted = await _scene.Orchestrator.RevertAsync(change, SwarmScene.Token);
        Assert.Equal((ChangeStatus.Applied, "Someone else has set UpdateConfig.Parallelism since: that stays."), (reverted.Status, reverted.Detail));
        var config = (await _scene.GetAsync("web")).At("Spec", "UpdateConfig")!.Value;
        Assert.Equal((3L, null), (config.Number("Parallelism"), config.Number("Delay")));
        Assert.Equal(ChangeStatus.Healthy, (await _scene.AwaitAsync(change, AwaitedState.Old)).Status);
        Assert.Equal(["1.0", "1.0", "1.0", "1.0"], await _scene.RunningAsync("web"));
        Assert.False((await _scene.GetAsync("web")).Texts("Spec", "Labels").ContainsKey(UpdateSettings.Label));
    }

    [Fact]
    public async Task A_canary_that_has_grown_says_so_and_one_that_is_scaled_away_cannot_be_judged()
    {
        await _scene.CreateAsync("web", 3, """{"Parallelism": 1, "Monitor": 1000000000}""");
        var change = await _scene.ApplyAsync(_scene.Change("web", "1.1", s_one));
        await _scene.AwaitAsync(change, AwaitedState.Canary);

        // Whatever is written lets Swarm begin again, and take as many as Parallelism says.
        await _scene.EditAsync("web", spec => spec["Labels"]!["another"] = "1");
        while ((await _scene.RunningAsync("web")).Count(tag => tag == "1.1") < 2)
        {
            await Task.Delay(200, SwarmScene.Token);
        }

        var grown = await _scene.AwaitAsync(change, AwaitedState.Canary);
        Assert.Equal(ChangeStatus.Healthy, grown.Status);
        Assert.Contains("2 tasks of the new version run, and not the 1 of the canary alone", grown.Detail, StringComparison.Ordinal);
        var busy = Assert.Single(await _scene.Orchestrator.CheckAsync([_scene.Change("web", "1.1", s_one)], SwarmScene.Token));
        Assert.Equal(ChangeStatus.Refused, busy.Status);

        await _scene.EditAsync("web", spec => spec["Mode"]!["Replicated"]!["Replicas"] = 0);
        Assert.Equal(ChangeStatus.Inconclusive, (await _scene.AwaitAsync(change, AwaitedState.Canary)).Status);
        await _scene.RevertAsync(change);
    }

    [Fact]
    public async Task A_service_without_an_UpdateConfig_has_none_afterwards()
    {
        await _scene.CreateAsync("web", 2, edit: spec => spec.Remove("UpdateConfig"));
        var before = await _scene.SpecAsync("web");
        var change = await _scene.ApplyAsync(_scene.Change("web", "1.1", new RolloutChangeOptions { Canary = "50%" }));
        Assert.Equal(ChangeStatus.Healthy, (await _scene.AwaitAsync(change, AwaitedState.Canary)).Status);
        Assert.Equal("null", (await _scene.GetAsync("web")).Texts("Spec", "Labels")[UpdateSettings.Label]);
        await _scene.Orchestrator.PromoteAsync(change, SwarmScene.Token);
        Assert.Equal(ChangeStatus.Healthy, (await _scene.AwaitAsync(change)).Status);
        await _scene.Orchestrator.FinishAsync(change, SwarmScene.Token);
        Assert.Null((await _scene.GetAsync("web")).At("Spec", "UpdateConfig"));
        await _scene.RevertAsync(change);
        Assert.Equal(before, await _scene.SpecAsync("web"));
    }
}
