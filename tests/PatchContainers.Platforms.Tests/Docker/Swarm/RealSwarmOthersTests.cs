using System.Text.Json.Nodes;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Rollout;
using PatchContainers.Stores.Registry;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Swarm;

/// <summary>Other writers of a service in a real swarm, what cannot be changed, and logins.</summary>
public sealed class RealSwarmOthersTests : IAsyncLifetime
{
    private SwarmScene _scene = null!;

    private static CancellationToken Token => SwarmScene.Token;

    public async ValueTask InitializeAsync() => _scene = await SwarmScene.OpenAsync();

    public ValueTask DisposeAsync() => _scene?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_write_in_between_is_read_again_and_both_changes_are_there()
    {
        await _scene.CreateAsync("web");
        var edited = 0;
        var change = _scene.Change("web", "1.1") with
        {
            // Between reading and writing.
            Lease = async _ =>
            {
                if (edited++ == 0)
                {
                    await _scene.EditAsync("web", spec => spec["Labels"]!["another"] = "1");
                }
            },
        };
        change = await _scene.ApplyAsync(change);
        Assert.Equal(2, edited);
        Assert.Equal(ChangeStatus.Healthy, (await _scene.AwaitAsync(change)).Status);
        Assert.Equal("1", (await _scene.GetAsync("web")).Texts("Spec", "Labels")["another"]);
    }

    [Fact]
    public async Task Another_image_written_in_between_is_never_overwritten_nor_put_back()
    {
        await _scene.CreateAsync("web");
        var change = _scene.Change("web", "1.1") with
        {
            Lease = async _ => await _scene.EditAsync("web", spec => _scene.Image(spec, "1.2")),
        };
        change = change with { Before = (await _scene.Orchestrator.PrepareAsync(change, Token))! };
        var applied = await _scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        Assert.Contains($"holds '{_scene.Images.Pinned("1.2")}' now", applied.Detail, StringComparison.Ordinal);
        var reverted = await _scene.Orchestrator.RevertAsync(change with { Lease = null }, Token);
        Assert.Equal(ChangeStatus.LeftAlone, reverted.Status);
        Assert.Equal(ChangeStatus.LeftAlone, (await _scene.AwaitAsync(change)).Status);
    }

    [Fact]
    public async Task A_lease_that_is_lost_between_reading_and_writing_writes_nothing()
    {
        await _scene.CreateAsync("web");
        var change = _scene.Change("web", "1.1");
        change = change with { Before = (await _scene.Orchestrator.PrepareAsync(change, Token))!, Lease = _ => throw new OperationCanceledException() };
        var version = (await _scene.GetAsync("web")).Number("Version", "Index");
        await Assert.ThrowsAsync<OperationCanceledException>(() => _scene.Orchestrator.ApplyAsync(change, Token));
        Assert.Equal(version, (await _scene.GetAsync("web")).Number("Version", "Index"));

        // Who takes over writes, although the old image is there; once.
        change = change with { Lease = null };
        await _scene.RevertAsync(change);
        var after = (await _scene.GetAsync("web")).Number("Version", "Index");
        Assert.NotEqual(version, after);
        await _scene.RevertAsync(change);
        Assert.Equal(after, (await _scene.GetAsync("web")).Number("Version", "Index"));
        Assert.Single(await _scene.TasksAsync("web"));
    }

    [Fact]
    public async Task What_someone_else_changes_or_takes_away_meanwhile_is_left_alone()
    {
        await _scene.CreateAsync("web");
        await _scene.CreateAsync("api");
        await _scene.CreateAsync("by-hand");
        var web = await _scene.ApplyAsync(_scene.Change("web", "1.1"));
        var api = await _scene.ApplyAsync(_scene.Change("api", "1.1"));
        var hand = await _scene.ApplyAsync(_scene.Change("by-hand", "1.1"));
        await _scene.EditAsync("web", spec => _scene.Image(spec, "1.2"));
        await _scene.Client.Swarm.RemoveServiceAsync(_scene.Name("api"), Token);
        await SwarmImages.DockerAsync(_scene.Engine, string.Empty, "service", "rollback", "--detach", _scene.Name("by-hand"));

        foreach (var (change, why) in new[] { (web, "someone else changed it"), (api, "is gone"), (hand, "someone else changed it") })
        {
            var seen = await _scene.AwaitAsync(change);
            Assert.Equal(ChangeStatus.LeftAlone, seen.Status);
            Assert.Contains(why, seen.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(ChangeStatus.LeftAlone, (await _scene.Orchestrator.RevertAsync(web, Token)).Status);
        Assert.Equal(ChangeStatus.LeftAlone, (await _scene.Orchestrator.RevertAsync(api, Token)).Status);
        Assert.Contains(_scene.Images.Pinned("1.2"), await _scene.SpecAsync("web"), StringComparison.Ordinal);
        await _scene.RevertAsync(hand);
    }

    [Fact]
    public async Task What_cannot_be_changed_is_refused_with_what_to_do()
    {
        await _scene.MakeAsync("job", edit: spec =>
        {
            spec["Mode"] = new JsonObject { ["ReplicatedJob"] = new JsonObject() };
            spec.Remove("UpdateConfig");
            spec.Remove("RollbackConfig");
            spec["TaskTemplate"]!["RestartPolicy"]!["Condition"] = "none";
        });
        await _scene.CreateAsync("busy", 2, """{"Parallelism": 1, "Delay": 600000000000, "Monitor": 1000000000}""");
        await _scene.CreateAsync("paused", 1, """{"Parallelism": 1, "Monitor": 10000000000}""");
        await _scene.CreateAsync("other");
        await _scene.EditAsync("busy", spec => spec["TaskTemplate"]!["ContainerSpec"]!["Env"] = new JsonArray("A=b"));
        await _scene.EditAsync("paused", spec => spec["TaskTemplate"]!["ContainerSpec"]!["Command"] = new JsonArray("false"));
        while (!(await _scene.GetAsync("busy")).IsUpdating() || !(await _scene.GetAsync("paused")).IsPaused())
        {
            await Task.Delay(200, Token);
        }

        var cases = new[]
        {
            ("job", "1.0", "is a job"), ("busy", "1.0", "is in the middle of another update (updating: update in progress)"),
            ("paused", "1.0", "docker service rollback"), ("other", "1.2", "which the plan expects"), ("nothing", "1.0", "not found"),
        };
        var changes = cases.Select(c => _scene.Change(c.Item1, "1.1", from: c.Item2)).ToArray();
        var seen = await _scene.Orchestrator.CheckAsync(changes, Token);
        Assert.All(seen.Zip(cases), pair =>
        {
            Assert.Equal(ChangeStatus.Refused, pair.First.Status);
            Assert.Contains(pair.Second.Item3, pair.First.Detail, StringComparison.Ordinal);
        });

        // It is looked at again right before it is written.
        var late = await _scene.Orchestrator.ApplyAsync(changes[1], Token);
        Assert.Equal(ChangeStatus.Failed, late.Status);
        Assert.Contains("is in the middle of another update", late.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("correct horse", true)]
    [InlineData("wrong", false)]
    public async Task Nodes_pull_with_the_login_that_is_passed_on(string password, bool works)
    {
        // A name of this test's own: what an engine has pulled once, it has.
        var name = $"{_scene.Engine.LockedRegistry}/{_scene.Label}/web";
        await SwarmImages.DockerAsync(_scene.Engine, string.Empty, "tag", _scene.Images.Tagged("1.1"), $"{name}:1.1");
        var digest = await PushAsync(name);
        await _scene.CreateAsync("web", 1, """{"Parallelism": 1, "Monitor": 3000000000}""");
        var before = await _scene.SpecAsync("web");
        var change = _scene.Change("web", "1.1", to: $"{name}:1.1@{digest}") with
        {
            Login = image => image.Registry == _scene.Engine.LockedRegistry ? new RegistryCredential("tester", password) : null,
        };
        change = await _scene.ApplyAsync(change);
        var seen = await _scene.AwaitAsync(change, seconds: 180);
        Assert.Equal((works ? ChangeStatus.Healthy : ChangeStatus.Failed, works), (seen.Status, seen.Ran));
        Assert.DoesNotContain(password, change.Before + seen.Detail, StringComparison.Ordinal);
        await _scene.RevertAsync(change);
        Assert.Equal(before, await _scene.SpecAsync("web"));
    }

    // With the login in a folder of its own, and never in the user's.
    private async Task<string> PushAsync(string name)
    {
        using var folder = new TestKit.TemporaryFolder();
        var login = Convert.ToBase64String("tester:correct horse"u8);
        await File.WriteAllTextAsync(folder["config.json"],
            new JsonObject { ["auths"] = new JsonObject { [_scene.Engine.LockedRegistry] = new JsonObject { ["auth"] = login } } }.ToJsonString(), Token);
        await SwarmImages.DockerAsync(_scene.Engine, string.Empty, "--config", folder.Path, "push", "-q", $"{name}:1.1");
        var image = await _scene.Client.Images.InspectAsync($"{name}:1.1", Token);
        var digest = image.Items("RepoDigests").Select(d => d.GetString()!).Single(d => d.StartsWith(name, StringComparison.Ordinal)).Split('@')[1];
        await SwarmImages.DockerAsync(_scene.Engine, string.Empty, "rmi", $"{name}:1.1");
        return digest;
    }
}
