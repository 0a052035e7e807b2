using PatchContainers.History;

namespace PatchContainers.Cli.Output;

/// <summary>The tables of the history.</summary>
internal static class HistoryViews
{
    public static TableView Record() => new TableViewBuilder<PatchRecord>()
        .Number("SEQ", r => r.Sequence)
        .Text("TIME", r => RolloutViews.Time(r.Time))
        .Text("KIND", r => r.Kind.ToString())
        .Text("OUTCOME", r => r.Outcome)
        .Text("IMAGE", r => r.Image.Length == 0 ? "-" : r.Image)
        .Text("OLD", r => TableViews.Short(r.OldDigest))
        .Text("NEW", r => TableViews.Short(r.NewDigest))
        .Text("ACTOR", r => r.Actor)
        .Notes((r, details) => details && r.Detail.Length > 0 ? [r.Detail] : [])
        .Build();

    public static TableView Verification() => new TableViewBuilder<HistoryVerification>()
        .Text("INTACT", r => new(r.IsIntact ? "yes" : "no", r.IsIntact ? CellTone.Good : CellTone.Bad))
        .Number("RECORDS", r => r.Count)
        .Number("FIRST FAULT", r => r.FirstFault)
        .Text("HEAD", r => r.Head.ToString())
        .Notes((r, _) => [r.Detail])
        .Build();
}
