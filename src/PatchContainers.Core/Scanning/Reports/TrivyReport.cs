using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Scanning.Reports;

/// <summary>One report of Trivy's, while it is read: of one artifact, with its targets.</summary>
internal sealed class TrivyReport
{
    private readonly List<Finding> _findings = [];
    private string _artifact = string.Empty;
    private string _digest = string.Empty;
    private string _platform = string.Empty;
    private string _version = string.Empty;
    private DateTimeOffset? _created;
    private ScannedOs _os = new();
    private int _packages;

    /// <summary>Reads the report that stands at the cursor.</summary>
    /// <param name="cursor">The cursor, at an object.</param>
    /// <param name="other">Takes the members that are no report's; null where there are none.</param>
    public void Read(JsonCursor cursor, Action<string>? other = null)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "ArtifactName":
                    _artifact = cursor.ReadText();
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
                        ReadMetadata(metadata.RootElement);
                    }

                    break;
                case "Results":
                    ReadTargets(cursor);
                    break;
                default:
                    other?.Invoke(name);
                    break;
            }
        }
    }

    /// <summary>Reads a list of targets: the distribution's packages, and each lock file and program with packages of its own.</summary>
    public void ReadTargets(JsonCursor cursor)
    {
        foreach (var _ in cursor.Items())
        {
            var (first, kind, target) = (_findings.Count, string.Empty, string.Empty);
            foreach (var name in cursor.Members())
            {
                switch (name)
                {
                    case "Target":
                        target = cursor.ReadText();
                        break;
                    case "Type":
                        kind = cursor.ReadText();
                        break;
                    case "Packages":
                        _packages += cursor.Items().Count();
                        break;
                    case "Vulnerabilities":
                        _findings.AddRange(cursor.Values().Select(v => TrivyFindings.Read(v, kind)));
                        break;
                    case "ExperimentalModifiedFindings":
                        _findings.AddRange(cursor.Values().Where(m => m.Word("Type") is "vulnerability" or "")
                            .Select(m => TrivyFindings.ReadSuppressed(m, kind)));
                        break;
                    default:
                        break;
                }
            }

            Place(first, kind, target);
        }
    }

    /// <summary>What was read, as a result.</summary>
    public ImageScanResult ToResult() => new()
    {
        Image = _artifact,
        Digest = _digest,
        Platform = _platform,
        ManifestDigest = string.Empty,
        Os = _os,
        Scanner = new ScannerInfo { Name = "Trivy", Version = _version },
        Findings = _findings,
        PackageCount = _packages,
        ScannedAt = _created ?? default,
    };

    // A target of the distribution is named "image (debian 12.1)"; any other is a path, which a package found in it has where it has none.
    private void Place(int first, string kind, string target)
    {
        var (open, isFamily) = (target.LastIndexOf(" (", StringComparison.Ordinal), PackageKinds.Of(string.Empty, kind) is "deb" or "apk" or "rpm");
        if (isFamily && open > 0 && target.EndsWith(')') && target[(open + 2)..^1].LastIndexOf(' ') is > 0 and var space)
        {
            var os = target[(open + 2)..^1];
            _artifact = _artifact.Length > 0 ? _artifact : target[..open];
            _os = _os.Family.Length > 0 ? _os : new ScannedOs { Family = os[..space], Version = os[(space + 1)..] };
        }

        for (var i = first; i < _findings.Count; i++)
        {
            var finding = _findings[i];
            _findings[i] = finding with
            {
                Type = finding.Type.Length > 0 ? finding.Type : PackageKinds.Of(finding.Purl, kind),
                Path = finding.Path.Length > 0 || isFamily ? finding.Path : target,
            };
        }
    }

    private void ReadMetadata(JsonElement metadata)
    {
        _os = new ScannedOs
        {
            Family = metadata.Word("OS", "Family"),
            Version = metadata.Word("OS", "Name"),
            EndOfLife = metadata.IsTrue("OS", "EOSL") ? true : null,
        };
        var config = metadata.At("ImageConfig") ?? default;
        if (config.Word("os") is { Length: > 0 } os && config.Word("architecture") is { Length: > 0 } architecture)
        {
            _platform = string.Join('/', new[] { os, architecture, config.Word("variant") }.Where(p => p.Length > 0));
        }

        // What was pulled, by the name that was asked for where there are several.
        var pinned = metadata.Items("RepoDigests").Select(d => d.Word().Split('@', 2)).Where(d => d.Length == 2).ToArray();
        var named = Array.Find(pinned, d => _artifact.StartsWith(d[0], StringComparison.Ordinal)) ?? pinned.FirstOrDefault();
        _digest = named is not null && Digest.TryParse(named[1], out _) ? named[1] : string.Empty;
    }
}
