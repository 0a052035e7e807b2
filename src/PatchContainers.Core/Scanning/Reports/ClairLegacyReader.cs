using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads the reports of Clair v1 and v2: a layer with its features, as the API answers, and what its clients clair-scanner and klar write.
/// </summary>
internal sealed class ClairLegacyReader : IReportReader
{
    // clair-scanner's list of what is not approved leaves out the one and the other, and does not tell them apart.
    private const string Approved = "approved in a whitelist, or below the threshold, of clair-scanner";

    /// <inheritdoc/>
    public string Scanner => "Clair";

    /// <inheritdoc/>
    public string Format => "Clair v2 JSON (API, clair-scanner, klar)";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) =>
        !head.IsList && (head.Has("Layer") || head.Has("LayerCount", "Vulnerabilities") || head.Has("unapproved", "vulnerabilities"));

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var (image, findings, os, packages) = (string.Empty, new List<Finding>(), new ScannedOs(), (int?)0);
        HashSet<string>? unapproved = null;
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "Layer":
                    packages = ReadLayer(cursor, findings, ref os);
                    break;
                case "Vulnerabilities":
                    ReadBySeverity(cursor, findings, ref os);
                    break;
                case "image":
                    image = cursor.ReadText();
                    break;
                case "unapproved" when cursor.Type != JsonTokenType.Null:
                    unapproved = [.. cursor.Values().Select(v => v.Word())];
                    break;
                case "vulnerabilities":
                    foreach (var entry in cursor.Values())
                    {
                        findings.Add(ReadScanned(entry));
                        os = OsOf(os, entry.Word("namespace"));
                    }

                    break;
                case "Error":
                    using (var error = cursor.Read())
                    {
                        var message = error.RootElement.Word("Message");
                        throw cursor.Fault($"Clair answers in it that it failed ('{message}'). Scan the image again");
                    }

                default:
                    break;
            }
        }

        if (packages is null)
        {
            throw cursor.Fault("it lists no features: Clair was not asked for any, or knows none of this image. Ask for the layer with "
                + "?features&vulnerabilities");
        }

        return
        [
            new ImageScanResult
            {
                Image = image,
                Digest = string.Empty,
                Platform = string.Empty,
                ManifestDigest = string.Empty,
                Os = os,
                Scanner = new ScannerInfo { Name = "Clair" },
                Findings = unapproved is null ? findings
                    : findings.ConvertAll(f => unapproved.Contains(f.Id) ? f : f with { Suppressed = Approved }),
                PackageCount = packages.Value,
            },
        ];
    }

    // API v1, "Layers": features are there only where they were asked for. Gives their count; null where there are none.
    private static int? ReadLayer(JsonCursor cursor, List<Finding> findings, ref ScannedOs os)
    {
        int? count = null;
        foreach (var name in cursor.Members())
        {
            if (name == "NamespaceName")
            {
                os = OsOf(os, cursor.ReadText());
            }
            else if (name == "Features")
            {
                count = 0;
                foreach (var feature in cursor.Values())
                {
                    count++;
                    os = OsOf(os, feature.Word("NamespaceName"));
                    findings.AddRange(feature.Items("Vulnerabilities").Select(v => ReadOfFeature(v, feature)));
                }
            }
        }

        return count;
    }

    private static void ReadBySeverity(JsonCursor cursor, List<Finding> findings, ref ScannedOs os)
    {
        foreach (var severity in cursor.Members())
        {
            foreach (var entry in cursor.Values())
            {
                findings.Add(Describe(entry, entry.Word("Severity") is { Length: > 0 } own ? own : severity) with
                {
                    Package = entry.Word("FeatureName"),
                    Version = entry.Word("FeatureVersion"),
                    Type = KindOf(string.Empty, entry.Word("NamespaceName")),
                });
                os = OsOf(os, entry.Word("NamespaceName"));
            }
        }
    }

    private static Finding ReadOfFeature(JsonElement vulnerability, JsonElement feature) =>
        Describe(vulnerability, vulnerability.Word("Severity")) with
        {
            Package = feature.Word("Name"),
            Version = feature.Word("Version"),
            Type = KindOf(feature.Word("VersionFormat"), feature.Word("NamespaceName")),
            Layer = Digest.TryParse(feature.Word("AddedBy"), out _) ? feature.Word("AddedBy") : string.Empty,
        };

    private static Finding Describe(JsonElement entry, string severity) => Make(entry.Word("Name"), severity, entry.Word("FixedBy")) with
    {
        Cvss = entry.Word("Metadata", "NVD", "CVSSv3", "Vectors") is { Length: > 0 } newer
            ? newer : entry.Word("Metadata", "NVD", "CVSSv2", "Vectors"),
        Url = entry.Word("Link"),
    };

    private static Finding ReadScanned(JsonElement entry) =>
        Make(entry.Word("vulnerability"), entry.Word("severity"), entry.Word("fixedby")) with
        {
            Package = entry.Word("featurename"),
            Version = entry.Word("featureversion"),
            Type = KindOf(string.Empty, entry.Word("namespace")),
            Url = entry.Word("link"),
        };

    // Clair does not say whether there will be a fix where it knows of none, nor who gave the severity.
    private static Finding Make(string id, string severity, string fix) => new()
    {
        Id = id.Length > 0 ? id : "unnamed",
        Severity = SeverityWords.Parse(severity),
        SeverityText = SeverityWords.Rest(severity),
        Package = string.Empty,
        Version = string.Empty,
        FixedVersion = fix,
        FixState = fix.Length > 0 ? FixState.Fixed : FixState.Unknown,
    };

    private static string KindOf(string format, string space) =>
        format.Length > 0 ? PackageKinds.Of(string.Empty, format) : PackageKinds.Of(string.Empty, space.Split(':')[0]);

    // "debian:8", "centos:7": the first that is named.
    private static ScannedOs OsOf(ScannedOs known, string space) => known.Family.Length > 0 ? known
        : new ScannedOs { Family = space.Split(':', 2)[0], Version = space.Split(':', 2) is [_, var version] ? version : string.Empty };
}
