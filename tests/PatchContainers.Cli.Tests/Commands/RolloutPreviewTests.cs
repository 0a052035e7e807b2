using PatchContainers.Rollout;

namespace PatchContainers.Cli.Tests.Commands;

/// <summary>What <c>--what-if</c> says of a rollout that is there, and that it writes nothing.</summary>
public sealed class RolloutPreviewTests
{
    private const string Plan = """
        name: shop
        rings:
          - name: staging
            targets: [{ path: deploy/staging }]
          - name: production
            targets: [{ path: deploy/production }]
            approval: true
        """;

    [Fact]
    public async Task What_resuming_stopping_approving_and_undoing_would_do_is_said_and_nothing_is_written()
    {
        using var world = await World.CreateAsync();
        var paused = await StartAsync(world);
        var before = World.Hash(world.Root);

        var resume = await PreviewAsync(world, "resume", paused.Id);
        Assert.StartsWith($"Go on with the rollout {paused.Id}, which is Paused. The ring production waits for a person", resume.Reason,
            StringComparison.Ordinal);
        Assert.All(resume.Steps, s => Assert.Equal(("Apply", "production"), (s.Action, s.Ring)));
        Assert.Equal(paused.Changes.Where(c => c.Ring == "production").Select(c => c.Workload), resume.Steps.Select(s => s.Target));

        var stop = await PreviewAsync(world, "stop", paused.Id, "--reason", "called off");
        Assert.Equal($"Stop the rollout {paused.Id} for good, which is Paused. 4 workloads were changed and stay so; canaries are put back.",
            stop.Reason);
        Assert.Empty(stop.Steps);

        var approve = await PreviewAsync(world, "approve", paused.Id, "--ring", "production", "--valid-for", "8h");
        Assert.StartsWith($"Approve the ring production of the rollout {paused.Id} until ", approve.Reason, StringComparison.Ordinal);

        var undo = await PreviewAsync(world, "undo", paused.Id);
        Assert.StartsWith($"4 workloads of the rollout {paused.Id} would be put back", undo.Reason, StringComparison.Ordinal);
        Assert.All(undo.Steps, s => Assert.Matches("^[^ ]+-patched-[^ ]+ -> registry.demo.example/shop/web:1.4$", s.Detail));
        Assert.Equal(paused.Changes.Where(c => c.Ring == "staging").Select(c => c.Workload).Reverse(), undo.Steps.Select(s => s.Target));
        Assert.Equal(before, World.Hash(world.Root));

        var table = await world.Cli.RunAsync("rollout", "undo", paused.Id, "--what-if", "--output", "table");
        Assert.Contains("Revert ", table.Output, StringComparison.Ordinal);
        Assert.Equal(before, World.Hash(world.Root));
    }

    [Fact]
    public async Task Of_a_rollout_that_has_ended_there_is_nothing_to_do_and_nothing_to_approve()
    {
        using var world = await World.CreateAsync();
        var paused = await StartAsync(world);
        Assert.Equal(ExitCode.Done, (await world.Cli.RunAsync("rollout", "undo", paused.Id)).ExitCode);
        foreach (var verb in (string[][])[["resume"], ["stop", "--reason", "late"]])
        {
            var preview = await PreviewAsync(world, verb[0], paused.Id, verb[1..]);
            Assert.Equal(($"Nothing: the rollout {paused.Id} has ended, and is RolledBack.", 0), (preview.Reason, preview.Steps.Count));
        }

        Assert.Equal($"There is nothing of the rollout {paused.Id} to put back.", (await PreviewAsync(world, "undo", paused.Id)).Reason);
        var refused = await world.Cli.RunAsync("rollout", "approve", paused.Id, "--what-if");
        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains("no ring of it waits for an approval, or will.", refused.Error, StringComparison.Ordinal);
    }

    private static async Task<PatchRollout> StartAsync(World world)
    {
        var plan = Path.Combine(world.Root, "plan.yaml");
        await File.WriteAllTextAsync(plan, Plan, TestContext.Current.CancellationToken);
        var started = await world.Cli.PipeAsync(await world.UpdatesAsync(), "rollout", "start", "--plan", plan);
        Assert.Equal(ExitCode.Partly, started.ExitCode);
        return Assert.Single(started.Records<PatchRollout>());
    }

    private static async Task<PatchRollout> PreviewAsync(World world, string verb, string id, params string[] options)
    {
        var result = await world.Cli.RunAsync(["rollout", verb, id, .. options, "--what-if"]);
        Assert.Equal((ExitCode.Done, string.Empty), (result.ExitCode, result.Error));
        var preview = Assert.Single(result.Records<PatchRollout>());
        Assert.Equal((RolloutStatus.Planned, string.Empty), (preview.Status, preview.Id));
        return preview;
    }
}
