using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>Containers that are not recreated, on a real engine.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private EngineScene _scene = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await EngineScene.OpenAsync();

    public ValueTask DisposeAsync() => _scene?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("""{"HostConfig": {"AutoRemove": true}}""", "was started with --rm")]
    [InlineData("""{"Labels": {"com.docker.compose.project": "shop"}}""", "belongs to the Compose project 'shop'")]
    [InlineData("""{"Labels": {"com.docker.swarm.service.id": "abc"}}""", "is a task of a swarm's service")]
    [InlineData("""{"Labels": {"io.kubernetes.pod.name": "web"}}""", "belongs to a pod")]
    [InlineData("""{"Labels": {"patchcontainers.hooks.after": "true", "patchcontainers.hooks.after-timeout": "soon"}}""", "is 'soon'")]
    public async Task A_container_of_another_keeper_or_that_cannot_be_put_back_is_refused(string body, string reason)
    {
        await _scene.StartAsync("web", body);
        await ExpectAsync(_scene.Change(_scene.Images.Good), reason);
    }

    [Fact]
    public async Task A_container_of_compose_is_recreated_where_that_is_forced()
    {
        await _scene.StartAsync("web", """{"Labels": {"com.docker.compose.project": "shop"}}""");
        var seen = Assert.Single(await _scene.Orchestrator.CheckAsync(
            [_scene.Change(_scene.Images.Good, options: new RolloutChangeOptions { Force = true })], Token));
        Assert.Equal(ChangeStatus.Planned, seen.Status);
        Assert.Contains("change the file, too", seen.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_run_has_another_image_or_no_name_is_refused_and_so_is_a_canary()
    {
        await ExpectAsync(_scene.Change(_scene.Images.Good), "There is no container");
        await _scene.StartAsync("web");
        await ExpectAsync(_scene.Change(_scene.Images.Good, from: "other:1"), "runs '");
        await ExpectAsync(_scene.Change(_scene.Images.Good, options: new RolloutChangeOptions { Canary = "1" }), "a canary needs several");
        await _scene.DockerAsync("pause", _scene.Name());
        await ExpectAsync(_scene.Change(_scene.Images.Good), "is paused");
        await _scene.DockerAsync("unpause", _scene.Name());
        await _scene.Client.Containers.StopAsync(_scene.Name(), null, Token);
        await ExpectAsync(_scene.Change(_scene.Images.Good), "is exited");

        await _scene.StartAsync("source");
        var unnamed = await _scene.DockerAsync("commit", _scene.Name("source"));
        await _scene.StartAsync("nameless", image: unnamed);
        await ExpectAsync(_scene.Change(_scene.Images.Good, "nameless"), "an image without a name");
        await _scene.Client.Containers.RemoveAsync(_scene.Name("nameless"), true, true, Token);
        await _scene.DockerAsync("rmi", unnamed);
    }

    [Theory]
    [InlineData("""{"HostConfig": {"NetworkMode": "container:PREFIX-web"}}""", "lives in the namespaces of")]
    [InlineData("""{"HostConfig": {"PidMode": "container:PREFIX-web"}}""", "lives in the namespaces of")]
    [InlineData("""{"HostConfig": {"IpcMode": "container:PREFIX-web"}}""", "lives in the namespaces of")]
    [InlineData("""{"HostConfig": {"Links": ["PREFIX-web:db"]}}""", "is linked to")]
    public async Task A_container_that_others_live_in_or_are_linked_to_is_refused(string other, string reason)
    {
        await _scene.StartAsync("web", """{"HostConfig": {"IpcMode": "shareable"}}""");
        await _scene.StartAsync("other", other);
        await ExpectAsync(_scene.Change(_scene.Images.Good), $"{_scene.Name("other")} {reason}");

        // The other way round it can be recreated, and lives there again.
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Plain, "other"));
        Assert.Equal(ChangeStatus.Healthy, change.Status);
        Assert.DoesNotContain("It differs", change.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_became_so_after_the_plan_was_made_is_not_touched()
    {
        var id = await _scene.StartAsync("web");
        var change = await _scene.PrepareAsync(_scene.Change(_scene.Images.Good));
        await _scene.StartAsync("other", """{"HostConfig": {"NetworkMode": "container:PREFIX-web"}}""");
        var applied = await _scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        Assert.Contains("lives in the namespaces of", applied.Detail, StringComparison.Ordinal);
        Assert.Equal((id, true), ((await _scene.InspectAsync()).Id(), (await _scene.InspectAsync()).IsRunning()));
        Assert.Equal(["other", "web"], await _scene.NamesAsync());
    }

    private async Task ExpectAsync(RolloutChange change, string reason)
    {
        var seen = Assert.Single(await _scene.Orchestrator.CheckAsync([change], Token));
        Assert.Equal(ChangeStatus.Refused, seen.Status);
        Assert.Contains(reason, seen.Detail, StringComparison.Ordinal);
    }
}
