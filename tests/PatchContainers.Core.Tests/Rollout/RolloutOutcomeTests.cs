using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class RolloutOutcomeTests
{
    public static TheoryData<RolloutStatus, bool, int, PatchErrorCode?> Outcomes => new()
    {
        // Status, whether an undo was asked for, exit code, error.
        { RolloutStatus.Planned, false, 0, null },
        { RolloutStatus.Succeeded, false, 0, null },
        { RolloutStatus.Succeeded, true, 0, null },
        { RolloutStatus.RolledBack, false, 4, PatchErrorCode.ChangeFailed },
        { RolloutStatus.RolledBack, true, 0, null },
        { RolloutStatus.Frozen, false, 4, PatchErrorCode.ChangeFailed },
        { RolloutStatus.Frozen, true, 4, PatchErrorCode.ChangeFailed },
        { RolloutStatus.Failed, false, 5, PatchErrorCode.RollbackIncomplete },
        { RolloutStatus.Failed, true, 5, PatchErrorCode.RollbackIncomplete },
        { RolloutStatus.Paused, false, 6, null },
        { RolloutStatus.Running, false, 1, null },
        { RolloutStatus.Stopped, false, 1, null },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void A_status_means_an_exit_code_and_an_error(RolloutStatus status, bool undo, int code, PatchErrorCode? error)
    {
        var rollout = new PatchRollout { Id = "20261121-074500-3f9c", Status = status, Reason = "Because." };
        Assert.Equal((code, error), (RolloutOutcome.ExitCode(rollout, undo), RolloutOutcome.Error(rollout, undo)?.Code));
    }

    [Fact]
    public void What_a_gate_failed_is_told_from_what_could_not_be_changed()
    {
        var ring = new RolloutRing { Name = "staging", Gates = [new GateResult { Gate = "policy", Verdict = GateVerdict.Failed }] };
        var rollout = new PatchRollout { Id = "20261121-074500-3f9c", Status = RolloutStatus.RolledBack, Rings = [ring] };
        Assert.Equal(PatchErrorCode.GateFailed, RolloutOutcome.Error(rollout)!.Code);
    }
}
