using PatchContainers.Rollout;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>Platforms that keep what ran before until a rollout has ended.</summary>
public sealed class RolloutKeptTests : IDisposable
{
    private readonly RolloutWorld _world = new(made: ChangeStatus.Applied);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public RolloutKeptTests()
    {
        _world.Platform.KeepsOld = true;
        _world.Write("staging", $"a={OldImage}");
        _world.Write("production", $"b={OldImage}", $"c={OldImage}");
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task It_is_taken_away_after_the_last_ring_has_passed()
    {
        var gate = _world.AddGate("health", GateVerdict.Passed);
        gate.Before = _ =>
        {
            Assert.DoesNotContain(_world.Platform.Calls, c => c.StartsWith("Finish", StringComparison.Ordinal));
            return Task.CompletedTask;
        };
        var rollout = await _world.RunAsync(_world.Request("staging", "production"), Token);
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Equal(["Finish a", "Finish b", "Finish c"], _world.Platform.Calls.TakeLast(3));
        Assert.Equal(2, gate.Asked.Count);

        Assert.Equal(RolloutStatus.RolledBack, (await _world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, _world.Progress, Token)).Status);
        Assert.Equal(3, _world.Platform.Calls.Count(c => c.StartsWith("Finish", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(FailureAction.Rollback, RollbackScope.Rollout, RolloutStatus.RolledBack, "")]
    [InlineData(FailureAction.Rollback, RollbackScope.Ring, RolloutStatus.RolledBack, "Finish a")]
    [InlineData(FailureAction.Freeze, RollbackScope.Rollout, RolloutStatus.Frozen, "")]
    [InlineData(FailureAction.Continue, RollbackScope.Rollout, RolloutStatus.Frozen, "Finish a")]
    public async Task Of_a_rollout_that_fails_it_is_taken_away_where_a_ring_passed_and_stays_so(
        FailureAction action, RollbackScope scope, RolloutStatus status, string calls)
    {
        _world.AddGate("health").ByRing.Add("staging", GateVerdict.Passed);
        _world.Gates["health"].ByRing.Add("production", GateVerdict.Failed);
        var request = _world.Request("staging", "production").With(p => p with { OnFailure = action, RollbackScope = scope });
        var rollout = await _world.RunAsync(request, Token);
        Assert.Equal(status, rollout.Status);
        Assert.Equal(calls, string.Join(',', _world.Platform.Calls.Where(c => c.StartsWith("Finish", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task What_cannot_be_taken_away_is_told_and_is_no_failure()
    {
        _world.Platform.Unfinished.Add("b");
        var rollout = await _world.RunAsync(_world.Request("staging", "production"), Token);
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Contains("What ran before is still there: ", rollout.Reason, StringComparison.Ordinal);
        Assert.EndsWith("/b: it runs again.", rollout.Reason, StringComparison.Ordinal);
        Assert.All(rollout.Changes, c => Assert.Equal(ChangeStatus.Healthy, c.Status));
    }
}
