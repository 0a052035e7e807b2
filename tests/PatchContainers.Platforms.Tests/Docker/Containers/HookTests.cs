using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>Commands that owners want run before and after, on a real engine.</summary>
public sealed class HookTests : IAsyncLifetime
{
    private const string Watchtower = "com.centurylinklabs.watchtower.lifecycle";

    private EngineScene _scene = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await EngineScene.OpenAsync();

    public ValueTask DisposeAsync() => _scene?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Theory]
    [InlineData("patchcontainers.hooks.before", "patchcontainers.hooks.after", "30s")]
    [InlineData(Watchtower + ".pre-update", Watchtower + ".post-update", "2")]
    public async Task They_run_in_the_old_container_and_in_the_new_one_once_it_is_healthy(string before, string after, string timeout)
    {
        await StartAsync(before, "echo before $COLOR >> /own/log", after, "echo after $COLOR >> /own/log", timeout);
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Good));
        Assert.Equal(ChangeStatus.Healthy, change.Status);

        // What was called well is only looked at.
        var again = await _scene.Orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.FromMinutes(1), Token);
        Assert.Equal((ChangeStatus.Healthy, change.Detail), (again.Status, again.Detail));
        Assert.Equal("before old after new", await _scene.ExecAsync("web", "echo $(cat /own/log)"));
    }

    [Theory]
    [InlineData("echo one; echo drain failed; exit 1", "30s", "ended with 1. It wrote: one / drain failed")]
    [InlineData("exit 75", "30s", "asks for another time (exit code 75).")]
    [InlineData("sleep 30", "200ms", "did not end within 200ms, and may still run.")]
    public async Task One_that_fails_before_leaves_the_container_as_it_was(string command, string timeout, string reason)
    {
        var id = await StartAsync("patchcontainers.hooks.before", command, "x", "", timeout);
        var change = await _scene.PrepareAsync(_scene.Change(_scene.Images.Good));
        var applied = await _scene.Orchestrator.ApplyAsync(change, Token);
        Assert.Equal(ChangeStatus.Failed, applied.Status);
        Assert.EndsWith($"was left as it is: the command of patchcontainers.hooks.before {reason}", applied.Detail, StringComparison.Ordinal);
        Assert.Equal(["web"], await _scene.NamesAsync());
        Assert.Equal((id, true), ((await _scene.InspectAsync()).Id(), (await _scene.InspectAsync()).IsRunning()));
        Assert.Equal(ChangeStatus.RolledBack, (await _scene.Orchestrator.RevertAsync(change, Token)).Status);
    }

    [Fact]
    public async Task One_that_fails_after_speaks_against_the_new_image()
    {
        var id = await StartAsync("x", "", "patchcontainers.hooks.after", "echo no answer; exit 2", "30s");
        var change = await _scene.BringAsync(_scene.Change(_scene.Images.Good));
        Assert.Equal((ChangeStatus.Failed, true), (change.Status, change.Ran));
        Assert.Equal("the command of patchcontainers.hooks.after ended with 2. It wrote: no answer It was healthy before.", change.Detail);
        Assert.Equal(ChangeStatus.Healthy, (await _scene.RevertAsync(change)).Status);
        Assert.Equal(id, (await _scene.InspectAsync()).Id());
    }

    private Task<string> StartAsync(string before, string beforeCommand, string after, string afterCommand, string timeout) =>
        _scene.StartAsync("web", $$"""
            {"Labels": {"{{before}}": "{{beforeCommand}}", "{{after}}": "{{afterCommand}}", "{{before}}-timeout": "{{timeout}}",
             "{{after}}-timeout": "{{timeout}}"}, "Volumes": {"/own": {} } }
            """);
}
