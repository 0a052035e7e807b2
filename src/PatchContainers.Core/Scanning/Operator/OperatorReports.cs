namespace PatchContainers.Scanning.Operator;

/// <summary>The reports that the Trivy Operator keeps in a cluster.</summary>
/// <param name="Results">Those that were read: one result for each image that was scanned, with the workloads that run it.</param>
/// <param name="Unread">Those that cannot be read.</param>
public sealed record OperatorReports(IReadOnlyList<ImageScanResult> Results, IReadOnlyList<UnreadReport> Unread);

/// <summary>A report that cannot be read.</summary>
/// <param name="Image">The image that it names; empty where it names none.</param>
/// <param name="Digest">The digest that it names; empty where it names none.</param>
/// <param name="Fault">Why it cannot be read.</param>
public sealed record UnreadReport(string Image, string Digest, PatchException Fault);
