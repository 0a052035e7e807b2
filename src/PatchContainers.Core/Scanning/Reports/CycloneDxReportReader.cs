namespace PatchContainers.Scanning.Reports;

/// <summary>Reads CycloneDX BOMs with vulnerabilities (1.4 and later), whichever scanner wrote them.</summary>
internal sealed class CycloneDxReportReader : IReportReader
{
    /// <inheritdoc/>
    public string Scanner => string.Empty;

    /// <inheritdoc/>
    public string Format => "CycloneDX JSON with vulnerabilities";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) => !head.IsList && head.Text("bomFormat") == "CycloneDX";

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var report = new CycloneDxReport();
        var isThere = false;
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "metadata":
                    report.ReadMetadata(cursor);
                    break;
                case "components":
                    report.ReadComponents(cursor);
                    break;
                case "vulnerabilities":
                    isThere = true;
                    report.ReadVulnerabilities(cursor);
                    break;
                default:
                    break;
            }
        }

        if (!isThere)
        {
            throw cursor.Fault("it is a list of parts (an SBOM), and no scan: it has no 'vulnerabilities'. Scan the image, or the SBOM, "
                + "and give that report");
        }

        return report.IsScan ? [report.ToResult()] : throw cursor.Fault("its list of vulnerabilities is empty, as it is in a list of parts "
            + "(an SBOM) that nobody scanned, and it does not tell which it is. Give the scanner's own JSON report");
    }
}
