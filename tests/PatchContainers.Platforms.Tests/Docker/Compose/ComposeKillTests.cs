using System.Globalization;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Compose;
using PatchContainers.Platforms.Tests.Docker.Containers;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Compose;

/// <summary>
/// A process that dies at a request to a real engine while it changes a service with two containers: another comes to the same end, of file
/// and containers.
/// </summary>
public sealed class ComposeKillTests(ITestOutputHelper output)
{
    private const string Web = """
        version: "2.4"
        services:
          web: { image: OLD, scale: 2, volumes: [data:/data] }
        volumes: { data: {} }
        """;

    private delegate Task<RolloutChange> Step(ComposeOrchestrator orchestrator, RolloutChange change);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_service_that_is_changed() => KillEverywhereAsync(i => i.Good, Apply, AwaitNew, Finish);

    [Fact]
    public Task A_service_that_is_put_back() => KillEverywhereAsync(i => i.Crashing, Apply, PutBack, AwaitOld);

    private static Task<RolloutChange> Apply(ComposeOrchestrator orchestrator, RolloutChange change) => orchestrator.ApplyAsync(change, Token);

    private static Task<RolloutChange> AwaitNew(ComposeOrchestrator orchestrator, RolloutChange change) =>
        orchestrator.AwaitAsync(change, AwaitedState.New, TimeSpan.FromMinutes(2), Token);

    private static Task<RolloutChange> AwaitOld(ComposeOrchestrator orchestrator, RolloutChange change) =>
        orchestrator.AwaitAsync(change, AwaitedState.Old, TimeSpan.FromMinutes(2), Token);

    private static Task<RolloutChange> Finish(ComposeOrchestrator orchestrator, RolloutChange change) => orchestrator.FinishAsync(change, Token);

    private static Task<RolloutChange> PutBack(ComposeOrchestrator orchestrator, RolloutChange change) => orchestrator.RevertAsync(change, Token);

    // Every point where that is asked for, else an even share of them.
    private async Task KillEverywhereAsync(Func<EngineImages, string> image, params Step[] steps)
    {
        var (points, expected) = await RunAsync(image, steps, 0);
        var stride = Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_KILLS") == "all" ? 1 : Math.Max(1, points / 4);
        var survived = 0;
        for (var point = 1; point <= points; point += stride)
        {
            var (_, end) = await RunAsync(image, steps, point);
            Assert.Equal((point, expected), (point, end));
            survived++;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{survived} of {survived} kills survived, of {points} points."));
    }

    private static async Task<(int Points, string End)> RunAsync(Func<EngineImages, string> image, Step[] steps, int point)
    {
        await using var scene = await ComposeScene.UpAsync(Web);
        var planned = Assert.Single((await scene.PlanAsync(image(scene.Images))).Changes) with { Rollout = scene.Project };
        var change = planned with { Before = await ComposeScene.Open(scene.Client).PrepareAsync(planned, Token) ?? string.Empty };
        var death = new Death(point);
        using var first = new DockerClient(scene.Client.Endpoint, death.Options);
        foreach (var step in steps)
        {
            RolloutChange done;
            try
            {
                done = await step(ComposeScene.Open(death.HasCome ? scene.Client : first), change);
            }
            catch (KilledException)
            {
                done = await step(ComposeScene.Open(scene.Client), change);
            }

            Assert.True(done.Status is ChangeStatus.Applied or ChangeStatus.Healthy or ChangeStatus.RolledBack, $"{done.Status}: {done.Detail}");
            change = change with { Status = done.Status };
        }

        Assert.Equal(point > 0, death.HasCome);
        return (death.Count, await EndAsync(scene));
    }

    // All that is there at the end, without what is new in each run.
    private static async Task<string> EndAsync(ComposeScene scene)
    {
        var containers = (await scene.AllContainersAsync())
            .Select(c => $"{c.Text("Name")} {c.Text("Config", "Image")} {c.Text("State", "Status")} {c.At("HostConfig", "RestartPolicy")}");
        return $"{await File.ReadAllTextAsync(scene.File, Token)}\n{string.Join('\n', containers.Order(StringComparer.Ordinal))}"
            .Replace(scene.Project, "PROJECT", StringComparison.Ordinal);
    }
}
