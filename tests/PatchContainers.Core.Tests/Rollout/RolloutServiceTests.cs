using PatchContainers.History;
using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class RolloutServiceTests : IDisposable
{
    private readonly RolloutWorld _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Rings_run_in_order_each_through_its_gates_and_the_record_says_that_no_platform_was_observed()
    {
        _world.Write("staging", $"web={OldImage}", "db=postgres:16");
        _world.Write("production", $"web={OldImage}", $"web2={OldImage}@{OldDigest}");
        var gate = _world.AddGate("policy", GateVerdict.Passed);

        var rollout = await _world.RunAsync(_world.Request("staging", "production"), Token);

        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Contains("no platform was observed", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal([RingStatus.Passed, RingStatus.Passed], rollout.Rings.Select(r => r.Status));
        Assert.All(rollout.Changes, c => Assert.Equal(ChangeStatus.Written, c.Status));
        Assert.Equal(["Apply staging", "Gate staging", "Pass staging", "Apply production", "Apply production", "Gate production", "Pass production", "End "],
            rollout.Steps.Select(s => $"{s.Action} {s.Ring}"));
        Assert.Equal(["staging", "production"], gate.Asked.Select(a => a.Ring));
        Assert.Equal([1, 2], gate.Asked.Select(a => a.Changes.Count));
        Assert.Equal($"web={NewImage}\ndb=postgres:16\n", _world.Read("staging"));
        Assert.Equal($"web={NewImage}\nweb2={NewImage}\n", _world.Read("production"));
        Assert.Equivalent(rollout, await _world.Service.GetAsync(rollout.Id, Token), strict: true);
        Assert.Matches("^20261121-074500-[0-9a-f]{4}$", rollout.Id);
        Assert.Equal(0, RolloutOutcome.ExitCode(rollout));
        Assert.Null(RolloutOutcome.Error(rollout));
    }

    [Fact]
    public async Task Every_decision_is_in_the_history_and_the_rollout_holds_its_head()
    {
        _world.Write("staging", $"web={OldImage}");
        _world.AddGate("policy", GateVerdict.Passed);
        var rollout = await _world.RunAsync(_world.Request("staging"), Token);

        var records = await _world.ReadHistoryAsync(Token);
        Assert.Equal(["Rollout Started", "Change Written", "Gate Passed", "Rollout RingPassed", "Rollout Succeeded"],
            records.Select(r => $"{r.Kind} {r.Outcome}"));
        Assert.Equal([$"{rollout.Id}/0/1", $"{rollout.Id}/1/1", $"{rollout.Id}/2/1", $"{rollout.Id}/3/1", $"{rollout.Id}/4/1"],
            records.Select(r => r.Key));
        var change = records[1];
        Assert.Equal((OldImage, OldDigest, NewDigest), (change.Image, change.OldDigest, change.NewDigest));
        Assert.Equal(["CVE-2023-0001"], change.Findings);
        Assert.Equal(["policy: Passed"], records[2].Gates);
        Assert.Equal((NewImage, OldDigest, NewDigest), (records[2].Image, records[2].OldDigest, records[2].NewDigest));
        Assert.True((await _world.History.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), Token)).IsIntact);
        Assert.Equal(rollout.HistoryHead, (await _world.History.ReadHeadAsync(Token)).ToString());
    }

    [Fact]
    public async Task What_a_gate_said_is_found_by_each_image_of_its_ring()
    {
        _world.Write("staging", $"web={OldImage}", "api=registry.example/api:1", $"web2={OldImage}");
        _world.AddGate("policy", GateVerdict.Passed);
        var updates = new[] { Update(), Update("registry.example/api:1", OtherDigest, "registry.example/api:1-patched", OldDigest) };
        var rollout = await _world.RunAsync(_world.Request("staging") with { Updates = updates }, Token);

        foreach (var image in (string[])["registry.example/web", NewDigest, "registry.example/api", "registry.example/api:1-patched"])
        {
            var records = await _world.History.ReadAsync(new HistoryFilter { Image = image }, Token).ToListAsync(Token);
            Assert.Equal(["policy: Passed"], Assert.Single(records, r => r.Kind == PatchRecordKind.Gate).Gates);
        }

        var gates = (await _world.ReadHistoryAsync(Token)).Where(r => r.Kind == PatchRecordKind.Gate);
        Assert.Equal([$"{rollout.Id}/4/1", $"{rollout.Id}/4/1/2"], gates.Select(r => r.Key));
    }

    [Fact]
    public async Task A_reason_that_many_workloads_share_is_said_once()
    {
        _world.Write("staging", "db=postgres:16");
        _world.Write("production", $"web={OldImage}", $"web2={OldImage}", $"web3={OldImage}");
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.RunAsync(_world.Request("production"), Token));
        Assert.Equal(PatchErrorCode.NotPromotable, e.Code);
        Assert.Equal(2, e.Message.Split("has not passed staging").Length);
        Assert.All((string[])["web.txt/web,", "web.txt/web2,", "web.txt/web3."], name =>
            Assert.Contains(name, e.Message, StringComparison.Ordinal));
    }
}
