namespace PatchContainers.Scanning.Reports;

/// <summary>Reads the reports of one scanner, in one of its forms.</summary>
internal interface IReportReader
{
    /// <summary>The scanner that writes them, as <see cref="ScannerInfo.Name"/> gives it.</summary>
    string Scanner { get; }

    /// <summary>The form: <c>Trivy JSON</c>, <c>SARIF</c>, ...</summary>
    string Format { get; }

    /// <summary>Whether a report begins as these do.</summary>
    bool Recognizes(ReportHead head);

    /// <summary>
    /// Reads a report: one result for each image and platform in it. What the report does not say is left empty, and never guessed; nothing
    /// that it says of vulnerabilities is dropped. Findings are in the report's order.
    /// </summary>
    /// <param name="cursor">The report, at its first value.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is none, or the scanner says in it that it
    /// failed.</exception>
    IEnumerable<ImageScanResult> Read(JsonCursor cursor);
}
