using System.Text.RegularExpressions;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;
using PatchContainers.Rollout;

namespace PatchContainers.Cli.Tests.Kubernetes;

/// <summary>Rollouts by the executable on a real control plane, and what it says to a script: records, errors, exit codes.</summary>
public sealed class ClusterRolloutTests : IAsyncLifetime
{
    // Nobody listens there.
    private const string Unreachable = "gates: [{ name: alive, kind: http, url: 'http://127.0.0.1:1/' }]";

    private ClusterWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await ClusterWorld.OpenAsync();

    public ValueTask DisposeAsync() => _world?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task What_goes_through_both_rings_is_exit_code_0()
    {
        _world.Plan(production: "canary: { size: 1, soak: 1s }");
        var preview = await _world.StartAsync("1.1", "--what-if");
        Assert.Equal((ExitCode.Done, RolloutStatus.Planned), (preview.ExitCode, ClusterWorld.Rollout(preview).Status));
        Assert.Equal(["1.0"], await ClusterWorld.TagsAsync(_world.Staging));

        var started = await _world.StartAsync("1.1");
        Assert.Equal((ExitCode.Done, RolloutStatus.Succeeded), (started.ExitCode, ClusterWorld.Rollout(started).Status));
        Assert.Equal(["1.1"], await ClusterWorld.TagsAsync(_world.Production));
    }

    [Fact]
    public async Task A_gate_that_fails_is_exit_code_4_and_its_digest_is_refused_the_next_night()
    {
        _world.Plan(staging: "gates: [alive]", plan: Unreachable);
        var failed = await _world.StartAsync("1.1");
        Assert.Equal((ExitCode.RolledBack, RolloutStatus.RolledBack), (failed.ExitCode, ClusterWorld.Rollout(failed).Status));
        Assert.Contains(failed.Errors, e => e.StartsWith("error: GateFailed ", StringComparison.Ordinal));
        Assert.Equal(["1.0"], await ClusterWorld.TagsAsync(_world.Staging));
        var untouched = await _world.Production.GetAsync("Deployment", "web");
        Assert.Equal(1, untouched.GetProperty("metadata").GetProperty("generation").GetInt32());

        var refused = await _world.StartAsync("1.1");
        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains(refused.Errors, e => e.StartsWith("error: NotPromotable ", StringComparison.Ordinal)
            && e.Contains("is in quarantine since", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gate_that_is_skipped_is_in_the_history_with_who_decided_so()
    {
        _world.Plan(staging: "gates: [alive]", plan: Unreachable);
        var started = await _world.StartAsync("1.1", "--skip-gate alive");
        Assert.Equal(ExitCode.Done, started.ExitCode);
        var history = await _world.RunAsync($"history --rollout {ClusterWorld.Rollout(started).Id}");
        var record = Assert.Single(history.Records<PatchContainers.History.PatchRecord>(), r => r.Outcome == "Started");
        Assert.EndsWith(" Not asked: alive.", record.Detail, StringComparison.Ordinal);
        Assert.Equal("ops@shop", record.Actor);
    }

    [Fact]
    public async Task A_ring_that_waits_for_a_yes_is_exit_code_6_also_when_the_yes_has_expired()
    {
        _world.Plan(production: "approval: true");
        var paused = await _world.StartAsync("1.1");
        Assert.Equal(ExitCode.Partly, paused.ExitCode);
        var id = ClusterWorld.Rollout(paused).Id;
        var second = await _world.StartAsync("1.1");
        Assert.Equal(ExitCode.Failed, second.ExitCode);
        Assert.Contains(second.Errors, e => e.StartsWith("error: Conflict ", StringComparison.Ordinal)
            && e.Contains(id, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Done, (await _world.RunAsync($"rollout approve {id} --ring production --valid-for 1s")).ExitCode);
        for (var until = DateTimeOffset.UtcNow.AddSeconds(1); DateTimeOffset.UtcNow < until;)
        {
            await Task.Yield();
        }

        var expired = await _world.RunAsync($"rollout resume {id}");
        Assert.Equal((ExitCode.Partly, RolloutStatus.Paused), (expired.ExitCode, ClusterWorld.Rollout(expired).Status));
        Assert.Contains("production waits for a person", ClusterWorld.Rollout(expired).Reason, StringComparison.Ordinal);
        Assert.Equal(["1.0"], await ClusterWorld.TagsAsync(_world.Production));

        var approved = await _world.RunAsync($"rollout approve {id} --ring production --valid-for 1h --reason 4711");
        Assert.Equal(ExitCode.Done, approved.ExitCode);
        Assert.Equal(ExitCode.Done, (await _world.RunAsync($"rollout resume {id}")).ExitCode);
        Assert.Equal(["1.1"], await ClusterWorld.TagsAsync(_world.Production));
    }

    [Fact]
    public async Task What_cannot_be_put_back_is_exit_code_5_and_listed()
    {
        _world.Plan(production: "approval: true");
        var paused = await _world.StartAsync("1.1");
        Assert.Equal(ExitCode.Partly, paused.ExitCode);
        await _world.Staging.PatchAsync("Deployment", "web",
            "{spec: {template: {spec: {containers: [{name: app, image: 'registry.example/shop/web:hotfix'}]}}}}");
        var undone = await _world.RunAsync($"rollout undo {ClusterWorld.Rollout(paused).Id}");
        Assert.Equal((ExitCode.RollbackIncomplete, RolloutStatus.Failed), (undone.ExitCode, ClusterWorld.Rollout(undone).Status));
        Assert.Contains(undone.Errors, e => e.StartsWith("error: RollbackIncomplete ", StringComparison.Ordinal)
            && e.Contains($"{_world.Staging.Namespace}/Deployment/web#app", StringComparison.Ordinal));
        Assert.Contains("registry.example/shop/web:hotfix", await _world.Staging.ImagesAsync("web"));
    }

    [Fact]
    public async Task What_is_left_as_it_is_after_a_failure_is_exit_code_4_and_a_canary_stays_one_until_it_is_undone()
    {
        _world.Plan(staging: "gates: [alive]\n    canary: { size: 1 }", plan: "onFailure: freeze\n" + Unreachable);
        var failed = await _world.StartAsync("1.1");
        Assert.Equal((ExitCode.RolledBack, RolloutStatus.Frozen), (failed.ExitCode, ClusterWorld.Rollout(failed).Status));
        Assert.Single(await _world.Staging.ImagesAsync("web"), image => image.Contains(":1.1", StringComparison.Ordinal));
        Assert.Equal(3, (await _world.Staging.ImagesAsync("web")).Count);
        Assert.Equal(ExitCode.Done, (await _world.RunAsync($"rollout undo {ClusterWorld.Rollout(failed).Id}")).ExitCode);
        Assert.Equal(["1.0"], await ClusterWorld.TagsAsync(_world.Staging));
    }

    [Fact]
    public async Task What_another_tool_keeps_is_refused_skipped_with_exit_code_6_or_forced_with_a_warning()
    {
        await _world.Staging.CreateAsync("Deployment", "kept", "replicas: 1, ",
            metadata: "annotations: {argocd.argoproj.io/tracking-id: 'shop:x'}, ");
        _world.Plan();
        var refused = await _world.StartAsync("1.1");
        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains(refused.Errors, e => e.StartsWith("error: ChangeRefused ", StringComparison.Ordinal)
            && e.Contains("Argo CD keeps it as the application 'shop' says", StringComparison.Ordinal));
        Assert.Equal(["1.0"], await ClusterWorld.TagsAsync(_world.Staging));

        var skipped = await _world.StartAsync("1.1", "--skip-refused");
        Assert.Equal((ExitCode.Partly, RolloutStatus.Succeeded), (skipped.ExitCode, ClusterWorld.Rollout(skipped).Status));
        Assert.Equal(["1.1"], await ClusterWorld.TagsAsync(_world.Production));
        Assert.Equal(RolloutScene.Old, Assert.Single(await _world.Staging.ImagesAsync("kept")));

        var forced = await _world.StartAsync("1.1", "--force");
        Assert.Equal((ExitCode.Done, RolloutStatus.Succeeded), (forced.ExitCode, ClusterWorld.Rollout(forced).Status));
        Assert.Contains(forced.Errors, e => e.StartsWith("warning: ", StringComparison.Ordinal)
            && e.Contains("Argo CD", StringComparison.Ordinal));
        Assert.NotEqual(RolloutScene.Old, Assert.Single(await _world.Staging.ImagesAsync("kept")));
    }

    [Fact]
    public async Task A_disk_that_is_lost_loses_no_rollout_whose_journal_is_in_the_cluster()
    {
        _world.Plan(production: "approval: true");
        var store = $"--state-store kubernetes://admin@local/{_world.Production.Namespace}";
        var paused = await _world.StartAsync("1.1", store);
        Assert.Equal(ExitCode.Partly, paused.ExitCode);
        var id = ClusterWorld.Rollout(paused).Id;
        Directory.Delete(_world.State, recursive: true);

        Assert.Equal(id, ClusterWorld.Rollout(await _world.RunAsync($"rollout status {store}")).Id);
        Assert.Equal(ExitCode.Done, (await _world.RunAsync($"rollout approve {id} {store}")).ExitCode);
        Directory.Delete(_world.State, recursive: true);
        var resumed = await _world.RunAsync($"rollout resume {id} {store}");
        Assert.Equal((ExitCode.Done, RolloutStatus.Succeeded), (resumed.ExitCode, ClusterWorld.Rollout(resumed).Status));
        Assert.Equal(["1.1"], await ClusterWorld.TagsAsync(_world.Production));
    }

    [Fact]
    public async Task A_server_that_is_not_verified_is_warned_of_when_a_rollout_starts_and_when_it_is_resumed()
    {
        _world.Plan();
        var verified = await File.ReadAllTextAsync(_world.Kubeconfig, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_world.Kubeconfig, Regex.Replace(verified, "certificate-authority-data: [A-Za-z0-9+/=]+",
            "insecure-skip-tls-verify: true"), TestContext.Current.CancellationToken);
        var started = await _world.StartAsync("1.1", "--detach");
        Assert.Equal(ExitCode.Done, started.ExitCode);
        Assert.Contains(started.Errors, IsWarning);
        var resumed = await _world.RunAsync($"rollout resume {ClusterWorld.Rollout(started).Id}");
        Assert.Equal((ExitCode.Done, RolloutStatus.Succeeded), (resumed.ExitCode, ClusterWorld.Rollout(resumed).Status));
        Assert.Contains(resumed.Errors, IsWarning);

        static bool IsWarning(string line) =>
            line.StartsWith("warning: The API server of context 'admin@local' (127.0.0.1:", StringComparison.Ordinal)
            && line.Contains("is not verified: the kubeconfig says insecure-skip-tls-verify", StringComparison.Ordinal);
    }
}
