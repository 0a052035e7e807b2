using PatchContainers.History;
using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class HistoryAuditTests : IDisposable
{
    private readonly RolloutWorld _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HistoryAudit Audit => new(_world.History, _world.Journal);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Without_a_rollout_there_is_nothing_to_compare_with_and_that_is_said()
    {
        var found = await Audit.VerifyAsync(null, Token);
        Assert.True(found.IsIntact);
        Assert.EndsWith("No rollout's journal holds a head to compare with.", found.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Heads_of_rollouts_that_ended_or_paused_are_compared_with_and_their_journals_named()
    {
        var (first, second) = await RunTwiceAsync();
        var found = await Audit.VerifyAsync(null, Token);
        Assert.True(found.IsIntact, found.Detail);
        Assert.Contains("Compared with the heads in these rollouts' journals: ", found.Detail, StringComparison.Ordinal);
        Assert.Contains(first.Id, found.Detail, StringComparison.Ordinal);
        Assert.Contains(second.Id, found.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_tail_is_found_and_the_journal_that_knows_better_named()
    {
        var (_, second) = await RunTwiceAsync();
        var lines = await File.ReadAllLinesAsync(_world.State.History, Token);
        await File.WriteAllLinesAsync(_world.State.History, lines[..^1], Token);

        Assert.True((await _world.History.VerifyAsync(null, Token)).IsIntact);
        var found = await Audit.VerifyAsync(null, Token);
        Assert.Equal((false, (long)lines.Length), (found.IsIntact, found.FirstFault));
        Assert.Contains($"The tail was cut: the history ends with record {lines.Length - 1}", found.Detail, StringComparison.Ordinal);
        Assert.Contains($"kept by the journal of the rollout {second.Id}", found.Detail, StringComparison.Ordinal);
        Assert.False((await Audit.VerifyAsync(HistoryHead.Parse(second.HistoryHead), Token)).IsIntact);
    }

    [Fact]
    public async Task A_chain_that_was_written_anew_is_found_at_the_first_head_that_differs()
    {
        var (first, _) = await RunTwiceAsync();
        var records = await _world.ReadHistoryAsync(Token);
        File.Delete(_world.State.History);
        foreach (var record in records)
        {
            await _world.History.AppendAsync(record with { Actor = "somebody else" }, Token);
        }

        Assert.True((await _world.History.VerifyAsync(null, Token)).IsIntact);
        var found = await Audit.VerifyAsync(null, Token);
        var head = HistoryHead.Parse(first.HistoryHead);
        Assert.Equal((false, head.Sequence), (found.IsIntact, found.FirstFault));
        Assert.Contains($"rewritten: record {head.Sequence} has another hash than the head that was kept by the journal of the rollout "
            + first.Id, found.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_is_not_what_was_written_is_a_fault_too()
    {
        var (first, second) = await RunTwiceAsync();
        var path = Path.Combine(_world.State.Journal, "rollouts", first.Id, "journal");
        var bytes = await File.ReadAllBytesAsync(path, Token);
        bytes[50] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Token);
        var found = await Audit.VerifyAsync(null, Token);
        Assert.Equal((false, null), (found.IsIntact, found.FirstFault));
        Assert.Contains($"Line 1 of the journal '{path}'", found.Detail, StringComparison.Ordinal);
        Assert.Contains($"in these rollouts' journals: {second.Id}.", found.Detail, StringComparison.Ordinal);
    }

    /// <summary>A rollout that ends, and a later one that pauses before it ends.</summary>
    private async Task<(PatchRollout First, PatchRollout Second)> RunTwiceAsync()
    {
        _world.Write("staging", $"web={OldImage}");
        var first = await _world.RunAsync(_world.Request("staging"), Token);
        _world.Clock.Now += TimeSpan.FromMinutes(1);
        _world.AddGate("policy", GateVerdict.Inconclusive, GateVerdict.Passed);
        var second = await _world.RunAsync(_world.Request("staging"), Token);
        Assert.Equal(RolloutStatus.Paused, second.Status);
        second = await _world.Service.ResumeAsync(second.Id, new RolloutRunOptions(), _world.Progress, Token);
        Assert.Equal((RolloutStatus.Succeeded, RolloutStatus.Succeeded), (first.Status, second.Status));
        return (first, second);
    }
}
