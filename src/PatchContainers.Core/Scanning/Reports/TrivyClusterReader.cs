namespace PatchContainers.Scanning.Reports;

/// <summary>Reads the reports that <c>trivy k8s</c> writes of a cluster: one result for each image that a workload runs.</summary>
internal sealed class TrivyClusterReader : IReportReader
{
    /// <inheritdoc/>
    public string Scanner => "Trivy";

    /// <inheritdoc/>
    public string Format => "Trivy JSON of a cluster";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) => !head.IsList && head.Has("ClusterName");

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var results = new List<ImageScanResult>();
        foreach (var name in cursor.Members())
        {
            if (name is not ("Resources" or "Vulnerabilities" or "Findings"))
            {
                continue;
            }

            foreach (var _ in cursor.Items())
            {
                var report = new TrivyReport();
                report.Read(cursor);
                results.Add(report.ToResult());
            }
        }

        return results;
    }
}
