using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>Many workloads at once on a real control plane.</summary>
[Collection(ManyPods.Name)]
public sealed class RealScaleTests
{
    private const int Count = 200;
    private const int Batch = 25;

    private static CancellationToken Token => RolloutScene.Token;

    [Fact]
    public async Task Two_hundred_Deployments_are_rolled_out_in_batches()
    {
        await using var scene = await RolloutScene.OpenAsync();
        var names = Enumerable.Range(1, Count).Select(i => $"web-{i}").ToArray();
        foreach (var name in names)
        {
            await scene.MakeAsync("Deployment", name);
        }

        var changes = await scene.Orchestrator.CheckAsync(
            [.. names.Select(name => scene.Change("Deployment", name, RolloutScene.Pinned("1.1")))], Token);
        Assert.All(changes, change => Assert.Equal((ChangeStatus.Planned, ""), (change.Status, change.Detail)));
        foreach (var batch in changes.Chunk(Batch))
        {
            foreach (var change in batch)
            {
                Assert.Equal(ChangeStatus.Applied, (await scene.Orchestrator.ApplyAsync(change, Token)).Status);
            }

            var seen = await Task.WhenAll(batch.Select(change => scene.AwaitAsync(change)));
            Assert.All(seen, change => Assert.Equal(ChangeStatus.Healthy, change.Status));
        }
    }
}
