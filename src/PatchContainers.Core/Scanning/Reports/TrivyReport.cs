namespace PatchContainers.Scanning.Reports;

/// <summary>One report of Trivy's, while it is read: of one artifact, with its targets.</summary>
internal sealed class TrivyReport
{
    private readonly List<Finding> _findings = [];
    private readonly SortedSet<string> _otherClasses = new(StringComparer.Ordinal);
    private TrivyMetadata _metadata = new();
    private string _artifact = string.Empty;
    private string _image = string.Empty;
    private string _version = string.Empty;
    private DateTimeOffset? _created;
    private ScannedOs _os = new();
    private int _packages;
    private bool _hasPackageTargets;
    private bool _isReport;

    /// <summary>Reads the report that stands at the cursor.</summary>
    public void Read(JsonCursor cursor)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "SchemaVersion":
                    _isReport = true;
                    break;
                case "ArtifactName":
                    (_artifact, _isReport) = (cursor.ReadText(), true);
                    break;
                case "CreatedAt":
                    using (var time = cursor.Read())
                    {
                        _created = time.RootElement.Time();
                    }

                    break;
                case "Trivy":
                    using (var trivy = cursor.Read())
                    {
                        _version = trivy.RootElement.Word("Version");
                    }

                    break;
                case "Metadata":
                    using (var metadata = cursor.Read())
                    {
                        _metadata = TrivyMetadata.Read(metadata.RootElement);
                    }

                    break;
                case "Results":
                    ReadTargets(cursor);
                    _isReport = true;
                    break;
                default:
                    break;
            }
        }

        if (!_isReport)
        {
            throw cursor.Fault("it has nothing of a report of Trivy's");
        }
    }

    /// <summary>Reads a list of targets.</summary>
    public void ReadTargets(JsonCursor cursor)
    {
        foreach (var _ in cursor.Items())
        {
            var target = TrivyTarget.Read(cursor);
            if (!target.IsOfPackages)
            {
                _otherClasses.Add(target.Class);
                continue;
            }

            _hasPackageTargets = true;
            _findings.AddRange(target.Findings);
            _packages += target.Packages;
            _image = _image.Length > 0 ? _image : target.Image;
            _os = _os.Family.Length > 0 ? _os : target.Os;
        }

        // Nobody has looked for vulnerabilities then, which is not the same as none.
        if (_otherClasses.Count > 0 && !_hasPackageTargets)
        {
            throw cursor.Fault("it does not say that Trivy looked for vulnerabilities, all in it is of class "
                + $"{string.Join(", ", _otherClasses)}; scan with --scanners vuln, and what has no distribution with --list-all-pkgs, too");
        }
    }

    /// <summary>What was read, as a result.</summary>
    public ImageScanResult ToResult()
    {
        var name = _metadata.NameOf(_artifact.Length > 0 ? _artifact : _image);
        return new ImageScanResult
        {
            Image = name,
            Digest = _metadata.DigestOf(name),
            Platform = _metadata.Platform,
            ManifestDigest = string.Empty,
            Os = _metadata.Os.Family.Length > 0 ? _metadata.Os : _os,
            Scanner = new ScannerInfo { Name = "Trivy", Version = _version },
            Findings = _findings,
            Unassessed = _isReport && !_hasPackageTargets && _metadata.Os.Family.Length == 0 ? [ReportText.Nothing("Trivy")] : [],
            PackageCount = _packages,
            ScannedAt = _created ?? default,
        };
    }
}
