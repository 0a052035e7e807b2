using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>What runs for a while before it is judged is watched meanwhile.</summary>
public sealed class RolloutSoakTests : IDisposable
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private readonly RolloutWorld _world = new(made: ChangeStatus.Applied);
    private readonly DateTimeOffset _begun;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RolloutSoakTests()
    {
        _world.Write("staging", $"a={OldImage}", $"b={OldImage}");
        _begun = _world.Clock.Now;
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(AwaitedState.Canary, ChangeStatus.Failed, true)]
    [InlineData(AwaitedState.Canary, ChangeStatus.LeftAlone, false)]
    [InlineData(AwaitedState.New, ChangeStatus.Failed, true)]
    [InlineData(AwaitedState.New, ChangeStatus.LeftAlone, false)]
    public async Task What_fails_while_it_soaks_has_failed_at_once(AwaitedState state, ChangeStatus status, bool quarantined)
    {
        From(TimeSpan.FromMinutes(20), () => See(state, status, "CrashLoopBackOff"));
        var rollout = await RunAsync(state);
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Contains("CrashLoopBackOff", rollout.Reason, StringComparison.Ordinal);
        Assert.InRange(_world.Clock.Now - _begun, TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(21));
        Assert.DoesNotContain("Promote a", _world.Platform.Calls);
        Assert.Equal($"a={OldImage}\nb={OldImage}\n", _world.Read("staging"));
        Assert.Equal(quarantined, (await _world.Quarantine.GetAsync(Token)).Any());
    }

    [Theory]
    [InlineData(AwaitedState.Canary)]
    [InlineData(AwaitedState.New)]
    public async Task What_is_not_ready_or_cannot_be_asked_for_a_while_soaks_on(AwaitedState state)
    {
        From(TimeSpan.FromMinutes(20), () => See(state, ChangeStatus.Applied, "1 of 3 pods are available."));
        From(TimeSpan.FromMinutes(30), () => See(state, ChangeStatus.Inconclusive, "the server cannot be reached"));
        From(TimeSpan.FromMinutes(40), _world.Platform.Observed.Clear);
        var rollout = await RunAsync(state);
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.True(_world.Clock.Now - _begun >= s_hour);
    }

    [Theory]
    [InlineData(AwaitedState.Canary)]
    [InlineData(AwaitedState.New)]
    public async Task What_looks_failed_and_is_well_when_it_is_looked_at_again_soaks_on_and_is_judged_at_the_end(AwaitedState state)
    {
        var wasLookedAt = false;
        From(TimeSpan.FromMinutes(20), () =>
        {
            See(state, ChangeStatus.Failed, "CrashLoopBackOff");
            _world.Platform.Observing = () =>
            {
                if (wasLookedAt && _world.Platform.Calls[^1].StartsWith("Look", StringComparison.Ordinal))
                {
                    _world.Platform.Observed.Clear();
                }

                wasLookedAt = true;
            };
        });
        var rollout = await RunAsync(state);
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.True(_world.Clock.Now - _begun >= s_hour);
        var awaits = rollout.Steps.Where(s => s is { Action: "Await", Outcome: "Healthy" })
            .Select(s => s.StartedAt!.Value - _begun).ToList();
        Assert.Contains(awaits, at => at > TimeSpan.Zero && at < s_hour);
        Assert.Contains(awaits, at => at >= s_hour);
    }

    [Theory]
    [InlineData(AwaitedState.Canary)]
    [InlineData(AwaitedState.New)]
    public async Task A_run_that_has_no_time_for_the_soak_looks_before_it_ends(AwaitedState state)
    {
        var paused = await RunAsync(state, TimeSpan.FromMinutes(5));
        Assert.Equal(RolloutStatus.Paused, paused.Status);
        See(state, ChangeStatus.Failed, "CrashLoopBackOff");
        var rollout = await _world.Service.ResumeAsync(paused.Id, new RolloutRunOptions { MaxDuration = TimeSpan.FromMinutes(5) },
            _world.Progress, Token);
        Assert.Equal((RolloutStatus.RolledBack, _begun), (rollout.Status, _world.Clock.Now));
    }

    // The ring's soak, or that of its one portion's canary.
    private async Task<PatchRollout> RunAsync(AwaitedState state, TimeSpan? atMost = null) => await _world.Service.StartAsync(
        await _world.Service.PlanAsync(_world.Request("staging").With(p => p with
        {
            Rings =
            [
                state == AwaitedState.Canary ? p.Rings[0] with { Canary = Portion.Parse("1"), CanarySoak = s_hour }
                    : p.Rings[0] with { Soak = s_hour },
            ],
        }), _world.Progress, Token), new RolloutRunOptions { MaxDuration = atMost }, _world.Progress, Token);

    private void From(TimeSpan after, Action what)
    {
        var (at, before) = (_begun + after, _world.Platform.Observing);
        _world.Platform.Observing = () =>
        {
            before?.Invoke();
            if (_world.Clock.Now >= at)
            {
                at = DateTimeOffset.MaxValue;
                what();
            }
        };
    }

    private void See(AwaitedState state, ChangeStatus status, string detail) => _world.Platform.Observed[("a", state)] = new RolloutChange
    {
        Workload = "a",
        Platform = TextPlatform.Name,
        Ring = string.Empty,
        OldImage = string.Empty,
        NewImage = string.Empty,
        NewDigest = string.Empty,
        Status = status,
        Detail = detail,
        Ran = status == ChangeStatus.Failed,
    };
}
