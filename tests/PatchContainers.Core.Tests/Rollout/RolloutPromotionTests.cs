using PatchContainers.Rollout;
using PatchContainers.Updating;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class RolloutPromotionTests : IDisposable
{
    private readonly RolloutWorld _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Staging_alone_stops_there_and_a_later_production_takes_what_passed_it()
    {
        WriteBoth();
        var staging = await _world.RunAsync(_world.Request("staging"), Token);
        Assert.Equal(RolloutStatus.Succeeded, staging.Status);
        Assert.Equal($"web={OldImage}\n", _world.Read("production"));

        var production = await _world.RunAsync(_world.Request("production"), Token);
        Assert.Equal(RolloutStatus.Succeeded, production.Status);
        Assert.Equal($"web={NewImage}\n", _world.Read("production"));
    }

    [Fact]
    public async Task Production_without_staging_is_refused()
    {
        WriteBoth();
        await AssertRefusedAsync(PatchErrorCode.NotPromotable, "no rollout has brought it through staging", "production");
        Assert.Equal($"web={OldImage}\n", _world.Read("production"));
        Assert.Empty(await _world.Service.ListAsync(_world.Progress, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task What_passed_staging_in_one_copy_of_the_folder_may_enter_production_in_another_that_holds_it()
    {
        WriteBoth();
        await _world.RunAsync(_world.Request("staging"), Token);
        var clone = Copy("clone");
        File.WriteAllText(Path.Combine(clone, "staging", "web.txt"), $"# pulled\nweb={NewImage}\n");
        var production = await _world.RunAsync(_world.Request("production").In(clone), Token);
        Assert.Equal(RolloutStatus.Succeeded, production.Status);
        Assert.Equal($"web={NewImage}\n", File.ReadAllText(Path.Combine(clone, "production", "web.txt")));
        Assert.Equal($"web={OldImage}\n", _world.Read("production"));
    }

    [Theory]
    [InlineData($"web={OldImage}", $"holds {OldImage}: bring here what was written there")]
    [InlineData("web=registry.example/web:1.4-patched", "bring here what was written there")]
    [InlineData($"other={NewImage}", "no rollout has brought it through staging")]
    public async Task Another_product_on_the_same_state_passes_no_digest_for_this_one(string staging, string reason)
    {
        WriteBoth();
        await _world.RunAsync(_world.Request("staging"), Token);
        var other = Copy("other");
        File.WriteAllText(Path.Combine(other, "staging", "web.txt"), staging + "\n");
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.RunAsync(_world.Request("production").In(other), Token));
        Assert.Equal(PatchErrorCode.NotPromotable, e.Code);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal($"web={OldImage}\n", File.ReadAllText(Path.Combine(other, "production", "web.txt")));
    }

    [Fact]
    public async Task A_failure_in_another_copy_takes_back_what_this_one_has_shown_until_it_passes_again()
    {
        WriteBoth();
        await _world.RunAsync(_world.Request("staging"), Token);
        var clone = Copy("clone");
        var plan = await _world.Service.PlanAsync(_world.Request("production"), _world.Progress, Token);
        _world.AddGate("policy", GateVerdict.Failed);
        _world.Clock.Now += TimeSpan.FromMinutes(1);
        await _world.RunAsync(_world.Request("staging").In(clone), Token);
        _world.Gates.Remove("policy");
        _world.Clock.Now += TimeSpan.FromMinutes(1);

        await AssertRefusedAsync(PatchErrorCode.NotPromotable, "in staging it is Failed", "production");
        await Assert.ThrowsAsync<PatchException>(() => _world.Service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, Token));
        await _world.RunAsync(_world.Request("staging"), Token);
        Assert.Equal(RolloutStatus.Succeeded, (await _world.RunAsync(_world.Request("production"), Token)).Status);
    }

    [Fact]
    public async Task Another_digest_than_the_one_that_passed_staging_is_refused()
    {
        WriteBoth();
        await _world.RunAsync(_world.Request("staging"), Token);
        var request = _world.Request("production") with { Updates = [Update(newDigest: OtherDigest)] };
        var plan = await _world.Service.PlanAsync(request, _world.Progress, Token);
        Assert.Equal((PatchErrorCode.NotPromotable, ChangeStatus.Refused), (plan.Refusals.Single().Code, plan.Changes.Single().Status));
    }

    [Fact]
    public async Task What_was_undone_in_staging_may_not_enter_production_any_more()
    {
        WriteBoth();
        var staging = await _world.RunAsync(_world.Request("staging"), Token);
        var plan = await _world.Service.PlanAsync(_world.Request("production"), _world.Progress, Token);
        await _world.Service.UndoAsync(staging.Id, RollbackScope.Rollout, _world.Progress, Token);

        await AssertRefusedAsync(PatchErrorCode.NotPromotable, "RolledBack", "production");

        // Nor by a plan made before.
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.StartAsync(plan, new RolloutRunOptions(), _world.Progress, Token));
        Assert.Equal(PatchErrorCode.NotPromotable, e.Code);
    }

    [Fact]
    public async Task What_failed_in_staging_may_not_enter_production()
    {
        WriteBoth();
        _world.AddGate("policy", GateVerdict.Failed);
        await _world.RunAsync(_world.Request("staging").With(p => p with { OnFailure = FailureAction.Freeze }), Token);
        await AssertRefusedAsync(PatchErrorCode.NotPromotable, "in staging it is Failed", "production");
    }

    [Fact]
    public async Task A_later_rollout_that_failed_takes_back_what_an_earlier_one_has_shown()
    {
        WriteBoth();
        await _world.RunAsync(_world.Request("staging"), Token);
        _world.AddGate("policy", GateVerdict.Failed);
        await _world.RunAsync(_world.Request("staging"), Token);
        await AssertRefusedAsync(PatchErrorCode.NotPromotable, "in staging it is Failed", "production");
    }

    [Fact]
    public async Task What_staging_held_already_has_passed_it_when_its_gates_have()
    {
        _world.Write("staging", $"web={NewImage}");
        _world.Write("production", $"web={OldImage}");
        var gate = _world.AddGate("policy", GateVerdict.Passed);
        var rollout = await _world.RunAsync(_world.Request("staging", "production"), Token);

        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Equal(1, _world.Platform.Writes);
        Assert.Equal("It held the new image already.", rollout.Changes[0].Detail);
        Assert.Equal(["staging", "production"], gate.Asked.Select(a => a.Ring));
    }

    [Fact]
    public async Task What_staging_held_already_is_not_put_back()
    {
        _world.Write("staging", $"web={NewImage}");
        _world.Write("production", $"web={OldImage}");
        _world.AddGate("policy", GateVerdict.Passed, GateVerdict.Failed);
        var rollout = await _world.RunAsync(_world.Request("staging", "production"), Token);
        Assert.Equal(RolloutStatus.RolledBack, rollout.Status);
        Assert.Equal(($"web={NewImage}\n", $"web={OldImage}\n"), (_world.Read("staging"), _world.Read("production")));
    }

    [Fact]
    public async Task An_image_that_staging_does_not_use_may_not_enter_production()
    {
        _world.Write("staging", "db=postgres:16");
        _world.Write("production", $"web={OldImage}");
        await AssertRefusedAsync(PatchErrorCode.NotPromotable, "nothing in staging", "staging", "production");
    }

    [Fact]
    public async Task A_refused_change_stops_the_rollout_before_it_begins_unless_it_may_be_skipped()
    {
        _world.Write("staging", $"web={OldImage}", $"api={OldImage}");
        _world.Platform.Refused.Add("api");
        await AssertRefusedAsync(PatchErrorCode.ChangeRefused, "it is a variable", "staging");
        Assert.Equal(0, _world.Platform.Writes);

        var rollout = await _world.RunAsync(_world.Request("staging") with { SkipRefused = true }, Token);
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Equal([ChangeStatus.Written, ChangeStatus.Refused], rollout.Changes.Select(c => c.Status));
        Assert.Contains("1 were refused", rollout.Reason, StringComparison.Ordinal);
        Assert.Equal(6, RolloutOutcome.ExitCode(rollout));
    }

    [Fact]
    public async Task A_digest_that_is_refused_everywhere_in_staging_may_not_enter_production_even_where_refusals_are_skipped()
    {
        WriteBoth();
        _world.Platform.Refused.Add("web");
        _world.Write("production", $"other={OldImage}");
        var rollout = await _world.RunAsync(_world.Request("staging", "production") with { SkipRefused = true }, Token);
        Assert.All(rollout.Changes, c => Assert.Equal(ChangeStatus.Refused, c.Status));
        Assert.Equal(0, _world.Platform.Writes);
    }

    [Fact]
    public async Task All_changes_of_all_rings_are_looked_at_together()
    {
        WriteBoth();
        await _world.Service.PlanAsync(_world.Request("staging", "production"), _world.Progress, Token);
        Assert.Equal(["staging", "production"], _world.Platform.Checked.Select(c => c.Ring));
    }

    [Fact]
    public async Task A_plan_writes_nothing_and_is_shown_as_a_rollout_without_an_id()
    {
        WriteBoth();
        var plan = await _world.Service.PlanAsync(_world.Request("staging", "production"), _world.Progress, Token);
        var rollout = plan.ToRollout();
        Assert.Equal((string.Empty, RolloutStatus.Planned, null), (rollout.Id, rollout.Status, rollout.StartedAt));
        Assert.Equal([ChangeStatus.Planned, ChangeStatus.Planned], rollout.Changes.Select(c => c.Status));
        Assert.False(Directory.Exists(_world.State.Root));
    }

    [Fact]
    public async Task Nothing_to_change_succeeds_with_the_reason_and_shows_nothing_for_any_digest()
    {
        _world.Write("staging", "db=postgres:16");
        var gate = _world.AddGate("policy", GateVerdict.Failed);
        var rollout = await _world.RunAsync(_world.Request("staging"), Token);
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Contains("nothing to change", rollout.Reason, StringComparison.Ordinal);
        Assert.Empty(gate.Asked);
        Assert.Contains(_world.Notices.OfType<PatchNotice.Warning>(), w => w.Message.Contains(OldImage, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Updates_without_a_new_image_are_left_out_and_said_so()
    {
        _world.Write("staging", $"web={OldImage}");
        var request = _world.Request("staging") with { Updates = [Update() with { Status = UpdateStatus.Refused, NewImage = string.Empty,
            NewDigest = string.Empty }] };
        var plan = await _world.Service.PlanAsync(request, _world.Progress, Token);
        Assert.Empty(plan.Changes);
        Assert.Contains(_world.Notices.OfType<PatchNotice.Warning>(), w => w.Message.Contains("Refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_is_a_link_into_another_ring_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights on Windows.");
        WriteBoth();
        File.Delete(_world.FileOf("staging"));
        File.CreateSymbolicLink(_world.FileOf("staging"), _world.FileOf("production"));
        await AssertRefusedAsync(PatchErrorCode.NotPromotable, "outside the folder of the ring", "staging", "production");
        Assert.Equal($"web={OldImage}\n", _world.Read("production"));
    }

    [Theory]
    [InlineData(PatchErrorCode.InvalidArgument, "..")]
    [InlineData(PatchErrorCode.InvalidArgument, "staging/../production")]
    [InlineData(PatchErrorCode.InvalidArgument, "staging", "staging")]
    [InlineData(PatchErrorCode.InvalidArgument)]
    [InlineData(PatchErrorCode.NotFound, "nowhere")]
    public async Task Rings_that_are_no_folders_are_errors(PatchErrorCode code, params string[] rings)
    {
        WriteBoth();
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.PlanAsync(_world.Request(rings), _world.Progress, Token));
        Assert.Equal(code, e.Code);
    }

    [Fact]
    public async Task Two_updates_that_contradict_each_other_are_an_error()
    {
        WriteBoth();
        var request = _world.Request("staging") with { Updates = [Update(), Update(newDigest: OtherDigest)] };
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.PlanAsync(request, _world.Progress, Token));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
    }

    [Fact]
    public async Task A_ring_that_nothing_places_is_refused_naming_the_way_out()
    {
        _world.Write("blue", $"web={OldImage}");
        _world.Write("green", $"web={OldImage}");
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.Service.PlanAsync(_world.Request("green"), _world.Progress, Token));
        Assert.Equal(PatchErrorCode.NotPromotable, e.Code);
        Assert.Contains("(blue,green)", e.Message, StringComparison.Ordinal);

        var declared = await _world.RunAsync(_world.Request("green").With(p => p with { RingOrder = ["green", "blue"] }), Token);
        Assert.Equal(RolloutStatus.Succeeded, declared.Status);
        Assert.Equal(RolloutStatus.Succeeded, (await _world.RunAsync(_world.Request("blue"), Token)).Status);
    }

    /// <summary>A copy of the folder as it stands, at another path.</summary>
    private string Copy(string name)
    {
        var copy = Path.Combine(_world.Root, name);
        foreach (var ring in (string[])["staging", "production"])
        {
            Directory.CreateDirectory(Path.Combine(copy, ring));
            File.Copy(_world.FileOf(ring), Path.Combine(copy, ring, "web.txt"));
        }

        return copy;
    }

    private void WriteBoth()
    {
        _world.Write("staging", $"web={OldImage}");
        _world.Write("production", $"web={OldImage}");
    }

    private async Task AssertRefusedAsync(PatchErrorCode code, string reason, params string[] rings)
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => _world.RunAsync(_world.Request(rings), Token));
        Assert.Equal(code, e.Code);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }
}
