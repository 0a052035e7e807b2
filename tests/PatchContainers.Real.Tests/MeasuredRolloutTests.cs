using PatchContainers.Health;
using PatchContainers.History;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.TestKit;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>Rollouts under gates on a real Prometheus.</summary>
public sealed class MeasuredRolloutTests(MeasuredService service) : IClassFixture<MeasuredService>
{
    private const string Image = "registry.example/shop/web:1.0";
    private const string Bad = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_version_that_raises_the_error_rate_is_rolled_back_and_never_reaches_production_and_a_healthy_one_does()
    {
        var real = RealEngines.Require();
        using var folder = new TemporaryFolder();
        var state = new PatchState(folder["state"]);
        using var shared = SharedState.OfFolder(state, TimeProvider.System);
        using var history = new HistoryFile(state.History, TimeProvider.System);
        var quarantine = new QuarantineStore(shared.Quarantine, TimeProvider.System);
        var platform = new MeasuredPlatform(service, new Dictionary<string, MeasuredApplication>
        {
            ["staging"] = await service.AddAsync(real),
            ["production"] = await service.AddAsync(real),
        }, Image, Bad);
        var rollouts = new RolloutService(shared.Journal, quarantine, history, platform.Open, [platform],
            new GateFactory(null, TimeProvider.System).Create, null, TimeProvider.System);
        await service.ScrapedAsync(4);

        var failed = await RunAsync(rollouts, real, Bad);
        Assert.True(failed.Status == RolloutStatus.RolledBack, failed.Reason);
        Assert.Contains("it rose by more than 20%", failed.Reason, StringComparison.Ordinal);
        Assert.Equal([$"staging: {Image}-patched@{Bad}", $"staging: {Image}"], platform.Writes);
        Assert.Equal((Image, Image), (platform.Images["staging"], platform.Images["production"]));

        var passed = await RunAsync(rollouts, real, PrometheusTests.NewDigest);
        Assert.True(passed.Status == RolloutStatus.Succeeded, passed.Reason);
        Assert.All(platform.Images.Values, i => Assert.EndsWith(PrometheusTests.NewDigest, i, StringComparison.Ordinal));
        Assert.All(passed.Rings, r => Assert.Equal([GateVerdict.Passed], r.Gates.Select(g => g.Verdict)));
    }

    private static async Task<PatchRollout> RunAsync(RolloutService rollouts, RealEngines real, string digest)
    {
        var notices = new NoticeList();
        var gate = PrometheusGate.Define("errors", new Dictionary<string, string>
        {
            ["url"] = real.Prometheus,
            ["query"] = PrometheusTests.ErrorRatio,
            ["maxIncrease"] = "20%",
        });
        return await rollouts.StartAsync(await rollouts.PlanAsync(new RolloutRequest
        {
            Updates =
            [
                new BaseImageUpdate
                {
                    Image = Image,
                    Digest = PrometheusTests.OldDigest,
                    NewImage = $"{Image}-patched",
                    NewDigest = digest,
                    Status = UpdateStatus.Updated,
                },
            ],
            Plan = new PatchPlan
            {
                Name = "shop",
                Rings = [.. new[] { "staging", "production" }.Select(r =>
                    new PatchRing { Name = r, Targets = [new RingTarget { Context = r }], Gates = [gate] })],
            },
        }, notices, Token), new RolloutRunOptions(), notices, Token);
    }
}
