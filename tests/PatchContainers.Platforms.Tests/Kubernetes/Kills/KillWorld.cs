using System.Collections.Concurrent;
using System.Globalization;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Kills;

/// <summary>A rollout and where its journal is.</summary>
/// <param name="Fails">Whether production fails, and everything is put back.</param>
/// <param name="InCluster">Whether the journal is in the cluster.</param>
/// <param name="InFiles">Whether the workloads are files, and not in the cluster.</param>
/// <param name="InSwarm">Whether they are services of a swarm, and not in the cluster.</param>
internal sealed record KillScenario(bool Fails, bool InCluster, bool InFiles = false, bool InSwarm = false);

/// <summary>Where a rollout is to stand still.</summary>
/// <param name="Scenario">The rollout.</param>
/// <param name="At">At which thing that it does.</param>
/// <param name="Before">Whether right before, and not right after.</param>
internal sealed record KillPoint(KillScenario Scenario, int At, bool Before);

/// <summary>Makes the workloads of rollouts on a platform, and runs that see each other's processes die.</summary>
internal abstract class KillWorld : IAsyncDisposable
{
    private int _opened;

    /// <summary>The rollouts that are killed.</summary>
    public abstract IReadOnlyList<KillScenario> Scenarios { get; }

    /// <summary>How many run at a time; and how many points are taken, where not all are.</summary>
    public abstract int AtATime { get; }

    protected TemporaryFolder Folder { get; } = new();

    /// <summary>Runs each rollout that nothing interrupts: how it ends, and how many things it does.</summary>
    public async Task<IReadOnlyDictionary<KillScenario, (string Description, int Points, bool Before)>> RunWholeAsync(
        bool before, CancellationToken cancellationToken)
    {
        var whole = new ConcurrentDictionary<KillScenario, (string, int, bool)>();
        await using var runs = await OpenAsync([.. Scenarios.Select(s => new KillPoint(s, 0, before))], TimeProvider.System, cancellationToken);
        await runs.ForEachAsync(async run =>
        {
            await run.RunAsync(cancellationToken);
            whole[run.Spec.Scenario] = (await runs.DescribeAsync(run, cancellationToken), run.Halt.Count, before);
        }, cancellationToken);
        return Scenarios.ToDictionary(s => s, s => whole[s]);
    }

    /// <summary>Makes the workloads of a run for each point, and waits until they run.</summary>
    public async Task<KillRuns> OpenAsync(IReadOnlyList<KillPoint> points, TimeProvider clock, CancellationToken cancellationToken)
    {
        var runs = new KillRuns(Folder.Path, OpenSceneAsync);
        foreach (var point in points)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"k{++_opened:d4}");
            await runs.AddAsync(await CompleteAsync(new KillSpec
            {
                Name = name,
                Scenario = point.Scenario,
                Folder = Directory.CreateDirectory(Folder[name]).FullName,
                At = point.At,
                Before = point.Before,
                Staging = string.Empty,
                Production = string.Empty,
            }), spec => OpenRun(spec with { At = 0 }, clock));
        }

        await runs.CreateAsync(cancellationToken);
        return runs;
    }

    public virtual ValueTask DisposeAsync()
    {
        Folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected virtual Task<KillSpec> CompleteAsync(KillSpec spec) => Task.FromResult(spec);

    protected abstract Task<KillScene> OpenSceneAsync();

    protected abstract KillRun OpenRun(KillSpec spec, TimeProvider clock);
}

/// <summary>Rollouts in a control plane, with their journals in folders and in the cluster.</summary>
internal sealed class ClusterKillWorld : KillWorld
{
    private readonly KubeConfig _config = KubeConfig.Read([ControlPlane.Kubeconfig("admin")]);
    private readonly KubernetesClient _client;

    public ClusterKillWorld() =>
        _client = new KubernetesClient(_config.Context(), new KubernetesClientOptions { Between = h => new ObservedRequests(h) });

    public override IReadOnlyList<KillScenario> Scenarios { get; } = [new(false, false), new(false, true), new(true, false), new(true, true)];

    // The pods of three nodes are enough for no more.
    public override int AtATime => 40;

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return base.DisposeAsync();
    }

    protected override async Task<KillScene> OpenSceneAsync() => await ClusterKillScene.OpenAsync();

    protected override KillRun OpenRun(KillSpec spec, TimeProvider clock) => KillRun.OfCluster(spec, _client, _config, clock);
}

/// <summary>Some runs, eight of them in a scene.</summary>
internal sealed class KillRuns(string folder, Func<Task<KillScene>> openScene) : IAsyncDisposable
{
    private const int RunsAScene = 8;

    private readonly List<KillScene> _scenes = [];
    private readonly List<(KillSpec Spec, KillRun Run, KillScene Scene)> _runs = [];

    public async Task AddAsync(KillSpec spec, Func<KillSpec, KillRun> open)
    {
        if (_runs.Count % RunsAScene == 0)
        {
            _scenes.Add(await openScene());
        }

        spec = spec with { Staging = _scenes[^1].Staging, Production = _scenes[^1].Production };
        _runs.Add((spec, open(spec), _scenes[^1]));
    }

    public async Task CreateAsync(CancellationToken cancellationToken) => await Parallel.ForEachAsync(_runs.GroupBy(r => r.Scene),
        new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (scene, _) =>
        {
            foreach (var (spec, _, _) in scene)
            {
                await scene.Key.CreateAsync(spec);
            }

            await scene.Key.ReadyAsync();
        });

    /// <summary>Starts a process that runs them all, and waits until each stands still at its point.</summary>
    public async Task<RolloutChild> HaltAsync(CancellationToken cancellationToken)
    {
        var child = await RolloutChild.StartAsync(folder, [.. _runs.Select(r => r.Spec)], cancellationToken);
        Assert.All(await child.HaltedAsync(_runs.Count, cancellationToken), line => Assert.StartsWith("halted ", line, StringComparison.Ordinal));
        return child;
    }

    public Task ForEachAsync(Func<KillRun, Task> action, CancellationToken cancellationToken) => Parallel.ForEachAsync(_runs,
        new ParallelOptions { MaxDegreeOfParallelism = _runs.Count, CancellationToken = cancellationToken }, async (r, _) =>
        {
            try
            {
                await action(r.Run);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"{r.Spec}: {e.Message}", e);
            }
        });

    public Task<string> DescribeAsync(KillRun run, CancellationToken cancellationToken) =>
        _runs.Single(r => r.Run == run).Scene.DescribeAsync(run, cancellationToken);

    /// <summary>What each left behind: its journal, its workloads, its requests.</summary>
    public async Task<IReadOnlyDictionary<KillSpec, string>> StateAsync(CancellationToken cancellationToken)
    {
        var states = new ConcurrentDictionary<KillSpec, string>();
        await Parallel.ForEachAsync(_runs, cancellationToken, async (r, token) =>
        {
            var rollout = (await r.Run.FindAsync(token))!;
            var journal = await r.Run.Shared.Journal.ReadAsync(rollout.Id, token);
            states[r.Spec] = string.Join('\n', [
                .. journal.Select(e => $"{e.Number} {e.Kind} {e.Action} {e.Outcome} {e.Fence} {e.Time:O}"),
                .. await r.Scene.PlatformAsync(r.Run, token),
                File.Exists(r.Run.LogPath) ? await File.ReadAllTextAsync(r.Run.LogPath, token) : string.Empty,
            ]);
        });
        return states;
    }

    public async ValueTask DisposeAsync()
    {
        _runs.ForEach(r => r.Run.Dispose());
        foreach (var scene in _scenes)
        {
            await scene.DisposeAsync();
        }
    }
}
