using System.Text.RegularExpressions;
using PatchContainers.History;
using PatchContainers.Rollout;
using Xunit;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>Where the workloads of some runs are, in two rings.</summary>
internal abstract class KillScene : IAsyncDisposable
{
    /// <summary>The line of a description behind which the requests are.</summary>
    public const string Requests = "\nrequests\n";

    /// <summary>What tells the workloads of the first ring.</summary>
    public abstract string Staging { get; }

    /// <summary>What tells the workloads of the second ring.</summary>
    public abstract string Production { get; }

    /// <summary>Makes the workloads of a run.</summary>
    public abstract Task CreateAsync(KillSpec spec);

    /// <summary>Waits until all of them run.</summary>
    public abstract Task ReadyAsync();

    /// <summary>The run's workloads as they stand: what each runs and how, what is noted on it.</summary>
    public abstract Task<IReadOnlyList<string>> PlatformAsync(KillRun run, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>A text without the names that are this scene's own.</summary>
    protected virtual string WithoutOwn(string text) => text;

    /// <summary>Everything that has to be the same, wherever the run was killed.</summary>
    public async Task<string> DescribeAsync(KillRun run, CancellationToken cancellationToken)
    {
        var rollout = (await run.FindAsync(cancellationToken))!;
        var history = await run.History.ReadAsync(new HistoryFilter(), cancellationToken).ToListAsync(cancellationToken);
        Assert.True((await run.History.VerifyAsync(HistoryHead.Parse(rollout.HistoryHead), cancellationToken)).IsIntact);
        Assert.Equal(history.Count, history.Select(r => r.Key).Distinct().Count());
        var quarantine = (await run.Quarantine.GetAsync(cancellationToken)).Where(q => q.Rollout == rollout.Id);
        string[] lines =
        [
            .. await PlatformAsync(run, cancellationToken),
            $"{rollout.Status}",
            .. rollout.Rings.Select(r => $"{r.Name} {r.Status} {string.Join(',', r.Gates.Select(g => g.Verdict))}"),
            .. rollout.Changes.Select(c => $"{c.Workload} {c.Status}"),
            .. rollout.Steps.Select(s => $"{s.Number} {s.Action} {Ring(s)} {s.Target} {Outcome(s)}"),
            .. quarantine.Select(q => $"quarantined {q.Repository} {q.Ring}"),
            .. history.Where(r => r.Outcome != "Resumed").Select(r => $"{r.Kind} {Outcome(r, run)} {r.Image} {r.Workload}"),
            Requests.Trim(),
            .. (await File.ReadAllLinesAsync(run.LogPath, cancellationToken)).Select(line => Plain(run, line)).Order(StringComparer.Ordinal),
        ];
        return Plain(run, string.Join('\n', lines));
    }

    // What was put back before the kill, and is ready, need not be awaited any more: then the others are, and the step is of their ring.
    private static string Ring(RolloutStep step) => step is { Action: "Await", Target: "old versions" } ? "any" : step.Ring;

    private static string Outcome(RolloutStep step) => step is { Action: "Revert", Outcome: "Applied" } ? "RolledBack" : step.Outcome;

    // The record of a put-back has the new image.
    private static string Outcome(PatchRecord record, KillRun run) => record is { Kind: PatchRecordKind.Change, Outcome: "Applied" }
        && (record.Image.Contains(run.Spec.Name, StringComparison.Ordinal)
            || run.Spec.Images.Any(i => record.Image.StartsWith($"{i.New}@", StringComparison.Ordinal))) ? "RolledBack" : record.Outcome;

    private string Plain(KillRun run, string text) => Regex.Replace(WithoutOwn(text)
        .Replace(run.Spec.Name, "RUN", StringComparison.Ordinal)
        .Replace(Staging, "STAGING", StringComparison.Ordinal)
        .Replace(Production, "PRODUCTION", StringComparison.Ordinal),
        "(sha256:)?[0-9a-f]{64}|(?<=hostname\":\"node-)[0-9]|(?<=-trial-)[0-9a-f]{8}|(?<=as in version )[0-9]+|(?<=services )[0-9a-z]{25}"
        + "|(?<=-patchcontainers-(old-)?)[0-9a-f]{8,12}|[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", "HASH");
}
