using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>
/// Rollouts over two rings of a real platform, killed and stopped by real signals at each single thing that they do: an entry of the
/// journal, a write to the platform, a record of the history, a change of the quarantine. One process runs many; each stands still at its
/// own point until all do.
/// </summary>
/// <remarks>PATCHCONTAINERS_TEST_KILLS=all takes every point of every rollout; otherwise so many are taken, evenly.</remarks>
public abstract class RolloutKills : IAsyncLifetime
{
    private KillWorld _world = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static bool IsAll => Environment.GetEnvironmentVariable("PATCHCONTAINERS_TEST_KILLS") == "all";

    public ValueTask InitializeAsync()
    {
        _world = OpenWorld();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await (_world?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    // What is there after one thing is what is there before the next: so each entry is killed before it is written, after it, and between
    // the platform's write and the journal's.
    [Fact]
    public async Task A_process_killed_after_anything_that_it_did_is_gone_on_with_and_ends_as_if_it_had_not_been()
    {
        var expected = await _world.RunWholeAsync(before: false, Token);
        Assert.All(expected, e => Assert.Contains($"\n{e.Key.End}\n", e.Value.Description, StringComparison.Ordinal));
        var points = Points(expected, _world.AtATime);
        var survived = 0;
        foreach (var wave in points.Chunk(_world.AtATime))
        {
            await using var runs = await _world.OpenAsync(wave, TimeProvider.System, Token);
            using (var child = await runs.HaltAsync(Token))
            {
                await child.KillAsync(Token);
            }

            await runs.ForEachAsync(async run =>
            {
                await run.RunAsync(Token);
                Assert.Equal(expected[run.Spec.Scenario].Description, await runs.DescribeAsync(run, Token));
                Interlocked.Increment(ref survived);
            }, Token);
        }

        foreach (var scenario in points.GroupBy(p => p.Scenario))
        {
            TestContext.Current.TestOutputHelper!.WriteLine($"{scenario.Key}: {scenario.Count()} kills of {expected[scenario.Key].Points} possible.");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{survived} of {points.Count} kills survived.");
    }

    [Fact]
    public async Task A_process_that_stood_still_through_its_lease_writes_nothing_more_and_changes_nothing_more()
    {
        var whole = await _world.RunWholeAsync(before: true, Token);
        var points = Points(whole, _world.AtATime / 2);
        foreach (var wave in points.Chunk(_world.AtATime))
        {
            // Two hours later by the clock of whoever takes over: then a lease is over in any store, without watching it.
            await using var runs = await _world.OpenAsync(wave, new ClockAhead(TimeSpan.FromHours(2)), Token);
            using var child = await runs.HaltAsync(Token);
            await child.StopAsync(Token);
            await runs.ForEachAsync(async run =>
            {
                // Where nothing has begun yet, the other begins; otherwise it puts everything back.
                var rollout = await run.FindAsync(Token) is { } found ? await run.UndoAsync(found.Id, Token) : await run.RunAsync(Token);
                Assert.True(rollout.Status is RolloutStatus.RolledBack or RolloutStatus.Succeeded, $"{run.Spec}: {rollout.Status} {rollout.Reason}");
            }, Token);
            var before = await runs.StateAsync(Token);
            child.Continue();
            foreach (var ended in await child.GoOnAsync(wave.Length, Token))
            {
                Assert.EndsWith(" Conflict", ended, StringComparison.Ordinal);
            }

            var after = await runs.StateAsync(Token);
            Assert.All(before, b => Assert.Equal(b.Value, after[b.Key]));
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{points.Count} of {points.Count} runs that lost their lease wrote nothing.");
    }

    [Fact]
    public async Task Of_two_processes_with_one_rollout_the_second_is_refused_and_told_who_has_it()
    {
        await using var runs = await _world.OpenAsync(
            [.. _world.Scenarios.Where(s => s.End == RolloutStatus.Succeeded).Select(s => new KillPoint(s, 12, false))], TimeProvider.System, Token);
        using var child = await runs.HaltAsync(Token);
        await runs.ForEachAsync(async run =>
        {
            foreach (var another in (Func<Task>[])[() => run.RunAsync(Token), () => run.StartAnotherAsync(Token)])
            {
                var e = await Assert.ThrowsAsync<PatchException>(another);
                Assert.Equal(PatchErrorCode.Conflict, e.Code);
                Assert.Contains($"{PatchContainers.History.HistoryActor.Current()} (process {child.Id}) has had '", e.Message, StringComparison.Ordinal);
                Assert.Contains("Wait for it to end, or end that process, and try again.", e.Message, StringComparison.Ordinal);
            }
        }, Token);
        Assert.All(await child.GoOnAsync(_world.Scenarios.Count(s => s.End == RolloutStatus.Succeeded), Token), line => Assert.EndsWith(" Succeeded", line, StringComparison.Ordinal));
    }

    internal abstract KillWorld OpenWorld();

    private static List<KillPoint> Points(
        IReadOnlyDictionary<KillScenario, (string Description, int Points, bool Before)> whole, int atMost)
    {
        var all = whole.SelectMany(scenario => Enumerable.Range(1, scenario.Value.Points)
            .Select(at => new KillPoint(scenario.Key, at, scenario.Value.Before))).ToList();
        var step = IsAll ? 1 : (all.Count + atMost - 1) / atMost;
        return all.FindAll(point => all.IndexOf(point) % step == 0);
    }

    private sealed class ClockAhead(TimeSpan ahead) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
    }
}
