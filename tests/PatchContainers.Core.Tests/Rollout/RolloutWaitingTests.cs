using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>Rollouts that wait: for a person, for a time, for another process.</summary>
public sealed class RolloutWaitingTests : IDisposable
{
    private readonly RolloutWorld _world = new(made: ChangeStatus.Applied);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RolloutWaitingTests()
    {
        _world.Write("staging", $"s={OldImage}");
        _world.Write("production", $"p={OldImage}");
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_ring_that_needs_a_yes_waits_for_it_and_the_history_has_who_said_it()
    {
        var rollout = await RunAsync(ApprovedProduction);
        Assert.Equal((RolloutStatus.Paused, 6), (rollout.Status, RolloutOutcome.ExitCode(rollout)));
        Assert.Contains("production waits for a person", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal($"p={OldImage}\n", _world.Read("production"));
        Assert.Equal(RolloutStatus.Paused, (await ResumeAsync(rollout)).Status);

        var approved = await _world.Service.ApproveAsync(rollout.Id, "production", null, "change 4711", _world.Progress, Token);
        Assert.Equal((RolloutStatus.Paused, $"p={OldImage}\n"), (approved.Status, _world.Read("production")));
        Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(rollout)).Status);
        var record = Assert.Single(await _world.ReadHistoryAsync(Token), r => r.Outcome == "Approved");
        Assert.Contains("change 4711", record.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(record.Actor);
    }

    [Fact]
    public async Task A_yes_holds_no_longer_than_it_says_and_may_be_said_ahead()
    {
        var detached = await RunAsync(ApprovedProduction, new RolloutRunOptions { Detach = true });
        Assert.Equal(RolloutStatus.Planned, detached.Status);
        await _world.Service.ApproveAsync(detached.Id, string.Empty, TimeSpan.FromHours(1), string.Empty, _world.Progress, Token);
        _world.Clock.Now += TimeSpan.FromHours(2);
        Assert.Equal(RolloutStatus.Paused, (await ResumeAsync(detached)).Status);
        await _world.Service.ApproveAsync(detached.Id, "production", TimeSpan.FromHours(1), string.Empty, _world.Progress, Token);
        Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(detached)).Status);
    }

    [Theory]
    [InlineData("staging")]
    [InlineData("nowhere")]
    public async Task A_yes_to_a_ring_that_waits_for_none_is_refused(string ring)
    {
        var rollout = await RunAsync(ApprovedProduction);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            _world.Service.ApproveAsync(rollout.Id, ring, null, string.Empty, _world.Progress, Token));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        Assert.Contains("production", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ring_of_which_nobody_could_say_whether_it_is_well_goes_on_when_a_person_takes_it_as_it_is()
    {
        _world.AddGate("health", GateVerdict.Passed).ByRing["staging"] = GateVerdict.Inconclusive;
        var rollout = await RunAsync(r => r);
        Assert.Contains("an approval of the ring takes it as it is", rollout.Reason, StringComparison.Ordinal);

        await ApproveAsync(rollout, "staging", TimeSpan.FromHours(1));
        _world.Clock.Now += TimeSpan.FromHours(2);
        Assert.Equal((RolloutStatus.Paused, $"p={OldImage}\n"), ((await ResumeAsync(rollout)).Status, _world.Read("production")));

        await ApproveAsync(rollout, "staging", TimeSpan.FromHours(1));
        var resumed = await ResumeAsync(rollout);
        Assert.Equal((RolloutStatus.Succeeded, $"p={NewImage}\n"), (resumed.Status, _world.Read("production")));
        Assert.Equal(GateVerdict.Inconclusive, resumed.Rings[0].Gates[0].Verdict);
        Assert.Equal(2, (await _world.ReadHistoryAsync(Token)).Count(r => r.Outcome == "Approved"));
    }

    [Fact]
    public async Task Taking_a_ring_as_it_is_does_not_take_what_then_fails()
    {
        _world.AddGate("health", GateVerdict.Inconclusive, GateVerdict.Failed);
        var rollout = await RunAsync(r => r);
        await ApproveAsync(rollout, string.Empty, null);
        Assert.Equal((RolloutStatus.RolledBack, $"s={OldImage}\n"), ((await ResumeAsync(rollout)).Status, _world.Read("staging")));
    }

    [Fact]
    public async Task A_detached_rollout_does_nothing_until_it_is_resumed_and_holds_its_place()
    {
        var rollout = await RunAsync(r => r, new RolloutRunOptions { Detach = true });
        Assert.Equal((RolloutStatus.Planned, 0), (rollout.Status, RolloutOutcome.ExitCode(rollout)));
        Assert.Empty(_world.Platform.Calls);
        var e = await Assert.ThrowsAsync<PatchException>(() => RunAsync(r => r));
        Assert.Equal(PatchErrorCode.Conflict, e.Code);
        Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(rollout)).Status);
    }

    [Fact]
    public async Task A_run_ends_before_a_soak_that_would_take_longer_and_another_goes_on_when_it_is_over()
    {
        var rollout = await RunAsync(r => r with { Soak = TimeSpan.FromHours(24) }, new RolloutRunOptions { MaxDuration = TimeSpan.FromHours(3) });
        Assert.Equal(RolloutStatus.Paused, rollout.Status);
        Assert.Contains("The ring staging goes on at 2026-11-22 07:45:00Z: the ring soaks until then.", rollout.Reason, StringComparison.Ordinal);

        _world.Clock.Now += TimeSpan.FromHours(12);
        Assert.Equal(RolloutStatus.Paused, (await ResumeAsync(rollout, TimeSpan.FromHours(3))).Status);
        _world.Clock.Now += TimeSpan.FromHours(12);
        var production = await ResumeAsync(rollout, TimeSpan.FromHours(3));
        Assert.Equal((RolloutStatus.Paused, RingStatus.Passed), (production.Status, production.Rings[0].Status));
        Assert.Equal($"p={NewImage}\n", _world.Read("production"));
        _world.Clock.Now += TimeSpan.FromHours(25);
        Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(rollout, TimeSpan.FromHours(3))).Status);
    }

    [Fact]
    public async Task A_rollout_that_waits_is_stopped_at_once_and_can_be_undone()
    {
        var rollout = await RunAsync(ApprovedProduction);
        var stopped = await _world.Service.StopAsync(rollout.Id, "not tonight", _world.Progress, Token);
        Assert.Equal((RolloutStatus.Stopped, 1), (stopped.Status, RolloutOutcome.ExitCode(stopped)));
        Assert.Contains("not tonight. 1 workloads were changed and stay so. Undo puts them back.", stopped.Reason, StringComparison.Ordinal);
        Assert.Equal($"s={NewImage}\n", _world.Read("staging"));
        Assert.Equal(RolloutStatus.Stopped, (await ResumeAsync(rollout)).Status);
        var undone = await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token);
        Assert.Equal((RolloutStatus.RolledBack, $"s={OldImage}\n"), (undone.Status, _world.Read("staging")));
    }

    [Fact]
    public async Task A_rollout_that_another_process_runs_stops_by_itself_when_it_is_asked_to()
    {
        _world.Clock.Skips = false;
        var gate = _world.AddGate("health", GateVerdict.Passed);
        PatchRollout? seen = null;
        gate.Before = async token =>
        {
            var running = await _world.Service.ListAsync(_world.Progress, Token).SingleAsync(Token);
            seen = await _world.Service.StopAsync(running.Id, "enough", _world.Progress, Token);
            await Task.Delay(Timeout.Infinite, token);
        };
        var rollout = await RunAsync(r => r);
        Assert.Equal(RolloutStatus.Running, seen!.Status);
        Assert.Equal(RolloutStatus.Stopped, rollout.Status);
        Assert.Equal("Interrupted", rollout.Steps.Single(s => s.Action == "Gate").Outcome);
        Assert.Contains(_world.Notices.OfType<PatchNotice.Warning>(), w => w.Message.Contains("was asked to stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gate_that_a_person_skips_is_not_asked_and_the_history_says_so()
    {
        var gate = _world.AddGate("health", GateVerdict.Failed);
        var rollout = await _world.RunAsync(_world.Request("staging", "production") with { SkipGates = ["health"] }, Token);
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Empty(gate.Asked);
        Assert.Contains("Not asked: health.", (await _world.ReadHistoryAsync(Token))[0].Detail, StringComparison.Ordinal);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            _world.RunAsync(_world.Request("staging", "production") with { SkipGates = ["helth"] }, Token));
        Assert.Contains("The gates are: health.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Sun 02:00 +4h Europe/Berlin", "2026-11-22 01:00:00Z")]
    [InlineData("Sat,Sun 08:40 +14m Europe/Berlin", "2026-11-22 07:40:00Z")]
    [InlineData("Sat,Sun 08:40 +16m Europe/Berlin", null)]
    public async Task A_ring_begins_in_its_window_and_not_what_would_outlast_it(string window, string? begins)
    {
        var production = await RunAsync(r => r.Name == "staging" ? r : r with { Windows = [window] },
            new RolloutRunOptions { MaxDuration = TimeSpan.FromHours(3) });
        Assert.Equal(begins is null ? RolloutStatus.Succeeded : RolloutStatus.Paused, production.Status);
        Assert.Equal(begins is null ? NewImage : OldImage, _world.Read("production").Trim()[2..]);
        if (begins is not null)
        {
            Assert.Contains($"The ring production goes on at {begins}", production.Reason, StringComparison.Ordinal);
            _world.Clock.Now = DateTimeOffset.Parse(begins, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(production)).Status);
        }
    }

    [Fact]
    public async Task A_freeze_that_never_ends_pauses_and_a_window_that_is_none_is_refused()
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => RunAsync(r => r with { Windows = ["Funday 02:00 +4h Europe/Berlin"] }));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        var rollout = await RunAsync(r => r with { Windows = ["Sat 02:00 +1m Europe/Berlin"] });
        Assert.Equal(RolloutStatus.Paused, rollout.Status);
        Assert.Contains("has no window to begin in", rollout.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_no_longer_stands_after_a_pause_is_found_before_anything_goes_on()
    {
        var rollout = await RunAsync(ApprovedProduction);
        await _world.Service.ApproveAsync(rollout.Id, "production", null, string.Empty, _world.Progress, Token);
        _world.Write("staging", $"s={OldImage}");
        var resumed = await ResumeAsync(rollout);
        Assert.Equal(RolloutStatus.Paused, resumed.Status);
        Assert.Contains("1 workloads no longer hold what this rollout brought there.", resumed.Reason, StringComparison.Ordinal);
        Assert.Equal($"p={OldImage}\n", _world.Read("production"));

        _world.Write("staging", $"s={NewImage}");
        Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(rollout)).Status);
    }

    private static PatchRing ApprovedProduction(PatchRing ring) => ring with { Approval = ring.Name == "production" };

    private Task<PatchRollout> ApproveAsync(PatchRollout rollout, string ring, TimeSpan? lasting) =>
        _world.Service.ApproveAsync(rollout.Id, ring, lasting, string.Empty, _world.Progress, Token);

    private Task<PatchRollout> ResumeAsync(PatchRollout rollout, TimeSpan? maxDuration = null) =>
        _world.Service.ResumeAsync(rollout.Id, new RolloutRunOptions { MaxDuration = maxDuration }, _world.Progress, Token);

    private async Task<PatchRollout> RunAsync(Func<PatchRing, PatchRing> ring, RolloutRunOptions? options = null)
    {
        var request = _world.Request("staging", "production").With(p => p with { Rings = [.. p.Rings.Select(ring)] });
        return await _world.Service.StartAsync(await _world.Service.PlanAsync(request, _world.Progress, Token), options ?? new RolloutRunOptions(),
            _world.Progress, Token);
    }
}
