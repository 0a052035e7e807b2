using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads the vulnerability reports that the Trivy Operator keeps as resources in a cluster: one, a list as <c>kubectl get</c> gives it, or
/// several kinds under their names. Its other reports (configuration, secrets, compliance) are no scan of an image, and passed over.
/// </summary>
internal sealed class TrivyOperatorReader : IReportReader
{
    private const string Group = "aquasecurity.github.io";

    /// <inheritdoc/>
    public string Scanner => TrivyOperatorReport.ScannerName;

    /// <inheritdoc/>
    public string Format => "Trivy Operator reports";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) => head.IsList
        ? head.Text("apiVersion").StartsWith(Group + "/", StringComparison.Ordinal)
        : IsResource(head) || head.Names.Any(n => n.EndsWith("." + Group, StringComparison.Ordinal));

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var (results, others) = (new ClusterResults(), new SortedSet<string>(StringComparer.Ordinal));
        if (cursor.Type == JsonTokenType.StartArray)
        {
            ReadItems(cursor, results, others);
        }
        else
        {
            ReadObject(cursor, results, others);
        }

        return results.All.Count > 0 ? results.All : throw cursor.Fault("it holds no VulnerabilityReport"
            + (others.Count > 0 ? $", but {string.Join(", ", others)}, which is no scan of an image for vulnerabilities" : string.Empty));
    }

    // One resource, a list of them, or lists of them by kind.
    private static void ReadObject(JsonCursor cursor, ClusterResults results, SortedSet<string> others)
    {
        var single = new TrivyOperatorReport(string.Empty);
        foreach (var name in cursor.Members())
        {
            if (name == "items" || name.EndsWith("." + Group, StringComparison.Ordinal))
            {
                ReadItems(cursor, results, others);
            }
            else
            {
                single.ReadMember(name, cursor);
            }
        }

        if (!single.Kind.EndsWith("List", StringComparison.Ordinal) && single.Kind.Length > 0)
        {
            Add(single, cursor, results, others);
        }
    }

    private static void ReadItems(JsonCursor cursor, ClusterResults results, SortedSet<string> others)
    {
        foreach (var _ in cursor.Items())
        {
            var report = new TrivyOperatorReport(string.Empty);
            foreach (var name in cursor.Members())
            {
                report.ReadMember(name, cursor);
            }

            Add(report, cursor, results, others);
        }
    }

    private static void Add(TrivyOperatorReport report, JsonCursor cursor, ClusterResults results, SortedSet<string> others)
    {
        if (report.IsScan)
        {
            results.Add(report.ToResult(cursor), string.Empty);
        }
        else
        {
            others.Add(report.Kind.Length > 0 ? report.Kind : "what has no kind");
        }
    }

    private static bool IsResource(ReportHead head) => head.Text("apiVersion").StartsWith(Group + "/", StringComparison.Ordinal)
        || (head.Text("kind") == "List" && head.Has("apiVersion", "items"));
}
