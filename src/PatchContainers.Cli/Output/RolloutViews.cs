using PatchContainers.Rollout;
using PatchContainers.Rollout.Plans;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.Cli.Output;

/// <summary>The tables of rollouts.</summary>
internal static class RolloutViews
{
    public static TableView Rollout() => new TableViewBuilder<PatchRollout>()
        .Text("ROLLOUT", r => r.Id.Length > 0 ? r.Id : "-")
        .Text("STATUS", r => new(r.Status.ToString(), ToneOf(r.Status)))
        .Text("RINGS", r => r.Rings.Count == 0 ? "-" : string.Join(", ", r.Rings.Select(ring => $"{ring.Name} {ring.Status}")))
        .Text("STARTED", r => Time(r.StartedAt))
        .Text("ENDED", r => Time(r.EndedAt))
        .Notes(NotesOf)
        .Build();

    public static TableView Window() => new TableViewBuilder<WindowState>()
        .Optional("RING", r => r.Ring, r => r.Ring.Length > 0)
        .Text("AT", r => Time(r.At))
        .Text("OPEN", r => new(r.IsOpen ? "yes" : "no", r.IsOpen ? CellTone.Good : CellTone.Bad))
        .Text("UNTIL", r => Time(r.OpenUntil))
        .Text("NEXT OPEN", r => Time(r.NextOpen))
        .Text("FITS", r => new(r.Fits ? "yes" : "no", r.Fits ? CellTone.Good : CellTone.Bad))
        .Text("NEXT FIT", r => Time(r.NextFit))
        .Notes((r, _) => [r.Reason])
        .Build();

    public static TableView Plan() => new TableViewBuilder<PatchPlanReport>()
        .Text("PLAN", r => r.Name.Length > 0 ? r.Name : "-")
        .Text("VALID", r => new(r.IsValid ? "yes" : "no", r.IsValid ? CellTone.Good : CellTone.Bad))
        .Number("RINGS", r => r.Rings.Count)
        .Number("FAULTS", r => r.Faults.Count, n => n > 0 ? CellTone.Bad : CellTone.Plain)
        .Number("WARNINGS", r => r.Warnings.Count, n => n > 0 ? CellTone.Doubtful : CellTone.Plain)
        .Text("AT LEAST", r => DurationText.Format(r.AtLeast))
        .Notes((r, _) => PlanLines(r))
        .Build();

    public static TableView Quarantine() => new TableViewBuilder<QuarantinedDigest>()
        .Text("REPOSITORY", r => r.Repository)
        .Text("DIGEST", r => r.Digest)
        .Text("RING", r => r.Ring)
        .Text("ROLLOUT", r => r.Rollout)
        .Text("SINCE", r => Time(r.Since))
        .Text("RELEASED", r => Time(r.ReleasedAt))
        .Notes((r, _) => r.Reason.Length > 0 ? [r.Reason] : [])
        .Build();

    internal static string Time(DateTimeOffset? time) => time is { } value
        ? value.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", null)
        : "-";

    private static CellTone ToneOf(RolloutStatus status) => status switch
    {
        RolloutStatus.Succeeded => CellTone.Good,
        RolloutStatus.RolledBack or RolloutStatus.Failed or RolloutStatus.Frozen => CellTone.Bad,
        RolloutStatus.Paused or RolloutStatus.Stopped => CellTone.Doubtful,
        _ => CellTone.Plain,
    };

    private static IEnumerable<string> PlanLines(PatchPlanReport report)
    {
        foreach (var fault in report.Faults)
        {
            yield return $"fault: {fault}";
        }

        foreach (var warning in report.Warnings)
        {
            yield return $"warning: {warning}";
        }

        foreach (var line in report.Rings.SelectMany(RingLines))
        {
            yield return line;
        }

        if (report.Rings.Count > 0)
        {
            yield return $"on failure: {report.OnFailure}";
            yield return $"without a verdict: {report.OnInconclusive}";
        }
    }

    private static IEnumerable<string> RingLines(PatchRingReport ring)
    {
        yield return ring.Name;
        yield return $"  what: {string.Join("; ", ring.Targets)}"
            + (ring.Workloads is { } count ? FormattableString.Invariant($" ({count} workloads)") : string.Empty);
        if (ring.Approval)
        {
            yield return "  begins: when a person has approved it";
        }

        if (ring.Windows.Count + ring.Blackouts.Count > 0)
        {
            yield return $"  when: {(ring.Windows.Count > 0 ? string.Join(" or ", ring.Windows) : "any time")}"
                + (ring.Blackouts.Count > 0 ? $", not in {string.Join(" or ", ring.Blackouts)}" : string.Empty);
        }

        yield return $"  how: {ring.Portions}";
        foreach (var wait in ring.Waits)
        {
            yield return $"  then: {wait}";
        }

        foreach (var gate in ring.Gates)
        {
            yield return $"  gate {gate}";
        }

        yield return $"  takes: {DurationText.Format(ring.AtLeast)} at least, and what becoming ready takes";
        yield return $"  if it fails: {ring.OnFailure}";
    }

    private static IEnumerable<string> NotesOf(PatchRollout rollout, bool details)
    {
        if (rollout.Reason.Length > 0)
        {
            yield return rollout.Reason;
        }

        if (rollout.Id.Length == 0)
        {
            foreach (var line in RolloutOutline.Lines(rollout.Steps))
            {
                yield return line;
            }

            yield break;
        }

        var groups = rollout.Changes.GroupBy(c => (c.Ring, c.Status, c.OldImage, c.NewImage));
        foreach (var line in groups.SelectMany(group => ChangeLines(rollout.Path, [.. group], details)))
        {
            yield return line;
        }

        foreach (var (ring, gate) in rollout.Rings.SelectMany(ring => ring.Gates, (ring, gate) => (ring, gate)))
        {
            var canary = gate.Batch is { } batch ? FormattableString.Invariant($" (canary of batch {batch})") : string.Empty;
            yield return $"{ring.Name}: gate {gate.Gate}{canary}: {gate.Verdict}: {gate.Detail}";
        }

        foreach (var step in details ? rollout.Steps : [])
        {
            var outcome = step.Outcome.Length > 0 ? step.Outcome : "under way";
            yield return $"step {step.Number}: {step.Action} {step.Ring} {step.Target}: {outcome}";
        }

        if (rollout.HistoryHead.Length > 0)
        {
            yield return $"history head: {rollout.HistoryHead}";
        }
    }

    // The images are said once for all workloads of a ring that go the same way.
    private static IEnumerable<string> ChangeLines(string folder, RolloutChange[] changes, bool details)
    {
        var first = changes[0];
        yield return $"{first.Ring}: {first.Status}: {first.OldImage} -> {first.NewImage}";
        foreach (var change in changes)
        {
            var isPlain = change.Status is ChangeStatus.Written or ChangeStatus.RolledBack or ChangeStatus.Healthy;
            yield return $"  {Below(folder, change.Workload)}"
                + (change.Detail.Length > 0 && (details || !isPlain) ? $": {change.Detail}" : string.Empty);
        }
    }

    // What all workloads of the rollout begin with, says nothing: manifest:///srv/deploy/staging/web.yaml/... is staging/web.yaml/...
    private static string Below(string folder, string workload)
    {
        var path = folder.Replace('\\', '/').TrimEnd('/') + "/";
        var at = folder.Length > 0 ? workload.IndexOf(path, StringComparison.Ordinal) : -1;
        return at < 0 ? workload : workload[(at + path.Length)..];
    }
}
