using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>Reads the JSON reports of Trivy: those of schema 2, and the list of targets that came before it.</summary>
internal sealed class TrivyReportReader : IReportReader
{
    /// <inheritdoc/>
    public string Scanner => "Trivy";

    /// <inheritdoc/>
    public string Format => "Trivy JSON";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) =>
        head.IsList ? head.Has("Target")
        : !head.Has("ClusterName") && (head.Has("SchemaVersion", "ArtifactName") || head.Has("SchemaVersion", "Results")
            || head.Has("ArtifactName", "Results"));

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var report = new TrivyReport();
        if (cursor.Type is JsonTokenType.StartArray or JsonTokenType.Null)
        {
            report.ReadTargets(cursor);
        }
        else
        {
            report.Read(cursor);
        }

        return [report.ToResult()];
    }
}
