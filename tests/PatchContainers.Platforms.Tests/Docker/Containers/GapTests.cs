using System.Globalization;
using System.Text.Json;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Containers;

/// <summary>For how long nobody serves while a container is recreated, beside what the engine's own client needs for stop and start.</summary>
public sealed class GapTests(ITestOutputHelper output)
{
    private const string Variable = "PATCHCONTAINERS_TEST_GAPS";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gaps_are_told_and_printed()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable(Variable) ?? "2", CultureInfo.InvariantCulture);
        await using var scene = await EngineScene.OpenAsync();
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var i = 0; i < count; i++)
        {
            var name = $"web{i}";
            await scene.StartAsync(name, """{"HostConfig": {"RestartPolicy": {"Name": "always"}}}""");
            var change = await scene.PrepareAsync(scene.Change(scene.Images.Plain, name));
            var before = await scene.InspectAsync(name);
            Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.ApplyAsync(change, Token)).Status);
            ours.Add(await GapAsync(scene, before.Id(), scene.Name(name)));

            await scene.StartAsync($"old{i}");
            await scene.StartAsync($"new{i}", start: false);
            await scene.DockerAsync("stop", scene.Name($"old{i}"));
            await scene.DockerAsync("start", scene.Name($"new{i}"));
            theirs.Add(await GapAsync(scene, scene.Name($"old{i}"), scene.Name($"new{i}")));
        }

        output.WriteLine($"recreated: {Words(ours)}; docker stop, docker start: {Words(theirs)}; {count} each.");
    }

    private static async Task<double> GapAsync(EngineScene scene, string stopped, string started)
    {
        JsonElement one = await scene.Client.Containers.InspectAsync(stopped, Token), other = await scene.Client.Containers.InspectAsync(started, Token);
        return (other.Time("State", "StartedAt")!.Value - one.Time("State", "FinishedAt")!.Value).TotalMilliseconds;
    }

    private static string Words(List<double> times) => string.Create(CultureInfo.InvariantCulture,
        $"median {times.Order().ElementAt(times.Count / 2):0} ms, longest {times.Max():0} ms");
}
