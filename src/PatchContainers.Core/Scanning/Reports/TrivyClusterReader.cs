namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads the reports that <c>trivy k8s</c> writes of a cluster: one result for each image, with the workloads that run it.
/// </summary>
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
        var (results, failed, cluster, count) = (new ClusterResults(), new List<string>(), string.Empty, 0);
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "ClusterName":
                    cluster = cursor.ReadText();
                    break;
                case "Resources" or "Vulnerabilities" or "Findings":
                    foreach (var _ in cursor.Items())
                    {
                        var resource = new TrivyClusterResource(cluster, isJoined: name == "Findings");
                        resource.Read(cursor);
                        resource.AddTo(results);
                        count++;
                        if (resource.Error.Length > 0)
                        {
                            failed.Add($"{resource.Name}: {resource.Error}");
                        }
                    }

                    break;
                default:
                    break;
            }
        }

        if (failed.Count > 0)
        {
            throw cursor.Fault($"Trivy could not scan all of the cluster ({string.Join("; ", failed.Take(3))}"
                + $"{(failed.Count > 3 ? "; ..." : string.Empty)}); scan again, or without what cannot be scanned");
        }

        return results.All.Count > 0 ? results.All : throw cursor.Fault(
            $"none of its {count} resources is the scan of an image for vulnerabilities; scan with --scanners vuln and --report all");
    }
}
