using PatchContainers.Rollout;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class RolloutCommandTests
{
    private const string Rings = "staging,production";

    [Fact]
    public async Task Rings_are_run_in_order_and_undo_puts_every_byte_back()
    {
        using var world = await World.CreateAsync();
        var before = World.Hash(world.Deploy);
        var updates = await world.UpdatesAsync();

        var started = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", Rings);

        Assert.Equal(ExitCode.Done, started.ExitCode);
        var rollout = Assert.Single(started.Records<PatchRollout>());
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
        Assert.Equal([("staging", RingStatus.Passed), ("production", RingStatus.Passed)], rollout.Rings.Select(r => (r.Name, r.Status)));
        Assert.All(rollout.Changes.Where(c => c.NewImage.Contains("-patched-", StringComparison.Ordinal)), c =>
            Assert.Equal(ChangeStatus.Written, c.Status));
        Assert.Contains("shop/web:1.4-patched-",
            await File.ReadAllTextAsync(Path.Combine(world.Deploy, "production", "web.yaml"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);

        var status = await world.Cli.RunAsync("rollout", "status", rollout.Id);
        Assert.Equal(started.Output, status.Output);

        var undone = await world.Cli.RunAsync("rollout", "undo", rollout.Id);
        Assert.Equal(ExitCode.Done, undone.ExitCode);
        Assert.Equal(before, World.Hash(world.Deploy));
    }

    [Fact]
    public async Task Production_takes_only_what_passed_staging()
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();

        var early = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", "production");
        var staging = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", "staging");
        var production = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", "production");

        Assert.Equal((ExitCode.Failed, ExitCode.Done, ExitCode.Done), (early.ExitCode, staging.ExitCode, production.ExitCode));
        Assert.Contains(early.Errors, e => e.StartsWith("error: NotPromotable ", StringComparison.Ordinal));
        Assert.All(Assert.Single(staging.Records<PatchRollout>()).Changes, c => Assert.Equal("staging", c.Ring));
    }

    [Fact]
    public async Task Rollouts_are_listed_oldest_first_also_those_of_one_second()
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();
        var started = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var result = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", "staging");
            started.Add(Assert.Single(result.Records<PatchRollout>()).Id);
        }

        var status = await world.Cli.RunAsync("rollout", "status");

        Assert.Equal(started, status.Records<PatchRollout>().Select(r => r.Id));
    }

    [Fact]
    public async Task A_gate_that_fails_in_staging_is_exit_code_4_and_leaves_production_as_it_was()
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();
        await world.ImportAsync("2024-01");
        var before = World.Hash(world.Deploy);

        var result = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", Rings);

        Assert.Equal(ExitCode.RolledBack, result.ExitCode);
        Assert.Equal(RolloutStatus.RolledBack, Assert.Single(result.Records<PatchRollout>()).Status);
        Assert.StartsWith("error: GateFailed ", Assert.Single(result.Errors, e => e.StartsWith("error: ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        Assert.Equal(before, World.Hash(world.Deploy));
    }

    [Fact]
    public async Task What_if_shows_the_plan_and_writes_nothing()
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();
        var before = World.Hash(world.Root);

        var result = await world.Cli.PipeAsync(updates, "rollout", "start", "--path", world.Deploy, "--ring", Rings, "--what-if");

        Assert.Equal(ExitCode.Done, result.ExitCode);
        Assert.Equal(RolloutStatus.Planned, Assert.Single(result.Records<PatchRollout>()).Status);
        Assert.Equal(before, World.Hash(world.Root));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_keeps_the_whole_rollout_from_beginning()
    {
        using var world = await World.CreateAsync();
        var before = World.Hash(world.Deploy);

        var result = await world.Cli.PipeAsync(await world.UpdatesAsync() + "{}\n", "rollout", "start", "--path", world.Deploy, "--ring",
            Rings);

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains("Nothing was rolled out: 1 of the records could not be read.", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, World.Hash(world.Deploy));
    }

    [Fact]
    public async Task An_empty_pipe_is_nothing_to_do()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.Cli.PipeAsync(string.Empty, "rollout", "start", "--path", world.Deploy, "--ring", Rings);

        Assert.Equal(new CliResult(ExitCode.Done, string.Empty, string.Empty), result);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("resume")]
    [InlineData("undo")]
    public async Task A_rollout_that_is_not_there_is_an_error(string verb)
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.Cli.RunAsync("rollout", verb, "20240101-000000-0000");

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("20240101-000000-0000", result.Error, StringComparison.Ordinal);
    }
}
