using PatchContainers.Advisories;

namespace PatchContainers.Cli.Output;

/// <summary>The tables of the advisories and of what surrounds a run.</summary>
internal static class EnvironmentViews
{
    public static TableView Import() => new TableViewBuilder<AdvisoryImportResult>()
        .Text("PATH", r => r.Path)
        .Number("READ", r => r.RecordsRead)
        .Number("REJECTED", r => r.Rejected, n => n > 0 ? CellTone.Bad : CellTone.Plain)
        .Number("WITHDRAWN", r => r.Withdrawn)
        .Text("NEWEST", r => RolloutViews.Time(r.DatabaseTime))
        .Notes((r, _) => r.Ecosystems.Select(e => $"{e.Name}: {e.Records} advisories for {e.Packages} packages"))
        .Build();

    public static TableView Ecosystem() => new TableViewBuilder<AdvisoryEcosystem>()
        .Text("ECOSYSTEM", r => r.Name)
        .Number("ADVISORIES", r => r.Records)
        .Number("PACKAGES", r => r.Packages)
        .Text("NEWEST", r => RolloutViews.Time(r.DatabaseTime))
        .Number("BYTES", r => r.Bytes)
        .Text("FILE", r => r.Path)
        .Build();

    public static TableView Environment() => new TableViewBuilder<PatchEnvironment>()
        .Text("VERSION", r => r.Version)
        .Text("RUNTIME", r => r.Runtime)
        .Text("SYSTEM", r => r.OperatingSystem)
        .Notes(NotesOf)
        .Build();

    private static IEnumerable<string> NotesOf(PatchEnvironment environment, bool _) =>
    [
        $"state: {environment.StatePath}",
        $"settings: {(environment.SettingsFile.Length > 0 ? environment.SettingsFile : NoSettings(environment))}",
        $"history: {environment.HistoryPath}{(environment.HistoryHead.Length > 0 ? $", head {environment.HistoryHead}" : ", empty")}",
        .. environment.Advisories.Select(a => $"advisories: {a.Ecosystem}: {a.Count}, newest {RolloutViews.Time(a.Time)}"
            + (a.AgeDays is { } days ? $", {days} days old" : string.Empty)),
        .. environment.Registries.Select(r => EndpointLine("registry", r)),
        .. environment.Engines.Select(e => EndpointLine("engine", e)),
        .. environment.Clusters.Select(c => $"cluster: {c.Context} ({c.Address}): {(c.IsReachable
            ? $"{c.Version}, {c.Rights.Count(r => r.IsAllowed)} of {c.Rights.Count} rights" : "not reachable")}"),
        .. environment.Problems.Select(p => $"problem: {p}"),
    ];

    private static string NoSettings(PatchEnvironment environment) =>
        $"none; they would be in {Path.Combine(environment.StatePath, PatchSettings.FileName)}";

    private static string EndpointLine(string kind, EndpointInfo endpoint) =>
        $"{kind}: {endpoint.Name} at {endpoint.Address}: {(endpoint.IsReachable ? "answers" : "does not answer")}"
        + (endpoint.Detail.Length > 0 ? $" ({endpoint.Detail})" : string.Empty);
}
