using System.Collections.Concurrent;
using Xunit;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

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
