using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class QuarantineTests : IDisposable
{
    private readonly RolloutWorld _world = new(made: ChangeStatus.Healthy);

    public QuarantineTests()
    {
        _world.Write("staging", $"web={OldImage}");
        _world.Write("production", $"web={OldImage}");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_digest_that_a_gate_called_Failed_after_it_ran_is_quarantined_and_refused_from_then_on()
    {
        _world.AddGate("health", GateVerdict.Failed, GateVerdict.Passed);
        var failed = await _world.RunAsync(_world.Request("staging"), Token);

        var entry = Assert.Single(await _world.Quarantine.GetAsync(Token));
        Assert.Equal(("registry.example/web", NewDigest, "staging", failed.Id),
            (entry.Repository, entry.Digest, entry.Ring, entry.Rollout));
        Assert.Contains(await _world.ReadHistoryAsync(Token), r => r is { Outcome: "Quarantined", NewDigest: NewDigest });

        var e = await Assert.ThrowsAsync<PatchException>(() => _world.RunAsync(_world.Request("staging"), Token));
        Assert.Equal(PatchErrorCode.NotPromotable, e.Code);
        Assert.Contains("quarantine", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_digest_of_the_repository_that_passes_the_same_ring_supersedes_it()
    {
        _world.AddGate("health", GateVerdict.Failed, GateVerdict.Passed);
        await _world.RunAsync(_world.Request("staging"), Token);
        var other = await _world.RunAsync(_world.Request("staging") with { Updates = [Update(newDigest: OtherDigest)] }, Token);

        Assert.Equal(RolloutStatus.Succeeded, other.Status);
        Assert.Empty(await _world.Quarantine.GetAsync(Token));
        Assert.Contains(await _world.ReadHistoryAsync(Token), r => r.Outcome == "RingPassed"
            && r.Detail.Contains(NewDigest, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_digest_is_released_by_hand()
    {
        _world.AddGate("health", GateVerdict.Failed, GateVerdict.Passed);
        await _world.RunAsync(_world.Request("staging"), Token);

        Assert.Empty(await _world.Service.ReleaseAsync(NewDigest, "registry.example/other", Token));
        Assert.Single(await _world.Service.ReleaseAsync(NewDigest, "registry.example/web", Token));
        Assert.Empty(await _world.Service.ReleaseAsync(NewDigest, null, Token));
        Assert.Contains(await _world.ReadHistoryAsync(Token), r =>
            r is { Kind: PatchContainers.History.PatchRecordKind.Quarantine, Outcome: "Released", NewDigest: NewDigest });
        Assert.Equal(RolloutStatus.Succeeded, (await _world.RunAsync(_world.Request("staging"), Token)).Status);
    }

    [Fact]
    public async Task Only_the_digests_that_the_gate_blames_are_quarantined()
    {
        _world.Write("staging", $"web={OldImage}", "db=registry.example/db:1");
        _world.AddGate("health", GateVerdict.Failed).Blamed = [OtherDigest];
        await _world.RunAsync(_world.Request("staging") with { Updates = [Update(),
            Update("registry.example/db:1", OldDigest, "registry.example/db:2", OtherDigest)] }, Token);
        Assert.Equal(("registry.example/db", OtherDigest), (await _world.Quarantine.GetAsync(Token)).Select(q => (q.Repository, q.Digest))
            .Single());
    }

    [Theory]
    [InlineData(GateVerdict.Failed, ChangeStatus.Written)]
    [InlineData(GateVerdict.Inconclusive, ChangeStatus.Healthy)]
    public async Task What_was_only_written_and_what_a_gate_could_not_tell_is_not_quarantined(GateVerdict verdict, ChangeStatus made)
    {
        using var world = new RolloutWorld(made: made);
        world.Write("staging", $"web={OldImage}");
        world.AddGate("policy", verdict);
        var rollout = await world.RunAsync(world.Request("staging").With(p => p with { OnInconclusive = InconclusiveAction.Fail }), Token);
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Empty(await world.Quarantine.GetAsync(Token));
    }

    [Fact]
    public async Task A_quarantine_that_cannot_be_read_is_an_error_and_not_empty()
    {
        var path = Path.Combine(_world.State.Journal, "quarantine.json");
        Directory.CreateDirectory(_world.State.Journal);
        await File.WriteAllTextAsync(path, "{", Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.PlanAsync(_world.Request("staging"), _world.Progress, Token));
        Assert.Equal((PatchErrorCode.InvalidData, path), (e.Code, e.Target));
    }
}
