namespace PatchContainers.Scanning.Reports;

/// <summary>Reads the vulnerability reports of Clair v4 (its API's <c>vulnerability_report.schema.json</c>).</summary>
internal sealed class ClairReportReader : IReportReader
{
    private static readonly string[] Needed = ["packages", "vulnerabilities", "package_vulnerabilities"];

    /// <inheritdoc/>
    public string Scanner => "Clair";

    /// <inheritdoc/>
    public string Format => "Clair v4 vulnerability report";

    /// <summary>Index reports are taken, too, for a word on what they are.</summary>
    public bool Recognizes(ReportHead head) => !head.IsList && head.Has("manifest_hash");

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var report = new ClairReport();
        var members = new HashSet<string>(StringComparer.Ordinal);
        var (isIndexed, error) = (true, string.Empty);
        foreach (var name in cursor.Members())
        {
            members.Add(name);
            switch (name)
            {
                case "manifest_hash":
                    report.Manifest = cursor.ReadText();
                    break;
                case "packages":
                    report.ReadPackages(cursor);
                    break;
                case "distributions":
                    report.ReadDistributions(cursor);
                    break;
                case "environments":
                    report.ReadEnvironments(cursor);
                    break;
                case "vulnerabilities":
                    report.ReadVulnerabilities(cursor);
                    break;
                case "package_vulnerabilities":
                    report.ReadPairs(cursor, isAffected: true);
                    break;
                case "PackageNotVulnerable" or "package_not_vulnerable":
                    report.ReadPairs(cursor, isAffected: false);
                    break;
                case "enrichments":
                    report.ReadEnrichments(cursor);
                    break;
                case "success":
                    using (var success = cursor.Read())
                    {
                        isIndexed = success.RootElement.IsTrue();
                    }

                    break;
                case "err":
                    error = cursor.ReadText();
                    break;
                default:
                    break;
            }
        }

        if (!isIndexed || error.Length > 0)
        {
            throw cursor.Fault("Clair says in it that it did not index the image"
                + $"{(error.Length > 0 ? $" ('{error}')" : string.Empty)}. Have Clair index it again, and take the report of that");
        }

        if (members.Contains("state") && !members.Contains("package_vulnerabilities"))
        {
            throw cursor.Fault("it is an index report of Clair: what is in the image, and not what is wrong with it. Take "
                + "the vulnerability report of the same manifest (/matcher/api/v1/vulnerability_report/<digest>)");
        }

        var missing = Array.Find(Needed, n => !members.Contains(n));
        return missing is not null
            ? throw cursor.Fault($"it is no whole vulnerability report of Clair: it has no '{missing}'. Fetch it again")
            : [report.ToResult(cursor)];
    }
}
