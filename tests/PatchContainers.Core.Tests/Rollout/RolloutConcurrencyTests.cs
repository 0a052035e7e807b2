using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class RolloutConcurrencyTests : IDisposable
{
    private readonly RolloutWorld _world = new();

    public RolloutConcurrencyTests()
    {
        _world.Write("staging", $"web={OldImage}");
        _world.Write("production", $"web={OldImage}");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_second_rollout_of_the_folder_is_refused_while_the_first_runs_naming_who_runs_it()
    {
        PatchException? refusal = null;
        var plan = await _world.Service.PlanAsync(_world.Request("staging", "production"), _world.Progress, Token);
        var service = WithGate(async () => refusal = await Assert.ThrowsAsync<PatchException>(() =>
            _world.Service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, Token)));
        var rollout = await StartAsync(service, "staging", "production");

        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Equal(PatchErrorCode.Conflict, refusal!.Code);
        Assert.Contains(PatchContainers.History.HistoryActor.Current(), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("since", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_that_runs_cannot_be_resumed_or_undone_by_another_process()
    {
        var codes = new List<PatchErrorCode>();
        var service = WithGate(async () =>
        {
            var running = await _world.Service.ListAsync(_world.Progress, Token).SingleAsync(Token);
            Assert.Equal(RolloutStatus.Running, running.Status);
            codes.Add((await Assert.ThrowsAsync<PatchException>(() =>
                _world.Service.ResumeAsync(running.Id, new RolloutRunOptions(), _world.Progress, Token))).Code);
            codes.Add((await Assert.ThrowsAsync<PatchException>(() =>
                _world.Service.UndoAsync(running.Id, RollbackScope.Rollout, _world.Progress, Token))).Code);
        });
        await StartAsync(service, "staging");
        Assert.Equal([PatchErrorCode.Conflict, PatchErrorCode.Conflict], codes);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public async Task An_unfinished_rollout_of_the_folder_or_one_around_it_has_to_be_ended_first(string other)
    {
        _world.AddGate("policy", GateVerdict.Inconclusive);
        var paused = await _world.RunAsync(_world.Request("staging", "production"), Token);
        Assert.Equal(RolloutStatus.Paused, paused.Status);

        var path = Path.GetFullPath(Path.Combine(_world.Rings, other));
        Directory.CreateDirectory(Path.Combine(path, "ring"));
        var plan = await _world.Service.PlanAsync(_world.Request("ring") with
        {
            Plan = PatchPlan.OfFolders(path, ["ring"], []) with { RingOrder = ["ring"] },
        }, _world.Progress,
            Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, Token));
        Assert.Equal(PatchErrorCode.Conflict, e.Code);
        Assert.Contains("Resume it, undo it or stop it first.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_owner_that_slept_through_its_lease_writes_nothing_more()
    {
        PatchRollout? taken = null;
        var service = WithGate(async () =>
        {
            // It sleeps; another goes on with its rollout, and puts everything back.
            _world.Clock.Now += TimeSpan.FromMinutes(3);
            var running = await _world.Service.ListAsync(_world.Progress, Token).SingleAsync(Token);
            taken = await _world.Service.UndoAsync(running.Id, RollbackScope.Rollout, _world.Progress, Token);
        });
        var e = await Assert.ThrowsAsync<PatchException>(() => StartAsync(service, "staging", "production"));

        Assert.Equal(PatchErrorCode.Conflict, e.Code);
        Assert.Equal(RolloutStatus.RolledBack, taken!.Status);
        Assert.Equal(($"web={OldImage}\n", $"web={OldImage}\n"), (_world.Read("staging"), _world.Read("production")));
        Assert.Equivalent(taken, await _world.Service.GetAsync(taken.Id, Token), strict: true);
    }

    [Fact]
    public async Task A_rollout_that_is_cancelled_waits_to_be_resumed()
    {
        using var cancel = new CancellationTokenSource();
        var service = WithGate(() => cancel.CancelAsync());
        var plan = await service.PlanAsync(_world.Request(_world.Gate("gate"), "staging", "production"), _world.Progress,
            Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, cancel.Token));

        // The lease was given back: nobody has to wait.
        _world.AddGate("gate", GateVerdict.Passed);
        var running = await _world.Service.ListAsync(_world.Progress, Token).SingleAsync(Token);
        Assert.Equal(RolloutStatus.Running, running.Status);
        Assert.Equal(RolloutStatus.Succeeded, (await _world.Service.ResumeAsync(running.Id, new RolloutRunOptions(), _world.Progress, Token)).Status);
    }

    [Fact]
    public async Task A_journal_that_cannot_be_read_is_reported_when_listed_and_stops_what_would_have_to_trust_it()
    {
        var rollout = await _world.RunAsync(_world.Request("staging"), Token);
        await File.WriteAllTextAsync(Path.Combine(_world.State.Journal, "rollouts", rollout.Id, "journal"), "nonsense\n", Token);

        Assert.Empty(await _world.Service.ListAsync(_world.Progress, Token).ToListAsync(Token));
        Assert.Contains(_world.Notices.OfType<PatchNotice.Failure>(), f => f.Exception.Code == PatchErrorCode.HistoryDamaged);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            _world.Service.PlanAsync(_world.Request("production"), _world.Progress, Token));
        Assert.Equal(PatchErrorCode.HistoryDamaged, e.Code);
    }

    private Task<PatchRollout> StartAsync(RolloutService service, params string[] rings) => Task.Run(async () =>
    {
        var request = _world.Request(_world.Gate("gate"), rings);
        return await service.StartAsync(await service.PlanAsync(request, _world.Progress, Token), new RolloutRunOptions(), _world.Progress, Token);
    });

    private RolloutService WithGate(Func<Task> act) =>
        new(_world.Journal, _world.Quarantine, _world.History, TextPlatform.Open, [_world.Platform],
        _ => new ActingGate(act), null, _world.Clock);

    private sealed class ActingGate(Func<Task> act) : IHealthGate
    {
        public string Name => "gate";

        public async Task<GateResult> EvaluateAsync(GateContext context, CancellationToken cancellationToken = default)
        {
            await act();
            cancellationToken.ThrowIfCancellationRequested();
            return new GateResult { Gate = Name, Verdict = GateVerdict.Passed };
        }
    }
}
