using System.Globalization;
using System.Text.Json;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>
/// A process that dies between any two requests to a real engine, right before one that changes something, or right after, its answer lost:
/// another comes to the same end, and does nothing twice.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const string Body = """
        {"HostConfig": {"RestartPolicy": {"Name": "always"}, "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}},
         "Volumes": {"/own": {}}, "Env": ["OWN=1"], "Labels": {"patchcontainers.hooks.before": "echo before >> /own/log",
         "patchcontainers.hooks.after": "echo after >> /own/log"}}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static TimeSpan Long => TimeSpan.FromMinutes(2);

    [Fact]
    public Task A_change_that_is_made_and_finished() => KillEverywhereAsync(i => i.Good, Apply, AwaitNew, Finish);

    [Fact]
    public Task A_change_that_fails_and_is_put_back() => KillEverywhereAsync(i => i.Crashing, Apply, PutBack, AwaitOld);

    [Fact]
    public Task A_change_that_is_undone_after_success() => KillEverywhereAsync(i => i.Plain, Apply, Finish, PutBack, AwaitOld);

    private static Task<RolloutChange> Apply(DockerOrchestrator orchestrator, RolloutChange change) =>
        orchestrator.ApplyAsync(change, Token);

    private static Task<RolloutChange> AwaitNew(DockerOrchestrator orchestrator, RolloutChange change) =>
        orchestrator.AwaitAsync(change, AwaitedState.New, Long, Token);

    private static Task<RolloutChange> AwaitOld(DockerOrchestrator orchestrator, RolloutChange change) =>
        orchestrator.AwaitAsync(change, AwaitedState.Old, Long, Token);

    private static Task<RolloutChange> Finish(DockerOrchestrator orchestrator, RolloutChange change) =>
        orchestrator.FinishAsync(change, Token);

    private static Task<RolloutChange> PutBack(DockerOrchestrator orchestrator, RolloutChange change) =>
        orchestrator.RevertAsync(change, Token);

    // Every point where that is asked for, else an even share of them.
    private async Task KillEverywhereAsync(Func<EngineImages, string> image,
        params Func<DockerOrchestrator, RolloutChange, Task<RolloutChange>>[] steps)
    {
        var (points, expected) = await RunAsync(image, steps, 0);
        var stride = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_KILLS") == "all" ? 1 : Math.Max(1, points / 6);
        var survived = 0;
        for (var point = 1; point <= points; point += stride)
        {
            var (_, end) = await RunAsync(image, steps, point);
            Assert.Equal((point, expected), (point, end));
            survived++;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{survived} of {survived} kills survived, of {points} points."));
    }

    // As the journal has it: a step that was begun and not ended is done again, by another process, and then those that follow.
    private static async Task<(int Points, string End)> RunAsync(Func<EngineImages, string> image,
        Func<DockerOrchestrator, RolloutChange, Task<RolloutChange>>[] steps, int point)
    {
        await using var scene = await EngineScene.OpenAsync();
        await scene.StartAsync("web", Body);
        await scene.StartAsync("neighbour");
        var change = await scene.PrepareAsync(scene.Change(image(scene.Images)));
        var death = new Death(point);
        using var first = new DockerClient(scene.Client.Endpoint, death.Options);
        using var second = scene.Engine.Open();
        foreach (var step in steps)
        {
            RolloutChange done;
            try
            {
                done = await step(EngineScene.Open(death.HasCome ? second : first), change);
            }
            catch (KilledException)
            {
                done = await step(EngineScene.Open(second), change);
            }

            Assert.True(done.Status is ChangeStatus.Applied or ChangeStatus.Healthy or ChangeStatus.RolledBack, $"{done.Status}: {done.Detail}");
            change = change with { Status = done.Status };
        }

        Assert.Equal(point > 0, death.HasCome);
        return (death.Count, await EndAsync(scene));
    }

    // All that is there at the end, without what an engine gives anew.
    private static async Task<string> EndAsync(EngineScene scene)
    {
        var web = await scene.InspectAsync();
        var mounts = web.Items("Mounts").Select(m => m.Text("Destination")).Order(StringComparer.Ordinal);
        var log = await scene.ExecAsync("web", "echo $(sort -u /own/log)");
        return string.Join('\n', string.Join(' ', await scene.NamesAsync()), web.ImageName(), web.Status(), log,
            web.At("HostConfig", "RestartPolicy")!.Value.GetRawText(), web.At("HostConfig", "PortBindings")!.Value.GetRawText(),
            string.Join(' ', mounts), string.Join(' ', web.Items("Config", "Env").Select(e => e.GetString()).Order(StringComparer.Ordinal)));
    }
}
