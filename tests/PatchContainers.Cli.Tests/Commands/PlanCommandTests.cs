using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Rollout.Plans;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class PlanCommandTests
{
    private const string Plan = """
        name: shop
        gates:
          - { name: no-known-fix, kind: policy, severity: high }
        rings:
          - name: staging
            targets: [{ path: deploy/staging }]
            batch: 50%
            gates: [no-known-fix]
          - name: production
            targets: [{ path: deploy/production }]
            batch: 2
            soak: 1s
            approval: true
            gates: [no-known-fix]
        """;

    [Fact]
    public async Task A_plan_is_explained_ring_by_ring()
    {
        using var world = await World.CreateAsync(withAdvisories: false);
        var result = await world.Cli.RunAsync("rollout", "check", Write(world, Plan));
        Assert.Equal(ExitCode.Done, result.ExitCode);
        var report = Assert.Single(result.Records<PatchPlanReport>());
        Assert.True(report.IsValid);
        Assert.Equal(["staging", "production"], report.Rings.Select(r => r.Name));
        Assert.Equal((7, true, TimeSpan.FromSeconds(1)), (report.Rings[1].Workloads, report.Rings[1].Approval, report.AtLeast));
        Assert.Contains("no finding at or above high", Assert.Single(report.Rings[0].Gates), StringComparison.Ordinal);
        Assert.Equal("production is put back, and then staging.", report.Rings[1].OnFailure);
        Assert.Equal(ExitCode.Done, (await world.Cli.RunAsync("rollout", "check", Path.Combine(world.Root, "plan.yaml"), "--strict")).ExitCode);
    }

    [Fact]
    public async Task What_is_wrong_and_what_is_doubtful_is_told_with_its_line()
    {
        using var world = await World.CreateAsync(withAdvisories: false);
        var wrong = await world.Cli.RunAsync("rollout", "check", Write(world, Plan.Replace("batch: 2", "batch: 0", StringComparison.Ordinal)));
        Assert.Equal((ExitCode.Failed, 11), (wrong.ExitCode, Assert.Single(Assert.Single(wrong.Records<PatchPlanReport>()).Faults).Line));

        var absent = await world.Cli.RunAsync("rollout", "check",
            Write(world, Plan.Replace("deploy/staging", "deploy/absent", StringComparison.Ordinal)));
        var fault = Assert.Single(Assert.Single(absent.Records<PatchPlanReport>()).Faults);
        Assert.Equal((ExitCode.Failed, 6, "rings[0].targets[0]"), (absent.ExitCode, fault.Line, fault.Key));

        var twice = await world.Cli.RunAsync("rollout", "check",
            Write(world, Plan.Replace("deploy/production", "deploy", StringComparison.Ordinal)));
        Assert.All(Assert.Single(twice.Records<PatchPlanReport>()).Faults, f => Assert.Contains("is in the ring staging too", f.Message,
            StringComparison.Ordinal));

        string[] doubts = ["no gate", "no soak", "no effect on files", "No ring asks"];
        var doubtful = await world.Cli.RunAsync("rollout", "check", "--strict", Write(world, Plan
            .Replace("gates: [no-known-fix]", "canary: { size: 1 }", StringComparison.Ordinal).Replace("soak: 1s", "", StringComparison.Ordinal)));
        var report = Assert.Single(doubtful.Records<PatchPlanReport>());
        Assert.Equal((ExitCode.Partly, true), (doubtful.ExitCode, report.IsValid));
        Assert.All(doubts, d => Assert.Contains(report.Warnings, w => w.Message.Contains(d, StringComparison.Ordinal) && w.Line > 0));
    }

    [Fact]
    public async Task The_steps_that_a_preview_shows_are_those_that_are_taken()
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();
        var plan = Write(world, Plan);
        var before = World.Hash(world.Root);
        var preview = await world.Cli.PipeAsync(updates, "rollout", "start", "--plan", plan, "--what-if");
        Assert.Equal(before, World.Hash(world.Root));
        var planned = Assert.Single(preview.Records<PatchRollout>());
        Assert.Equal(RolloutStatus.Planned, planned.Status);
        Assert.All(planned.Steps.Where(s => s.Action == "Apply"), s =>
            Assert.Matches("shop/web:1.4 \\(sha256:[0-9a-f]{64}\\) -> .*@sha256:[0-9a-f]{64}", s.Detail));

        var started = await world.Cli.PipeAsync(updates, "rollout", "start", "--plan", plan);
        var paused = Assert.Single(started.Records<PatchRollout>());
        Assert.Equal((ExitCode.Partly, RolloutStatus.Paused), (started.ExitCode, paused.Status));

        var approved = await world.Cli.RunAsync("rollout", "approve", paused.Id, "--ring", "production", "--valid-for", "8h", "--reason", "4711");
        Assert.Equal(ExitCode.Done, approved.ExitCode);
        var resumed = await world.Cli.RunAsync("rollout", "resume", paused.Id, "--max-duration", "1h");
        var ended = Assert.Single(resumed.Records<PatchRollout>());
        Assert.Equal((ExitCode.Done, RolloutStatus.Succeeded), (resumed.ExitCode, ended.Status));
        Assert.Equal(planned.Steps.Select(Key), ended.Steps.Where(s => s.Action != "End").Select(Key));
    }

    [Fact]
    public async Task A_table_shows_the_preview_by_ring_and_batch()
    {
        using var world = await World.CreateAsync();
        var result = await world.Cli.PipeAsync(await world.UpdatesAsync(), "rollout", "start", "--plan", Write(world, Plan), "--what-if",
            "--output", "table");
        Assert.Contains("staging, batch 1 of 2", result.Output, StringComparison.Ordinal);
        Assert.Contains("production, after the last batch", result.Output, StringComparison.Ordinal);
        Assert.Contains("Soak production: run for 1s", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_detached_rollout_begins_when_it_is_resumed_and_a_stopped_one_never()
    {
        using var world = await World.CreateAsync();
        var updates = await world.UpdatesAsync();
        var before = World.Hash(world.Deploy);
        string[] start = ["rollout", "start", "--plan", Write(world, Plan), "--ring", "staging", "--detach"];
        var first = Assert.Single((await world.Cli.PipeAsync(updates, start)).Records<PatchRollout>());
        Assert.Equal((RolloutStatus.Planned, before), (first.Status, World.Hash(world.Deploy)));

        var stopped = await world.Cli.RunAsync("rollout", "stop", first.Id, "--reason", "called off");
        Assert.Equal((ExitCode.Done, RolloutStatus.Stopped), (stopped.ExitCode, Assert.Single(stopped.Records<PatchRollout>()).Status));
        Assert.Equal(before, World.Hash(world.Deploy));

        var second = Assert.Single((await world.Cli.PipeAsync(updates, [.. start, "--skip-gate", "no-known-fix"])).Records<PatchRollout>());
        var resumed = Assert.Single((await world.Cli.RunAsync("rollout", "resume", second.Id)).Records<PatchRollout>());
        Assert.Equal(RolloutStatus.Succeeded, resumed.Status);
        Assert.Empty(resumed.Rings.SelectMany(r => r.Gates));
    }

    [Fact]
    public async Task A_plan_with_faults_begins_nothing()
    {
        using var world = await World.CreateAsync();
        var before = World.Hash(world.Deploy);
        var result = await world.Cli.PipeAsync(await world.UpdatesAsync(), "rollout", "start", "--plan",
            Write(world, Plan.Replace("soak: 1s", "soak: soon", StringComparison.Ordinal)));
        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains("line 12, rings[1].soak: 'soon' is no duration", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, World.Hash(world.Deploy));
    }

    [Theory]
    [InlineData("Give either", "rollout", "start")]
    [InlineData("Give either", "rollout", "start", "--path", "x", "--ring", "a", "--plan", "y")]
    [InlineData("--path needs --ring", "rollout", "start", "--path", "x")]
    [InlineData("--fail-on goes with --path", "rollout", "start", "--plan", "y", "--fail-on", "high")]
    [InlineData("--reason", "rollout", "stop", "x")]
    [InlineData("no duration", "rollout", "resume", "x", "--max-duration", "soon")]
    public async Task Options_that_contradict_each_other_are_usage_errors(string message, params string[] line)
    {
        var result = await new CliRunner().PipeAsync(string.Empty, line);
        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quarantine_is_listed_and_cleared_and_the_history_says_by_whom()
    {
        using var world = await World.CreateAsync(withAdvisories: false);
        var digest = "sha256:" + new string('a', 64);
        using var state = SharedState.OfFolder(new PatchState(world.State), TimeProvider.System);
        await new QuarantineStore(state.Quarantine, TimeProvider.System).AddAsync(new QuarantinedDigest
        {
            Repository = "registry.demo.example/shop/web",
            Digest = digest,
            Path = "shop",
            Ring = "staging",
            Rollout = "20260101-000000-0000",
            Reason = "the gate 'errors' failed",
            Since = DateTimeOffset.UnixEpoch.AddYears(50),
        }, TestContext.Current.CancellationToken);

        var listed = await world.Cli.RunAsync("quarantine");
        Assert.Equal(digest, Assert.Single(listed.Records<QuarantinedDigest>()).Digest);
        var preview = await world.Cli.RunAsync("quarantine", "clear", digest, "--what-if");
        Assert.Single(preview.Records<QuarantinedDigest>());
        Assert.Equal(ExitCode.Failed, (await world.Cli.RunAsync("quarantine", "clear", digest, "--repository", "other.example/x")).ExitCode);
        Assert.Single((await world.Cli.RunAsync("quarantine")).Records<QuarantinedDigest>());

        var cleared = await world.Cli.RunAsync("quarantine", "clear", digest, "--repository", "registry.demo.example/shop/web");
        Assert.NotEmpty(Assert.Single(cleared.Records<QuarantinedDigest>()).ReleasedBy);
        Assert.Empty((await world.Cli.RunAsync("quarantine")).Output);
        Assert.Contains("Released", (await world.Cli.RunAsync("history")).Output, StringComparison.Ordinal);
    }

    private static (string, string, int?, string) Key(RolloutStep step) => (step.Action, step.Ring, step.Batch, step.Target);

    private static string Write(World world, string text)
    {
        var path = Path.Combine(world.Root, "plan.yaml");
        File.WriteAllText(path, text);
        return path;
    }
}
