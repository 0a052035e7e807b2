using System.Globalization;
using PatchContainers.Advisories;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Plans;
using PatchContainers.Rollout.Windows;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.Cli.Output;

/// <summary>The tables of the records.</summary>
internal static class TableViews
{
    /// <summary>The view of a record type.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public static TableView For(Type type) => type switch
    {
        _ when type == typeof(StaleImage) => Stale(),
        _ when type == typeof(Workload) => Workloads(),
        _ when type == typeof(ImageScanResult) => Scan(),
        _ when type == typeof(ImageScanComparison) => Comparison(),
        _ when type == typeof(ImageNotification) => Notification(),
        _ when type == typeof(BaseImageUpdate) => Update(),
        _ when type == typeof(PatchRollout) => RolloutViews.Rollout(),
        _ when type == typeof(PatchPlanReport) => RolloutViews.Plan(),
        _ when type == typeof(QuarantinedDigest) => RolloutViews.Quarantine(),
        _ when type == typeof(PatchRecord) => HistoryViews.Record(),
        _ when type == typeof(WindowState) => RolloutViews.Window(),
        _ when type == typeof(HistoryVerification) => HistoryViews.Verification(),
        _ when type == typeof(AdvisoryImportResult) => EnvironmentViews.Import(),
        _ when type == typeof(AdvisoryEcosystem) => EnvironmentViews.Ecosystem(),
        _ when type == typeof(PatchEnvironment) => EnvironmentViews.Environment(),
        _ => throw new NotSupportedException($"There is no table of {type.Name}."),
    };

    private static TableView Stale() => new TableViewBuilder<StaleImage>()
        .Text("IMAGE", r => r.Image)
        .Text("STATUS", r => new(r.Status.ToString(), r.Status switch
        {
            StaleStatus.Fresh => CellTone.Good,
            StaleStatus.Stale => CellTone.Bad,
            _ => CellTone.Doubtful,
        }))
        .Text("REASONS", r => r.Reasons.Count == 0 ? "-" : string.Join(", ", r.Reasons))
        .Text("BASE", r => r.Base.Name.Length == 0 ? "-" : r.Base.Name)
        .Text("METHOD", r => r.Base.Method == BaseEvidence.None ? "-" : r.Base.Method.ToString())
        .Number("AGE", r => r.AgeDays)
        .Number("BEHIND", r => r.BehindDays)
        .Number("WORKLOADS", r => r.Workloads.Count)
        .Notes((r, _) => r.Detail.Length > 0 ? [r.Detail] : [])
        .Build();

    private static TableView Workloads() => new TableViewBuilder<Workload>()
        .Text("NAMESPACE", r => r.Namespace.Length == 0 ? "-" : r.Namespace)
        .Text("KIND", r => r.Kind)
        .Text("NAME", r => r.Name)
        .Text("CONTAINER", r => r.Container.Length == 0 ? "-" : r.Container)
        .Text("IMAGE", r => r.Image)
        .Text("RUNNING", r => r.RunningDigests.Count == 0 ? "-" : string.Join(", ", r.RunningDigests.Select(Short)))
        .Text("WHERE", r => r.Path.Length > 0 ? r.Path : r.Context)
        .Build();

    private static TableView Scan() => new TableViewBuilder<ImageScanResult>()
        .Text("IMAGE", r => r.Image)
        .Text("PLATFORM", r => r.Platform.Length == 0 ? "-" : r.Platform)
        .Text("OS", r => new(OsOf(r.Os), r.Os.EndOfLife == true ? CellTone.Doubtful : CellTone.Plain))
        .Optional("SCANNER", r => r.Scanner.Name, r => r.Scanner.Name != EmbeddedScanner.ScannerName)
        .Number("PACKAGES", r => r.PackageCount)
        .Number("CRITICAL", r => r.CriticalCount, BadIfAny)
        .Number("HIGH", r => r.HighCount, BadIfAny)
        .Number("MEDIUM", r => r.MediumCount)
        .Number("LOW", r => r.LowCount)
        .Number("UNKNOWN", r => r.UnknownCount)
        .Number("FIXABLE", r => r.FixableCount)
        .Number("UNASSESSED", r => r.Unassessed.Count, n => n > 0 ? CellTone.Doubtful : CellTone.Plain)
        .Notes((r, details) =>
        [
            .. details ? FindingLines(r.Findings) : [],
            .. r.FailedScanners.Select(f => $"failed: {f}"),
            .. r.Policy is { } policy ? [$"policy {policy.Id}: {policy.Action} {policy.Detail}".TrimEnd()] : Array.Empty<string>(),
            .. r.Unassessed.Select(u => $"unassessed: {u.Package} {u.Version}: {u.Reason}"),
        ])
        .Build();

    private static TableView Comparison() => new TableViewBuilder<ImageScanComparison>()
        .Text("IMAGE", r => r.Image)
        .Text("PLATFORM", r => r.Platform.Length == 0 ? "-" : r.Platform)
        .Number("TOTAL", r => r.TotalCount)
        .Number("COMMON", r => r.CommonCount)
        .Text("AGREEMENT", r => r.Agreement.ToString("P0", CultureInfo.InvariantCulture))
        .Text("SCANNERS", r => string.Join(", ", r.Scanners.Select(s => s.Name)))
        .Notes((r, _) => [.. r.Differences.Select(d => $"{d.Id} {d.Severity} {d.Package} {d.Version}: "
            + (d.MissedBy.Count == 0 ? d.Detail
                : $"found by {string.Join(", ", d.FoundBy)}, not by {string.Join(", ", d.MissedBy)}. {d.Detail}".TrimEnd()))])
        .Build();

    private static TableView Notification() => new TableViewBuilder<ImageNotification>()
        .Text("IMAGE", r => r.Image.Length == 0 ? "-" : r.Image)
        .Text("AFFECTED", r => Short(r.AffectedDigest))
        .Text("REASON", r => r.Reason)
        .Text("ID", r => r.Finding.Id)
        .Text("SEVERITY", r => r.Finding.Severity.ToString())
        .Text("PACKAGE", r => r.Finding.Package)
        .Text("FIXED IN", r => r.Finding.FixedVersion.Length == 0 ? "-" : r.Finding.FixedVersion)
        .Build();

    private static TableView Update() => new TableViewBuilder<BaseImageUpdate>()
        .Text("IMAGE", r => r.Image)
        .Text("STATUS", r => new(r.Status.ToString(), r.Status switch
        {
            UpdateStatus.Updated or UpdateStatus.UpToDate => CellTone.Good,
            UpdateStatus.Refused => CellTone.Bad,
            _ => CellTone.Plain,
        }))
        .Text("NEW IMAGE", r => r.NewImage.Length == 0 ? "-" : r.NewImage)
        .Text("DIGEST", r => Short(r.NewDigest))
        .Number("FIXED", r => r.Fixed.Count)
        .Number("REMAINING", r => r.Remaining.Count)
        .Number("INTRODUCED", r => r.Introduced.Count, BadIfAny)
        .Number("UPLOADED", r => r.BytesUploaded)
        .Number("REUSED", r => r.BytesReused)
        .Notes((r, details) => [.. RejectionLines(r.Rejected), .. r.Reasons, .. details ? UpdateLines(r) : []])
        .Build();

    /// <summary>A digest as short as people write it; a dash for none.</summary>
    internal static string Short(string digest) => digest.Length == 0 ? "-" : digest.Length > 19 ? digest[..19] : digest;

    private static string OsOf(ScannedOs os)
    {
        var name = $"{os.Family} {os.Version}{(os.EndOfLife == true ? " (end of life)" : string.Empty)}".Trim();
        return name.Length > 0 ? name : "-";
    }

    private static CellTone BadIfAny(long number) => number > 0 ? CellTone.Bad : CellTone.Plain;

    // Columns within the notes: the findings of one image read as a list, worst first.
    private static IEnumerable<string> FindingLines(IReadOnlyList<Finding> findings)
    {
        var rows = findings
            .Select(f => (f.Id, Severity: $"{f.Severity}", Package: $"{f.Package} {f.Version}", Fix: FixOf(f),
                Origin: $"{f.Origin}", Scanners: string.Join(", ", f.Scanners), f.Url))
            .ToArray();
        var scanners = rows.Select(r => r.Scanners.Length).DefaultIfEmpty().Max();
        return rows.Select(row => string.Join("  ",
            row.Id.PadRight(rows.Max(r => r.Id.Length)),
            row.Severity.PadRight(rows.Max(r => r.Severity.Length)),
            row.Package.PadRight(rows.Max(r => r.Package.Length)),
            row.Fix.PadRight(rows.Max(r => r.Fix.Length)),
            row.Origin.PadRight(rows.Max(r => r.Origin.Length)) + (scanners > 0 ? $"  {row.Scanners.PadRight(scanners)}" : string.Empty),
            row.Url).TrimEnd());
    }

    private static string FixOf(Finding finding)
    {
        var fix = finding.FixState == FixState.Fixed ? $"fixed in {finding.FixedVersion}" : finding.FixState.ToString();
        return finding.Suppressed.Length > 0 ? $"{fix} (suppressed: {finding.Suppressed})" : fix;
    }

    // What stands in the way on every platform is said once, with all of them.
    private static IEnumerable<string> RejectionLines(IReadOnlyList<UpdateRejection> rejections) => rejections
        .GroupBy(r => (r.Strategy, r.Path, r.HistoryLine, r.Reason))
        .Select(group => string.Join(": ", new[]
        {
            group.Key.Strategy.ToString(),
            string.Join(", ", group.Select(r => r.Platform).Where(platform => platform.Length > 0).Distinct()),
            string.Join(", ", new[]
            {
                group.Key.Path,
                string.Join(", ",
                    group.Select(r => r.Layer).Where(layer => layer.Length > 0).Distinct().Select(layer => $"layer {Short(layer)}")),
                group.Key.HistoryLine.Length > 0 ? $"made by '{group.Key.HistoryLine}'" : string.Empty,
            }.Where(part => part.Length > 0)),
            group.Key.Reason,
        }.Where(part => part.Length > 0)));

    private static IEnumerable<string> UpdateLines(BaseImageUpdate update) =>
        update.Fixed.Select(f => FindingLine("fixed", f))
            .Concat(update.Remaining.Select(f => FindingLine("remaining", f)))
            .Concat(update.Introduced.Select(f => FindingLine("introduced", f)));

    private static string FindingLine(string what, UpdateFinding finding) =>
        $"{what}: {finding.Id} in {finding.Package} {finding.Version} ({finding.Platform})";
}
