using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Rollout;

/// <summary>
/// The rights that docs/rollout.md lists, on a real control plane by service accounts' tokens: with all of them whole rollouts go through,
/// without any one of them nothing begins. Those without which a rollout does its work all the same are told apart on the page, too.
/// </summary>
public sealed class RealRightsTests(RightsScene scene) : IClassFixture<RightsScene>, IAsyncLifetime
{
    // Without watching, workloads are read every second; without events, some reasons are shorter.
    private static bool IsNeeded(string right) => !right.EndsWith(": watch", StringComparison.Ordinal) && right != "/events: list";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Needed => [.. RightsScene.Documented.Where(r => IsNeeded(r.Right))];

    public async ValueTask InitializeAsync() => await scene.OpenAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_documented_rights_are_enough_for_rollouts_with_trials_rollbacks_and_the_store()
    {
        var account = await scene.AccountAsync();
        await RunAsync(account);
        var seen = Assert.Single(await ClusterProbe.ProbeAsync(KubeConfig.Of(account),
            new KubernetesInventoryOptions { Namespaces = [scene.Work.Namespace] }, Token));
        Assert.All(seen.Rights, r => Assert.True(r.IsAllowed || r.Purpose == "pull secrets", r.Right));
    }

    [Fact]
    public async Task Without_watching_and_without_events_it_is_enough_too() =>
        await RunAsync(await scene.AccountAsync([.. RightsScene.Documented.Where(r => !IsNeeded(r.Right))]));

    [Theory]
    [MemberData(nameof(Needed))]
    public async Task Without_one_nothing_begins_and_it_is_named_with_its_namespace(string ns, string right)
    {
        var account = await scene.AccountAsync((ns, right));
        var before = await scene.WrittenAsync();
        using var run = scene.Run(account);
        var e = await Assert.ThrowsAsync<PatchException>(() => run.StartAsync("1.1"));
        Assert.Contains(e.Code, new[] { PatchErrorCode.ChangeRefused, PatchErrorCode.Forbidden });
        var named = $"{right.Split(": ")[1]} {RightsScene.ResourceOf(right).Plural}";
        Assert.Matches($"needs to [a-z, ]*{named}\\b[a-z, ]* in (the )?namespace {scene.NamespaceOf(ns)}", e.Message);
        Assert.Equal(before, await scene.WrittenAsync());
    }

    // One that succeeds and is undone, and one whose StatefulSet has to be freed of its broken pod.
    private async Task RunAsync(KubeContext account)
    {
        using var run = scene.Run(account);
        var good = await run.StartAsync("1.1");
        Assert.Equal((RolloutStatus.Succeeded, string.Empty), (good.Status, Unwell(good)));
        Assert.Equal(4, good.Changes.Count);
        Assert.All(good.Changes, c => Assert.True(c.Ran));
        Assert.Equal(RolloutStatus.RolledBack, (await run.UndoAsync(good.Id)).Status);

        var tag = $"1.2-crash{account.User.Name[^1]}";
        var bad = await run.StartAsync(tag);
        Assert.True(bad.Status == RolloutStatus.RolledBack, bad.Reason);
        Assert.Contains("restarts: 3", bad.Reason, StringComparison.Ordinal);
        Assert.Contains(await run.QuarantineAsync(), q => q.Rollout == bad.Id);
        Assert.All(await scene.Work.ImagesAsync("db"), image => Assert.Equal("registry.example/shop/web:1.0", image));
    }

    private static string Unwell(PatchRollout rollout) =>
        string.Join(' ', rollout.Changes.Where(c => c.Status != ChangeStatus.Healthy).Select(c => $"{c.Workload}: {c.Detail}"));
}
