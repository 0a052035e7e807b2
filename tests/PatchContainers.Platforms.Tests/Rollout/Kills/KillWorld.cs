using System.Collections.Concurrent;
using System.Globalization;
using PatchContainers.Platforms.Tests.Docker.Kills;
using PatchContainers.TestKit;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>Makes the workloads of rollouts on a platform, and runs that see each other's processes die.</summary>
/// <param name="apart">Their engine; null for the one that all tests use.</param>
internal abstract class KillWorld(EngineApart? apart = null) : IAsyncDisposable
{
    private int _opened;
    private KillPlatforms? _platforms;

    /// <summary>The rollouts that are killed.</summary>
    public abstract IReadOnlyList<KillScenario> Scenarios { get; }

    /// <summary>How many run at a time; and how many points are taken, where not all are.</summary>
    public abstract int AtATime { get; }

    protected TemporaryFolder Folder { get; } = new();

    protected EngineApart? Apart { get; } = apart;

    private KillPlatforms Platforms => _platforms ??= new KillPlatforms([.. Scenarios.Select(s => s.Platform)], Apart);

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
            }), spec => Platforms.Open(spec with { At = 0 }, clock));
        }

        await runs.CreateAsync(cancellationToken);
        return runs;
    }

    public ValueTask DisposeAsync()
    {
        _platforms?.Dispose();
        Folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected virtual Task<KillSpec> CompleteAsync(KillSpec spec) => Task.FromResult(spec);

    protected abstract Task<KillScene> OpenSceneAsync();
}
