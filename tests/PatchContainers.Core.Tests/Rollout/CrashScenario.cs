using System.Text.RegularExpressions;
using PatchContainers.History;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>A rollout that is to end the same way wherever it is killed.</summary>
internal sealed class CrashScenario(string name, ChangeStatus made, Action<RolloutWorld> prepare, Func<RolloutWorld,
    RolloutRequest> request, bool undo = false)
{
    private static readonly RolloutChange Crashing = new()
    {
        Workload = "api",
        Platform = TextPlatform.Name,
        Ring = "production",
        OldImage = string.Empty,
        NewImage = string.Empty,
        NewDigest = string.Empty,
        Status = ChangeStatus.Failed,
        Detail = "it crashes again and again",
        Ran = true,
    };

    private static readonly CrashScenario[] Scenarios =
    [
        new("succeeds", ChangeStatus.Written, w => w.AddGate("policy", GateVerdict.Passed), w => w.Request("staging", "production")),
        new("rolls back", ChangeStatus.Written, w => w.AddGate("policy", GateVerdict.Passed).ByRing["production"] = GateVerdict.Failed,
            w => w.Request("staging", "production")),
        new("quarantines", ChangeStatus.Healthy, w => w.AddGate("health", GateVerdict.Failed), w => w.Request("staging", "production")),
        new("pauses", ChangeStatus.Written, w => w.AddGate("health", GateVerdict.Inconclusive), w => w.Request("staging", "production")),
        new("is observed", ChangeStatus.Applied, w => w.AddGate("health", GateVerdict.Passed), w => Live(w)),
        new("fails to become ready", ChangeStatus.Applied, w => w.Platform.Observed[("api", AwaitedState.New)] = Crashing,
            w => Live(w)),
        new("canary fails", ChangeStatus.Applied, w => w.AddGate("health", GateVerdict.Passed).ByRing["production"] = GateVerdict.Failed,
            w => Live(w)),
        new("is undone", ChangeStatus.Written, _ => { }, w => w.Request("staging", "production"), undo: true),
    ];

    private static RolloutRequest Live(RolloutWorld world) => world.Request("staging", "production").With(p => p with
    {
        Rings = [.. p.Rings.Select(r => r with
        {
            Batch = Portion.Parse("1"),
            Canary = Portion.Parse("10%"),
            CanarySoak = TimeSpan.FromMinutes(1),
            Soak = TimeSpan.FromMinutes(2),
        })],
    });

    public static IEnumerable<string> Names => Scenarios.Select(s => s.Name);

    public string Name => name;

    public static CrashScenario Of(string name) => Scenarios.Single(s => s.Name == name);

    public RolloutWorld Create(CrashPoint crash, string? root = null, Func<TimeProvider, SharedState>? open = null)
    {
        var world = new RolloutWorld(crash, made, root, open);
        prepare(world);
        if (!Directory.Exists(world.Rings))
        {
            world.Write("staging", $"web={RolloutWorld.OldImage}", "db=postgres:16");
            world.Write("production", $"web={RolloutWorld.OldImage}", $"api={RolloutWorld.OldImage}");
        }

        return world;
    }

    /// <summary>Begins the rollout, or goes on with whatever is there: what a job does that may be restarted from its first line.</summary>
    public async Task<PatchRollout> RunAsync(RolloutWorld world, CancellationToken cancellationToken)
    {
        var rollout = await world.Service.ListAsync(world.Progress, cancellationToken).FirstOrDefaultAsync(cancellationToken);
        rollout = rollout switch
        {
            null => await world.RunAsync(request(world), cancellationToken),
            { Status: RolloutStatus.Running } => await world.Service.ResumeAsync(rollout.Id, new RolloutRunOptions(), world.Progress, cancellationToken),
            _ => rollout,
        };
        return undo && rollout.Status == RolloutStatus.Succeeded
            ? await world.Service.UndoAsync(rollout.Id, RollbackScope.Rollout, world.Progress, cancellationToken)
            : rollout;
    }

    /// <summary>Everything that has to be the same, wherever it was killed.</summary>
    public static async Task<string> DescribeAsync(RolloutWorld world, PatchRollout rollout, CancellationToken cancellationToken)
    {
        var history = await world.ReadHistoryAsync(cancellationToken);
        Assert(await world.History.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), cancellationToken) is { IsIntact: true });
        Assert(history.Select(r => r.Key).Distinct().Count() == history.Count);
        var quarantine = await world.Quarantine.GetAsync(cancellationToken);
        return string.Join('\n', [
            world.Read("staging"),
            world.Read("production"),
            .. ((string[])["web", "api"]).Select(name => $"{world.Strategy("staging", name)} {world.Strategy("production", name)}"),
            WithoutTimes($"{rollout.Status} {rollout.Reason}"),
            .. rollout.Rings.Select(r => $"{r.Name} {r.Status} {string.Join(',', r.Gates.Select(g => g.Verdict))}"),
            .. rollout.Changes.Select(c => $"{c.Workload} {c.Status}"),
            .. rollout.Steps.Select(s => $"{s.Number} {s.Action} {s.Ring} {s.Outcome}"),
            .. quarantine.Select(q => $"{q.Repository} {q.Digest} {q.Ring}"),
            .. history.Where(r => r.Outcome != "Resumed").Select(r => $"{r.Kind} {r.Outcome} {r.NewDigest}"),
        ]).Replace(world.Root, string.Empty, StringComparison.Ordinal);
    }

    private static string WithoutTimes(string text) => Regex.Replace(text, @"\d{4}-\d\d-\d\d [\d:]+Z", "TIME");

    private static void Assert(bool condition) => Xunit.Assert.True(condition);
}
