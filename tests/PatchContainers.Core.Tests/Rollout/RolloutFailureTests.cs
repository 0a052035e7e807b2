using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class RolloutFailureTests : IDisposable
{
    private readonly RolloutWorld _world = new();

    public RolloutFailureTests()
    {
        _world.Write("staging", $"web={OldImage}", $"api={OldImage}");
        _world.Write("production", $"web={OldImage}", $"api={OldImage}");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Old => $"web={OldImage}\napi={OldImage}\n";

    private static string New => $"web={NewImage}\napi={NewImage}\n";

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_gate_that_fails_in_staging_leaves_production_as_it_was_and_puts_staging_back()
    {
        _world.AddGate("policy", GateVerdict.Failed);
        var rollout = await RunAsync();

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("policy", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal((Old, Old), (_world.Read("staging"), _world.Read("production")));
        Assert.DoesNotContain(rollout.Steps, s => s.Ring == "production");
        Assert.Equal([RingStatus.RolledBack, RingStatus.Pending], rollout.Rings.Select(r => r.Status));
        Assert.Equal([ChangeStatus.RolledBack, ChangeStatus.RolledBack, ChangeStatus.Planned, ChangeStatus.Planned],
            rollout.Changes.Select(c => c.Status));
        Assert.Equal(4, RolloutOutcome.ExitCode(rollout));
        Assert.Equal(PatchErrorCode.GateFailed, RolloutOutcome.Error(rollout)!.Code);
    }

    [Fact]
    public async Task A_gate_that_fails_in_production_puts_every_ring_back_last_change_first()
    {
        _world.AddGate("policy", GateVerdict.Passed, GateVerdict.Failed);
        var rollout = await RunAsync();

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Equal((Old, Old), (_world.Read("staging"), _world.Read("production")));
        Assert.Equal(rollout.Changes.Select(c => c.Workload).Reverse(), rollout.Steps.Where(s => s.Action == "Revert")
            .Select(s => s.Target));
    }

    [Fact]
    public async Task A_rollback_of_the_ring_alone_keeps_the_rings_in_front()
    {
        _world.AddGate("policy", GateVerdict.Passed, GateVerdict.Failed);
        var rollout = await RunAsync(r => r.With(p => p with { RollbackScope = RollbackScope.Ring }));

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("stay in staging", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal((New, Old), (_world.Read("staging"), _world.Read("production")));
        Assert.Equal([RingStatus.Passed, RingStatus.RolledBack], rollout.Rings.Select(r => r.Status));
    }

    [Fact]
    public async Task Freeze_leaves_everything_as_it_is()
    {
        _world.AddGate("policy", GateVerdict.Failed);
        var rollout = await RunAsync(r => r.With(p => p with { OnFailure = FailureAction.Freeze }));

        Assert.Equal((RolloutStatus.Frozen, RingStatus.Failed), (rollout.Status, rollout.Rings[0].Status));
        Assert.Equal((New, Old), (_world.Read("staging"), _world.Read("production")));
        Assert.Equal(4, RolloutOutcome.ExitCode(rollout));
        Assert.Equal(PatchErrorCode.GateFailed, RolloutOutcome.Error(rollout)!.Code);

        var undone = await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token);
        Assert.Equal((RolloutStatus.RolledBack, Old), (undone.Status, _world.Read("staging")));
    }

    [Fact]
    public async Task Continue_goes_on_with_the_digests_that_did_not_fail_and_does_not_end_as_a_success()
    {
        _world.Write("staging", $"web={OldImage}", "db=registry.example/db:1");
        _world.Write("production", $"web={OldImage}", "db=registry.example/db:1");
        _world.AddGate("policy", GateVerdict.Failed, GateVerdict.Passed).Blamed = [NewDigest];
        var rollout = await RunAsync(r => r with
        {
            Plan = r.Plan with { OnFailure = FailureAction.Continue },
            Updates = [.. r.Updates, Update("registry.example/db:1", "sha256:" + new string('e', 64), "registry.example/db:2",
                OtherDigest)],
        });

        Assert.Equal(RolloutStatus.Frozen, rollout.Status);
        Assert.Equal($"web={OldImage}\ndb=registry.example/db:2@{OtherDigest}\n", _world.Read("production"));
        Assert.Equal([RingStatus.Failed, RingStatus.Passed], rollout.Rings.Select(r => r.Status));
        Assert.Contains("1 changes", rollout.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_fails_rolls_back_those_before_it_and_quarantines_nothing()
    {
        _world.Platform.Broken.Add("api");
        var rollout = await RunAsync();

        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Equal(Old, _world.Read("staging"));
        Assert.Contains("cannot be written", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(PatchErrorCode.ChangeFailed, RolloutOutcome.Error(rollout)!.Code);
        Assert.Empty(await _world.Quarantine.GetAsync(Token));
    }

    [Fact]
    public async Task A_workload_that_someone_else_changed_between_plan_and_start_fails_the_ring_and_is_left_alone()
    {
        var plan = await _world.Service.PlanAsync(_world.Request("staging", "production"), _world.Progress, Token);
        _world.Write("staging", $"web={OldImage}", "api=registry.example/web:hotfix");
        var rollout = await _world.Service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, Token);

        // It was never ours: everything that was is back.
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Equal($"web={OldImage}\napi=registry.example/web:hotfix\n", _world.Read("staging"));
        Assert.Equal(ChangeStatus.LeftAlone, rollout.Changes[1].Status);
    }

    [Fact]
    public async Task A_rollback_that_meets_a_workload_changed_by_someone_else_is_Failed_and_lists_what_each_holds()
    {
        var gate = new SabotagingGate(() => _world.Write("staging", $"web={NewImage}", "api=registry.example/web:hotfix"));
        var service = new RolloutService(_world.Journal, _world.Quarantine, _world.History, TextPlatform.Open, [_world.Platform], _ =>
            gate, null, _world.Clock);
        var plan = await service.PlanAsync(_world.Request(_world.Gate("late"), "staging").With(p => p with
            {
                RingOrder = ["staging", "production"],
            }), _world.Progress, Token);
        var rollout = await service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, Token);

        Assert.Equal((RolloutStatus.Failed, RingStatus.Failed), (rollout.Status, rollout.Rings[0].Status));
        Assert.Equal($"web={OldImage}\napi=registry.example/web:hotfix\n", _world.Read("staging"));
        Assert.Equal(5, RolloutOutcome.ExitCode(rollout));
        var error = RolloutOutcome.Error(rollout)!;
        Assert.Equal(PatchErrorCode.RollbackIncomplete, error.Code);
        Assert.Contains("holds registry.example/web:hotfix", error.Message, StringComparison.Ordinal);
        Assert.Contains($"web holds {OldImage}", error.Message, StringComparison.Ordinal);

        // The person sees to it; undoing again finishes it.
        _world.Write("staging", $"web={OldImage}", $"api={NewImage}");
        var undone = await service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token);
        Assert.Equal((RolloutStatus.RolledBack, Old), (undone.Status, _world.Read("staging")));
    }

    [Fact]
    public async Task A_gate_that_cannot_say_pauses_and_resume_asks_all_gates_of_the_ring_again()
    {
        var first = _world.AddGate("first", GateVerdict.Passed);
        var second = _world.AddGate("second", GateVerdict.Inconclusive, GateVerdict.Passed);
        var rollout = await RunAsync();

        Assert.Equal(RolloutStatus.Paused, rollout.Status);
        Assert.Equal(6, RolloutOutcome.ExitCode(rollout));
        Assert.Null(RolloutOutcome.Error(rollout));
        Assert.NotEmpty(rollout.HistoryHead);
        Assert.Equal((New, Old), (_world.Read("staging"), _world.Read("production")));

        var resumed = await _world.Service.ResumeAsync(rollout.Id, new RolloutRunOptions(), _world.Progress, Token);
        Assert.Equal((RolloutStatus.Succeeded, New), (resumed.Status, _world.Read("production")));
        Assert.Equal((3, 3), (first.Asked.Count, second.Asked.Count));
    }

    [Theory]
    [InlineData(InconclusiveAction.Continue, RolloutStatus.Succeeded)]
    [InlineData(InconclusiveAction.Fail, RolloutStatus.RolledBack)]
    [InlineData(InconclusiveAction.Pause, RolloutStatus.Paused)]
    public async Task What_an_inconclusive_gate_leads_to_is_configurable_and_it_is_never_called_passed(InconclusiveAction action,
        RolloutStatus status)
    {
        _world.AddGate("policy", GateVerdict.Inconclusive);
        var rollout = await RunAsync(r => r.With(p => p with { OnInconclusive = action }));
        Assert.Equal(status, rollout.Status);
        Assert.Equal(GateVerdict.Inconclusive, rollout.Rings[0].Gates[0].Verdict);
    }

    [Fact]
    public async Task A_gate_that_fails_speaks_louder_than_one_that_cannot_say()
    {
        _world.AddGate("first", GateVerdict.Inconclusive);
        _world.AddGate("second", GateVerdict.Failed);
        Assert.Equal(RolloutStatus.RolledBack, (await RunAsync()).Status);
    }

    [Fact]
    public async Task A_gate_that_throws_is_inconclusive()
    {
        var service = new RolloutService(_world.Journal, _world.Quarantine, _world.History, TextPlatform.Open, [_world.Platform],
            _ => new SabotagingGate(() => throw new PatchException(PatchErrorCode.Unreachable, "prometheus", "Prometheus does not "
                + "answer.")), null, _world.Clock);
        var plan = await service.PlanAsync(_world.Request(_world.Gate("prometheus"), "staging", "production"),
            _world.Progress, Token);
        var rollout = await service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, Token);
        Assert.Equal(RolloutStatus.Paused, rollout.Status);
        Assert.Contains("does not answer", rollout.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undo_changes_back_only_what_still_holds_what_was_written()
    {
        var rollout = await RunAsync();
        _world.Write("production", $"web={NewImage}", "api=registry.example/web:2.0");

        var undone = await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token);

        Assert.Equal(RolloutStatus.Failed, undone.Status);
        Assert.Equal((Old, $"web={OldImage}\napi=registry.example/web:2.0\n"), (_world.Read("staging"), _world.Read("production")));
        Assert.Equal(PatchErrorCode.RollbackIncomplete, RolloutOutcome.Error(undone, undo: true)!.Code);
    }

    [Fact]
    public async Task Undo_puts_back_a_success_a_pause_and_only_the_last_ring_where_asked()
    {
        var rollout = await RunAsync();
        var ring = await _world.Service.UndoAsync(rollout.Id, RollbackScope.Ring, _world.Progress, Token);
        Assert.Equal((RolloutStatus.RolledBack, New, Old), (ring.Status, _world.Read("staging"), _world.Read("production")));
        Assert.Equal((0, null), (RolloutOutcome.ExitCode(ring, undo: true), RolloutOutcome.Error(ring, undo: true)));

        var all = await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token);
        Assert.Equal((RolloutStatus.RolledBack, Old), (all.Status, _world.Read("staging")));

        // Nothing is left to undo: nothing is written any more.
        var steps = all.Steps.Count;
        Assert.Equal(steps, (await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token)).Steps.Count);

        _world.AddGate("policy", GateVerdict.Inconclusive);
        var paused = await RunAsync();
        Assert.Equal(RolloutStatus.Paused, paused.Status);
        Assert.Equal(RolloutStatus.RolledBack, (await _world.Service.UndoAsync(paused.Id, RollbackScope.Rollout, _world.Progress,
            Token)).Status);
        Assert.Equal(Old, _world.Read("staging"));
    }

    [Fact]
    public async Task Resuming_what_has_ended_gives_it_back_as_it_is()
    {
        var rollout = await RunAsync();
        Assert.Equivalent(rollout, await _world.Service.ResumeAsync(rollout.Id, new RolloutRunOptions(), _world.Progress, Token), strict: true);
    }

    [Fact]
    public async Task A_rollout_that_nobody_began_is_not_found()
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.ResumeAsync("20200101-000000-0000", new RolloutRunOptions(), _world.Progress, Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.GetAsync("../../etc", Token));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
    }

    private Task<PatchRollout> RunAsync(Func<RolloutRequest, RolloutRequest>? change = null)
    {
        var request = _world.Request("staging", "production");
        return _world.RunAsync(change is null ? request : change(request), Token);
    }

    private sealed class SabotagingGate(Action act) : IHealthGate
    {
        public string Name => "late";

        public Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default)
        {
            act();
            return Task.FromResult(new GateResult { Gate = Name, Verdict = GateVerdict.Failed, Detail = "It came too late." });
        }
    }
}
