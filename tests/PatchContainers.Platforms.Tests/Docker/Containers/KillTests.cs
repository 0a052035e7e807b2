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

    [Fact]
    public async Task A_change_that_is_made_and_finished() =>
        await KillEverywhereAsync(i => i.Good, async (orchestrator, change, scene) =>
        {
            Assert.Equal(ChangeStatus.Applied, (await orchestrator.ApplyAsync(change, Token)).Status);
            var seen = await orchestrator.AwaitAsync(change with { Status = ChangeStatus.Applied }, AwaitedState.New, Long, Token);
            Assert.Equal((ChangeStatus.Healthy, ""), (seen.Status, seen.Status == ChangeStatus.Healthy ? "" : seen.Detail));
            Assert.Equal(ChangeStatus.Healthy, (await orchestrator.FinishAsync(change, Token)).Status);
        });

    [Fact]
    public async Task A_change_that_fails_and_is_put_back() =>
        await KillEverywhereAsync(i => i.Crashing, async (orchestrator, change, scene) =>
        {
            Assert.Equal(ChangeStatus.Applied, (await orchestrator.ApplyAsync(change, Token)).Status);
            await PutBackAsync(orchestrator, change);
        });

    [Fact]
    public async Task A_change_that_is_undone_after_success() =>
        await KillEverywhereAsync(i => i.Good, async (orchestrator, change, scene) =>
        {
            Assert.Equal(ChangeStatus.Applied, (await orchestrator.ApplyAsync(change, Token)).Status);
            await orchestrator.AwaitAsync(change with { Status = ChangeStatus.Healthy }, AwaitedState.New, Long, Token);
            Assert.Equal(ChangeStatus.Healthy, (await orchestrator.FinishAsync(change, Token)).Status);
            await PutBackAsync(orchestrator, change);
        });

    private static TimeSpan Long => TimeSpan.FromMinutes(2);

    private static async Task PutBackAsync(DockerOrchestrator orchestrator, RolloutChange change)
    {
        var reverted = await orchestrator.RevertAsync(change, Token);
        Assert.Contains(reverted.Status, new[] { ChangeStatus.Applied, ChangeStatus.RolledBack });
        Assert.Equal(ChangeStatus.Healthy, (await orchestrator.AwaitAsync(reverted, AwaitedState.Old, Long, Token)).Status);
    }

    // The journal does each step again that was begun and not ended, and none that was ended: so do these.
    private async Task KillEverywhereAsync(Func<EngineImages, string> image, Func<DockerOrchestrator, RolloutChange, EngineScene, Task> run)
    {
        string? expected = null;
        var (killed, points) = (0, int.MaxValue);
        for (var point = 0; point <= points; point++)
        {
            await using var scene = await EngineScene.OpenAsync();
            await scene.StartAsync("web", Body);
            await scene.StartAsync("neighbour");
            var change = await scene.PrepareAsync(scene.Change(image(scene.Images)));
            var steps = new Resumable(scene, point);
            await steps.RunAsync(run, change);
            Assert.Equal(point > 0, steps.WasKilled);
            (killed, points) = (killed + (point > 0 ? 1 : 0), point == 0 ? steps.Points : points);

            var end = await EndAsync(scene);
            expected ??= end;
            Assert.Equal((point, expected), (point, end));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{killed} of {points} kills survived."));
    }

    // All that is there at the end, without what an engine gives anew.
    private static async Task<string> EndAsync(EngineScene scene)
    {
        var web = await scene.InspectAsync();
        var mounts = web.Items("Mounts").Select(m => m.Text("Destination")).Order(StringComparer.Ordinal);
        var volumes = await scene.DockerAsync("volume", "ls", "-q", "--filter", "dangling=true");
        var log = await scene.ExecAsync("web", "echo $(sort -u /own/log)");
        return string.Join('\n', string.Join(' ', await scene.NamesAsync()), web.ImageName(), web.Status(), log,
            web.At("HostConfig", "RestartPolicy")!.Value.GetRawText(), web.At("HostConfig", "PortBindings")!.Value.GetRawText(),
            string.Join(' ', mounts), string.Join(' ', web.Items("Config", "Env").Select(e => e.GetString()).Order(StringComparer.Ordinal)),
            volumes.Length >= 0 ? string.Empty : volumes);
    }

    /// <summary>Runs steps; dies at one request, and lets another process do that step again and the rest.</summary>
    private sealed class Resumable(EngineScene scene, int at)
    {
        private int _count;

        public bool WasKilled { get; private set; }

        /// <summary>The points: before and after each request that changes something.</summary>
        public int Points => _count;

        public async Task RunAsync(Func<DockerOrchestrator, RolloutChange, EngineScene, Task> run, RolloutChange change)
        {
            using var client = new DockerClient(scene.Client.Endpoint, new DockerClientOptions { Wrap = h => new Dying(this, h), Variable = _ => null });
            try
            {
                await run(EngineScene.Open(client), change, scene);
            }
            catch (KilledException)
            {
                using var other = scene.Engine.Open();
                await run(EngineScene.Open(other), change, scene);
            }
        }

        private void Hit()
        {
            if (++_count == at)
            {
                WasKilled = true;
            }

            if (WasKilled)
            {
                throw new KilledException();
            }
        }

        private sealed class Dying(Resumable owner, HttpMessageHandler inner) : DelegatingHandler(inner)
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                if (request.Method == HttpMethod.Get)
                {
                    return await base.SendAsync(request, cancellationToken);
                }

                owner.Hit();
                var response = await base.SendAsync(request, cancellationToken);
                owner.Hit();
                return response;
            }
        }
    }

    /// <summary>Nothing that is of a process goes on after it, and nobody catches it.</summary>
    private sealed class KilledException : Exception;
}
