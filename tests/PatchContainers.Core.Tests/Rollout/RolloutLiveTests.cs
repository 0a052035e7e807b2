using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>Rollouts on a platform that runs what it is told to, and can be observed.</summary>
public sealed class RolloutLiveTests : IDisposable
{
    private readonly RolloutWorld _world = new(made: ChangeStatus.Applied);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RolloutLiveTests()
    {
        _world.Write("staging", $"a={OldImage}", $"b={OldImage}", $"c={OldImage}");
        _world.Write("production", $"p={OldImage}");
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("", "Apply a,Apply b,Apply c,Await New a,Await New b,Await New c")]
    [InlineData("2", "Apply a,Apply b,Await New a,Await New b,Apply c,Await New c")]
    [InlineData("50%", "Apply a,Apply b,Await New a,Await New b,Apply c,Await New c")]
    [InlineData("1", "Apply a,Await New a,Apply b,Await New b,Apply c,Await New c")]
    public async Task A_portion_begins_when_the_one_before_is_ready(string batch, string calls)
    {
        var rollout = await RunAsync(r => r with { Batch = Portion.Parse(batch) }, "staging");
        Assert.Equal((RolloutStatus.Succeeded, RingStatus.Passed), (rollout.Status, rollout.Rings[0].Status));
        Assert.All(rollout.Changes, c => Assert.Equal((ChangeStatus.Healthy, true), (c.Status, c.Ran)));
        Assert.Equal(calls.Split(','), _world.Platform.Calls);
    }

    [Fact]
    public async Task A_canary_is_awaited_soaked_and_judged_before_it_goes_on_and_its_strategy_is_restored()
    {
        var gate = _world.AddGate("health", GateVerdict.Passed);
        var rollout = await RunAsync(r => r with { Canary = Portion.Parse("10%"), CanarySoak = TimeSpan.FromMinutes(1), Batch = Portion.Parse("2") },
            "staging");
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        string[] first = ["Apply a", "Apply b", "Await Canary a", "Await Canary b", "Await Canary a", "Await Canary b", "Promote a", "Promote b",
            "Await New a", "Await New b", "Finish a", "Finish b"];
        string[] second = ["Apply c", "Await Canary c", "Await Canary c", "Promote c", "Await New c", "Finish c"];
        Assert.Equal([.. first, .. second], _world.Platform.Calls.Where(c => !c.StartsWith("Look", StringComparison.Ordinal)));
        Assert.Equal([2, 1, 3], gate.Asked.Select(a => a.Changes.Count));
        Assert.Equal("rolling", _world.Strategy("staging", "a"));
        Assert.Equal(TimeSpan.FromMinutes(1), Soaks(rollout).First());
    }

    [Fact]
    public async Task A_canary_that_a_gate_fails_goes_no_further_and_everything_is_as_it_was()
    {
        _world.AddGate("health", GateVerdict.Failed);
        var rollout = await RunAsync(r => r with { Canary = Portion.Parse("1") }, "staging", "production");
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.DoesNotContain(_world.Platform.Calls, c => c.StartsWith("Promote", StringComparison.Ordinal) || c.EndsWith(" p", StringComparison.Ordinal));
        Assert.Equal($"a={OldImage}\nb={OldImage}\nc={OldImage}\n", _world.Read("staging"));
        Assert.Equal("rolling", _world.Strategy("staging", "a"));
        Assert.Equal(NewDigest, Assert.Single(await _world.Quarantine.GetAsync(Token)).Digest);
        Assert.All(rollout.Changes.Where(c => c.Ring == "staging"), c => Assert.Equal(ChangeStatus.RolledBack, c.Status));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task What_does_not_become_ready_is_put_back_and_quarantined_only_if_it_ran(bool ran, bool quarantined)
    {
        See("b", AwaitedState.New, ChangeStatus.Failed, "CrashLoopBackOff", ran);
        var rollout = await RunAsync(r => r, "staging", "production");
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("b did not become healthy: CrashLoopBackOff", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(["Await Old a", "Await Old b", "Await Old c"], _world.Platform.Calls.TakeLast(3).Order());
        Assert.Equal(quarantined, (await _world.Quarantine.GetAsync(Token)).Any());
        var again = await _world.Service.PlanAsync(_world.Request("staging"), _world.Progress, Token);
        Assert.Equal(quarantined, again.Refusals.Any(r => r.Code == PatchErrorCode.NotPromotable));
    }

    [Fact]
    public async Task What_is_not_ready_in_time_has_failed()
    {
        See("b", AwaitedState.New, ChangeStatus.Applied, "1 of 3 pods are available.", ran: true);
        var rollout = await RunAsync(r => r with { Timeout = TimeSpan.FromMinutes(7) }, "staging");
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("it was not ready at 2026-11-21 07:52:00Z, when its time was over. 1 of 3 pods", rollout.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(await _world.Quarantine.GetAsync(Token));
    }

    [Fact]
    public async Task An_old_version_that_does_not_become_ready_again_is_no_rollback()
    {
        See("b", AwaitedState.New, ChangeStatus.Failed, "CrashLoopBackOff", ran: true);
        See("a", AwaitedState.Old, ChangeStatus.Failed, "its volume is gone", ran: true);
        var rollout = await RunAsync(r => r, "staging");
        Assert.Equal((RolloutStatus.Failed, 5), (rollout.Status, RolloutOutcome.ExitCode(rollout)));
        Assert.Contains("its volume is gone", RolloutOutcome.Error(rollout)!.Message, StringComparison.Ordinal);

        // Mended, and undone again.
        _world.Platform.Observed.Clear();
        var undone = await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token);
        Assert.Equal(RolloutStatus.RolledBack, undone.Status);
    }

    [Theory]
    [InlineData(InconclusiveAction.Pause, RolloutStatus.Paused)]
    [InlineData(InconclusiveAction.Fail, RolloutStatus.RolledBack)]
    [InlineData(InconclusiveAction.Continue, RolloutStatus.Succeeded)]
    public async Task A_platform_that_cannot_tell_quarantines_nothing(InconclusiveAction action, RolloutStatus status)
    {
        See("b", AwaitedState.New, ChangeStatus.Inconclusive, "the server cannot be reached", ran: false);
        var rollout = await RunAsync(r => r, p => p with { OnInconclusive = action }, "staging");
        Assert.Equal(status, rollout.Status);
        Assert.Empty(await _world.Quarantine.GetAsync(Token));
        if (status == RolloutStatus.Paused)
        {
            _world.Platform.Observed.Clear();
            Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(rollout)).Status);
        }
    }

    [Theory]
    [InlineData(InconclusiveAction.Pause, RolloutStatus.Paused)]
    [InlineData(InconclusiveAction.Fail, RolloutStatus.RolledBack)]
    [InlineData(InconclusiveAction.Continue, RolloutStatus.Succeeded)]
    public async Task What_ran_nowhere_has_not_passed_the_first_ring(InconclusiveAction action, RolloutStatus status)
    {
        foreach (var name in (string[])["a", "b", "c", "p"])
        {
            See(name, AwaitedState.New, ChangeStatus.Healthy, "No pod has to run the image.", ran: false);
        }

        var rollout = await RunAsync(r => r, p => p with { OnInconclusive = action }, "staging", "production");
        Assert.Equal(status, rollout.Status);
        Assert.Empty(await _world.Quarantine.GetAsync(Token));
        if (status == RolloutStatus.Paused)
        {
            Assert.Contains("nothing was seen to run", rollout.Reason, StringComparison.Ordinal);
            Assert.Equal($"p={OldImage}\n", _world.Read("production"));
            Assert.Equal(RolloutStatus.Paused, (await ResumeAsync(rollout)).Status);

            // One that runs is enough, and production may be scaled to zero.
            See("a", AwaitedState.New, ChangeStatus.Healthy, string.Empty, ran: true);
            Assert.Equal(RolloutStatus.Succeeded, (await ResumeAsync(rollout)).Status);
        }
    }

    [Fact]
    public async Task A_stop_puts_back_the_canary_that_nobody_has_judged_and_leaves_what_went_on_to_all()
    {
        var rollout = await _world.Service.StartAsync(await _world.Service.PlanAsync(_world.Request("staging").With(p => p with
        {
            Rings = [p.Rings[0] with { Batch = Portion.Parse("2"), Canary = Portion.Parse("1"), CanarySoak = TimeSpan.FromHours(1) }],
            RingOrder = ["staging", "production"],
        }), _world.Progress, Token), new RolloutRunOptions { MaxDuration = TimeSpan.FromMinutes(90) }, _world.Progress, Token);
        Assert.Equal(RolloutStatus.Paused, rollout.Status);
        Assert.Equal(("rolling", "canary 1"), (_world.Strategy("staging", "a"), _world.Strategy("staging", "c")));

        var stopped = await _world.Service.StopAsync(rollout.Id, "enough", _world.Progress, Token);
        Assert.Equal((RolloutStatus.Stopped, RingStatus.Running), (stopped.Status, stopped.Rings[0].Status));
        Assert.Contains("1 canaries were put back. 2 workloads were changed and stay so. Undo puts them back.", stopped.Reason, StringComparison.Ordinal);
        Assert.Equal($"a={NewImage}\nb={NewImage}\nc={OldImage}\n", _world.Read("staging"));
        Assert.Equal("rolling", _world.Strategy("staging", "c"));
        var undone = await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token);
        Assert.Equal((RolloutStatus.RolledBack, $"a={OldImage}\nb={OldImage}\nc={OldImage}\n"), (undone.Status, _world.Read("staging")));
    }

    [Fact]
    public async Task A_workload_changed_by_someone_else_meanwhile_is_left_and_reported()
    {
        See("b", AwaitedState.New, ChangeStatus.LeftAlone, "it runs registry.example/web:hotfix now", ran: false);
        var rollout = await RunAsync(r => r, "staging");
        Assert.Contains("someone else changed", rollout.Reason, StringComparison.Ordinal);
        Assert.Empty(await _world.Quarantine.GetAsync(Token));
    }

    [Fact]
    public async Task A_soak_is_waited_for_and_what_fails_in_it_has_failed()
    {
        var gate = _world.AddGate("health", GateVerdict.Passed);
        var begun = _world.Clock.Now;
        var rollout = await RunAsync(r => r with { Soak = TimeSpan.FromHours(24) }, "staging");
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Equal(TimeSpan.FromHours(24), Soaks(rollout).Single());
        Assert.True(_world.Clock.Now - begun >= TimeSpan.FromHours(24));
        Assert.Single(gate.Asked);
        Assert.Equal(6, _world.Platform.Calls.Count(c => c.StartsWith("Await", StringComparison.Ordinal)));
    }

    private Task<PatchRollout> ResumeAsync(PatchRollout rollout) =>
        _world.Service.ResumeAsync(rollout.Id, new RolloutRunOptions(), _world.Progress, Token);

    private void See(string name, AwaitedState state, ChangeStatus status, string detail, bool ran) =>
        _world.Platform.Observed[(name, state)] = new RolloutChange
        {
            Workload = name,
            Platform = TextPlatform.Name,
            Ring = string.Empty,
            OldImage = string.Empty,
            NewImage = string.Empty,
            NewDigest = string.Empty,
            Status = status,
            Detail = detail,
            Ran = ran,
        };

    private Task<PatchRollout> RunAsync(Func<PatchRing, PatchRing> ring, params string[] rings) => RunAsync(ring, p => p, rings);

    private Task<PatchRollout> RunAsync(Func<PatchRing, PatchRing> ring, Func<PatchPlan, PatchPlan> plan, params string[] rings) =>
        _world.RunAsync(_world.Request(rings).With(p => plan(p) with { Rings = [.. p.Rings.Select(ring)], RingOrder = ["staging", "production"] }),
            Token);

    // From the step that notes the soak to the one after it.
    private static IEnumerable<TimeSpan> Soaks(PatchRollout rollout) => rollout.Steps.Zip(rollout.Steps.Skip(1))
        .Where(s => s.First.Action == "Soak").Select(s => s.Second.StartedAt!.Value - s.First.StartedAt!.Value);
}
