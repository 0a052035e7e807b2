using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads SARIF 2.1.0 of any scanner: one result for each run. It is made to tell good from bad, and names packages in prose only; what is
/// read out of that is what Trivy and Grype always write.
/// </summary>
internal sealed class SarifReportReader : IReportReader
{
    /// <inheritdoc/>
    public string Scanner => string.Empty;

    /// <inheritdoc/>
    public string Format => "SARIF";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) => !head.IsList && head.Has("version", "runs");

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var results = new List<ImageScanResult>();
        foreach (var name in cursor.Members())
        {
            if (name == "version" && cursor.Type == JsonTokenType.String && cursor.ReadText() is var version && version != "2.1.0")
            {
                throw cursor.Fault($"it is SARIF {version}, and what is read is 2.1.0");
            }

            if (name == "runs")
            {
                foreach (var _ in cursor.Items())
                {
                    var run = new SarifRun();
                    run.Read(cursor);
                    results.Add(run.ToResult(cursor));
                }
            }
        }

        return results;
    }
}
