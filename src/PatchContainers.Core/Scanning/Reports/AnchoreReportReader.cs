using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads the vulnerabilities of an image as Anchore Engine, Anchore Enterprise and anchorectl write them: the API's answer, a list of its
/// rows alone, a security evaluation, and the policy engine's own report.
/// </summary>
internal sealed class AnchoreReportReader : IReportReader
{
    /// <inheritdoc/>
    public string Scanner => "Anchore";

    /// <inheritdoc/>
    public string Format => "Anchore vulnerabilities";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) => head.IsList
        ? head.Has("vuln") || head.Has("artifact", "vulnerability") || IsQuery(head)
        : (head.Has("vulnerabilities") && (head.Has("imageDigest") || head.Has("image_digest") || IsQuery(head)))
            || head.Has("metadata", "securityEvaluation") || head.Has("image_id", "results");

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var (report, knowsBase) = (new AnchoreReport(), true);
        if (cursor.Type == JsonTokenType.StartArray)
        {
            report.Findings.AddRange(cursor.Values().Select(row => ReadAny(row, cursor)));
            return [report.ToResult()];
        }

        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "imageDigest" or "image_digest":
                    report.ReadDigest(cursor.ReadText());
                    break;
                case "base_digest" or "baseDigest":
                    knowsBase = Digest.TryParse(cursor.ReadText(), out _);
                    break;
                case "vulnerabilities" or "results" or "securityEvaluation":
                    report.HasRows = true;
                    report.Findings.AddRange(cursor.Values().Select(row => ReadAny(row, cursor)));
                    break;
                case "metadata":
                    using (var document = cursor.Read())
                    {
                        report.ReadMetadata(document.RootElement);
                    }

                    break;
                case "problems":
                    var problems = cursor.Values().Select(p => ReportText.First(p.Word("details"), p.GetRawText())).ToArray();
                    if (problems.Length > 0)
                    {
                        throw cursor.Fault($"Anchore had problems with the scan: {string.Join("; ", problems.Take(3))}. Scan again");
                    }

                    break;
                case "returned_count" or "returnedCount":
                    throw Query(cursor);
                default:
                    break;
            }
        }

        // Without a base, what is not inherited from it is anyone's.
        report.Findings = knowsBase ? report.Findings : report.Findings.ConvertAll(f => f with { Origin = FindingOrigin.Unknown });
        return report.HasRows ? [report.ToResult()] : throw cursor.Fault("it has no list of vulnerabilities: scan again");
    }

    // Answers to questions about vulnerabilities: which packages each one is in, and not what an image has.
    private static bool IsQuery(ReportHead head) =>
        head.Has("affected_packages") || head.Has("returned_count") || head.Has("returnedCount");

    private static PatchException Query(JsonCursor cursor) => cursor.Fault("it answers a question about vulnerabilities, and is of no "
        + "image. What is read is an image's list: 'GET /images/{digest}/vuln/all', or 'anchorectl image vulnerabilities'");

    private static Finding ReadAny(JsonElement row, JsonCursor cursor) => row.ValueKind != JsonValueKind.Object
        ? throw cursor.Fault("there is something else where a vulnerability should be")
        : row.At("affected_packages") is not null ? throw Query(cursor)
        : row.At("artifact") is not null ? AnchoreFindings.ReadMatch(row)
        : row.At("vulnerabilityId") is not null ? AnchoreFindings.ReadEvaluated(row)
        : row.At("vuln") is not null ? AnchoreFindings.ReadRow(row)
        : throw cursor.Fault("there is an object that names no vulnerability where one should be");
}
