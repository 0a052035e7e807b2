using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Scanning.Reports;

/// <summary>A CycloneDX BOM with vulnerabilities, while it is read: components come before or after them.</summary>
internal sealed class CycloneDxReport
{
    // Those that look for vulnerabilities whenever they write a BOM of this form, and so mean an empty list.
    private static readonly string[] AlwaysScan = ["grype", "dependency-track", "owasp dependency-track"];

    private readonly Dictionary<string, CycloneDxComponent> _components = new(StringComparer.Ordinal);
    private readonly List<CycloneDxVulnerability> _vulnerabilities = [];
    private readonly SharedTexts _texts = new();
    private readonly List<(string Name, string Version)> _tools = [];
    private CycloneDxComponent? _subject;
    private ScannedOs? _os;
    private DateTimeOffset? _time;
    private int _packages;

    /// <summary>Whether it means an empty list of vulnerabilities. Trivy writes one, too, into a BOM that it did not scan.</summary>
    public bool IsScan => _vulnerabilities.Count > 0 || _tools.Exists(t => AlwaysScan.Contains(t.Name, StringComparer.OrdinalIgnoreCase));

    /// <summary>Reads <c>metadata</c>.</summary>
    public void ReadMetadata(JsonCursor cursor)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "timestamp":
                    using (var time = cursor.Read())
                    {
                        _time = time.RootElement.Time();
                    }

                    break;
                case "tools":
                    using (var tools = cursor.Read())
                    {
                        ReadTools(tools.RootElement);
                    }

                    break;
                case "component" when cursor.Type == JsonTokenType.StartObject:
                    _subject = CycloneDxComponent.Read(cursor, _texts.Share, Add);
                    _components.TryAdd(_subject.Ref, _subject);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Reads <c>components</c>.</summary>
    public void ReadComponents(JsonCursor cursor)
    {
        foreach (var _ in cursor.Items())
        {
            Add(CycloneDxComponent.Read(cursor, _texts.Share, Add));
        }
    }

    /// <summary>Reads <c>vulnerabilities</c>.</summary>
    public void ReadVulnerabilities(JsonCursor cursor) =>
        _vulnerabilities.AddRange(cursor.Values().Select(v => CycloneDxVulnerability.Read(v, _texts.Share)));

    /// <summary>What was read, as a result.</summary>
    public ImageScanResult ToResult()
    {
        var tool = _tools.Find(t => NameOf(t.Name) != t.Name) is { Name: not null } known ? known : _tools.FirstOrDefault();
        var isPinned = _subject is { Role: "container" } && Digest.TryParse(_subject.Version, out _);
        return new ImageScanResult
        {
            Image = _subject?.Name ?? string.Empty,
            Digest = DigestOf(_subject),
            Platform = string.Empty,
            ManifestDigest = isPinned ? _subject!.Version : string.Empty,
            Os = _os ?? new ScannedOs(),
            Scanner = new ScannerInfo { Name = NameOf(tool.Name ?? "CycloneDX"), Version = tool.Version ?? string.Empty },
            Findings = [.. _vulnerabilities.SelectMany(v => v.Findings(Find))],
            PackageCount = _packages,
            ScannedAt = _time ?? default,
        };
    }

    // The names under which findings of these scanners come from their own reports.
    private static string NameOf(string tool) => tool switch { "trivy" => "Trivy", "grype" => "Grype", _ => tool };

    // What was pulled: by its package URL (pkg:oci/debian@sha256:...), or as Trivy lists it; of several, by the name asked for.
    private static string DigestOf(CycloneDxComponent? subject)
    {
        if (subject is null)
        {
            return string.Empty;
        }

        var isOci = subject.Purl.StartsWith("pkg:oci/", StringComparison.Ordinal);
        var url = isOci ? CycloneDxComponent.OfReference(subject.Purl).Version : string.Empty;
        return Digest.TryParse(url, out _) ? url : ReportText.DigestOf(subject.Name, subject.RepoDigests.Split(' '));
    }

    // A list up to 1.4; components and services of their own from 1.5 on.
    private void ReadTools(JsonElement tools)
    {
        var all = tools.ValueKind == JsonValueKind.Array ? tools.Items() : tools.Items("components").Concat(tools.Items("services"));
        _tools.AddRange(all.Select(t => (t.Word("name"), t.Word("version"))).Where(t => t.Item1.Length > 0));
    }

    private void Add(CycloneDxComponent component)
    {
        _components.TryAdd(component.Ref.Length > 0 ? component.Ref : component.Purl, component);
        _packages += component.IsPackage ? 1 : 0;
        if (component.Role == "operating-system")
        {
            _os ??= new ScannedOs { Family = component.Name, Version = component.Version };
        }
    }

    private CycloneDxComponent Find(string reference)
    {
        if (!_components.TryGetValue(reference, out var component))
        {
            _components[reference] = component = CycloneDxComponent.OfReference(reference);
        }

        return component;
    }
}
