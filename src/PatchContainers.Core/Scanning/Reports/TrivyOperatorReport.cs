using System.Text.Json;
using PatchContainers.Inventory;

namespace PatchContainers.Scanning.Reports;

/// <summary>One report of the Trivy Operator's, while it is read.</summary>
/// <param name="cluster">The cluster that it is of, as workloads name it; empty where that is not known.</param>
internal sealed class TrivyOperatorReport(string cluster)
{
    /// <summary>The scanner's name.</summary>
    public const string ScannerName = "TrivyOperator";

    private const string Label = "trivy-operator.";
    private static readonly string[] Counts = ["criticalCount", "highCount", "mediumCount", "lowCount", "unknownCount"];

    private readonly List<Finding> _findings = [];
    private Workload? _workload;
    private string _resource = string.Empty;
    private string _server = string.Empty;
    private string _repository = string.Empty;
    private string _tag = string.Empty;
    private string _digest = string.Empty;
    private string _version = string.Empty;
    private long _counted;
    private bool _lists;
    private DateTimeOffset? _updated;
    private ScannedOs _os = new();

    /// <summary>The kind of the resource: <c>VulnerabilityReport</c>, <c>ConfigAuditReport</c>, ...</summary>
    public string Kind { get; private set; } = string.Empty;

    /// <summary>Whether it is the scan of an image. Servers may leave the kind out of the items of a list.</summary>
    public bool IsScan => Kind.Length > 0 ? Kind.EndsWith("VulnerabilityReport", StringComparison.Ordinal) : _lists;

    /// <summary>The image, as far as it was read; empty where it is not named.</summary>
    public string Image
    {
        get
        {
            var name = string.Join('/', new[] { _server, _repository }.Where(p => p.Length > 0));
            return _repository.Length == 0 ? string.Empty
                : _tag.Length > 0 ? $"{name}:{_tag}"
                : Digest.Length > 0 ? $"{name}@{Digest}"
                : name;
        }
    }

    /// <summary>The image's digest, as far as it was read; empty where it is not told.</summary>
    public string Digest => Images.Digest.TryParse(_digest, out _) ? _digest : string.Empty;

    // From a cluster, each report is read alone, and what reads it has its name.
    private string Subject => cluster.Length > 0 ? "it" : _resource;

    /// <summary>Reads one member of the resource, which stands at the cursor.</summary>
    public void ReadMember(string name, JsonCursor cursor)
    {
        switch (name)
        {
            case "kind":
                Kind = cursor.ReadText();
                break;
            case "metadata":
                using (var metadata = cursor.Read())
                {
                    ReadMetadata(metadata.RootElement);
                }

                break;
            case "report":
                foreach (var part in cursor.Members())
                {
                    ReadPart(part, cursor);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>What was read, as a result.</summary>
    public ImageScanResult ToResult(JsonCursor cursor)
    {
        if (!_lists)
        {
            throw cursor.Fault($"{Subject} has no list of vulnerabilities");
        }

        if (_counted > _findings.Count)
        {
            throw cursor.Fault($"{Subject} counts {_counted} vulnerabilities, and lists {_findings.Count}: its rest is lost");
        }

        return new ImageScanResult
        {
            Image = ReportText.First(Image, _workload?.Id, _resource),
            Digest = Digest,
            Platform = string.Empty,
            ManifestDigest = string.Empty,
            Os = _os,
            Scanner = new ScannerInfo { Name = ScannerName, Version = _version },
            Findings = _findings,
            Workloads = _workload is { } workload ? [workload with { Image = Image }] : [],
            ScannedAt = _updated ?? default,
        };
    }

    private void ReadPart(string part, JsonCursor cursor)
    {
        if (part == "vulnerabilities")
        {
            _lists = true;
            _findings.AddRange(cursor.Values().Select(ReadFinding));
            return;
        }

        if (part is not ("updateTimestamp" or "scanner" or "registry" or "artifact" or "os" or "summary"))
        {
            return;
        }

        using var document = cursor.Read();
        var value = document.RootElement;
        switch (part)
        {
            case "updateTimestamp":
                _updated = value.Time() ?? _updated;
                break;
            case "scanner":
                _version = value.Word("version");
                break;
            case "registry":
                _server = value.Word("server");
                break;
            case "artifact":
                (_repository, _tag, _digest) = (value.Word("repository"), value.Word("tag"), value.Word("digest"));
                break;
            case "os":
                _os = TrivyMetadata.OsOf(value.Word("family"), value.Word("name"), value.IsTrue("eosl"));
                break;
            default:
                _counted = Counts.Sum(c => value.Number(c) ?? 0);
                break;
        }
    }

    private void ReadMetadata(JsonElement metadata)
    {
        var space = metadata.Word("namespace");
        _resource = $"report {space}{(space.Length > 0 ? "/" : string.Empty)}{metadata.Word("name")}";

        _updated ??= metadata.Time("creationTimestamp");

        // A name that is too long for a label, or has other characters than labels may, is an annotation.
        var owner = metadata.Items("ownerReferences").FirstOrDefault();
        var name = ReportText.First(metadata.Word("labels", Label + "resource.name"),
            metadata.Word("annotations", Label + "resource.name"), owner.Word("name"));
        if (name.Length > 0)
        {
            _workload = ClusterWorkload.Of(cluster, ReportText.First(metadata.Word("labels", Label + "resource.namespace"), space),
                ReportText.First(metadata.Word("labels", Label + "resource.kind"), owner.Word("kind")), name,
                metadata.Word("labels", Label + "container.name"), string.Empty);
        }
    }

    private static Finding ReadFinding(JsonElement vulnerability)
    {
        var (fix, word) = (vulnerability.Word("fixedVersion"), vulnerability.Word("severity"));
        var (purl, kind) = (vulnerability.Word("packagePURL"), vulnerability.Word("packageType"));
        return new Finding
        {
            Id = ReportText.First(vulnerability.Word("vulnerabilityID"), vulnerability.Word("title"), "unnamed"),
            Severity = SeverityWords.Parse(word),
            SeverityText = SeverityWords.Rest(word),
            Package = vulnerability.Word("resource"),
            Version = vulnerability.Word("installedVersion"),
            FixedVersion = fix,
            FixState = fix.Length > 0 ? FixState.Fixed : FixState.Unknown,
            Purl = purl,
            Type = PackageKinds.Of(purl, kind),
            Path = ReportText.First(vulnerability.Word("packagePath"), TrivyTarget.PathOf(vulnerability.Word("class"), kind,
                vulnerability.Word("target"))),
            Cvss = TrivyFindings.VectorOf(vulnerability.At("cvss"), vulnerability.Word("cvsssource")),
            Url = ReportText.First(vulnerability.Word("primaryLink"), vulnerability.Items("links").FirstOrDefault().Word()),
        };
    }
}
