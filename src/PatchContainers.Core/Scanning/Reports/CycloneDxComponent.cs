namespace PatchContainers.Scanning.Reports;

/// <summary>
/// A component of a CycloneDX BOM: a package, the distribution, the image itself. Of its properties those of Trivy and Syft are read.
/// </summary>
internal sealed class CycloneDxComponent
{
    private string _group = string.Empty;
    private string _kind = string.Empty;
    private string _place = string.Empty;

    /// <summary>What it is called in the BOM.</summary>
    public string Ref { get; private set; } = string.Empty;

    /// <summary><c>library</c>, <c>operating-system</c>, <c>container</c>, ...</summary>
    public string Role { get; private set; } = string.Empty;

    /// <summary>The name, without a group.</summary>
    public string Name { get; private set; } = string.Empty;

    /// <summary>The version.</summary>
    public string Version { get; private set; } = string.Empty;

    /// <summary>The package URL.</summary>
    public string Purl { get; private set; } = string.Empty;

    /// <summary>The source package.</summary>
    public string Source { get; private set; } = string.Empty;

    /// <summary>The layer: by its digest where that is told, else by its DiffID.</summary>
    public string Layer { get; private set; } = string.Empty;

    /// <summary>Where the image was pulled from, with its digest (Trivy); several are separated by spaces.</summary>
    public string RepoDigests { get; private set; } = string.Empty;

    /// <summary>The kind of package.</summary>
    public string Kind => PackageKinds.Of(Purl, _kind);

    /// <summary>The file in the image. A distribution's database is none that a package was found by.</summary>
    public string Path => Kind is "deb" or "apk" or "rpm" ? string.Empty : _place;

    /// <summary>Whether it is a package, and not a part of the image that holds some.</summary>
    public bool IsPackage => Role is "library" or "framework" || (Purl.Length > 0 && Role != "container");

    /// <summary>The name as the package's own tools write it.</summary>
    public string FullName => NameOf(Kind, _group, Name);

    /// <summary>Reads the component that stands at the cursor.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="share">Gives a text that is equal to another the other's instance.</param>
    /// <param name="nested">Takes the components in it, one after another.</param>
    public static CycloneDxComponent Read(JsonCursor cursor, Func<string, string> share, Action<CycloneDxComponent> nested)
    {
        var component = new CycloneDxComponent();
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "bom-ref":
                    component.Ref = share(cursor.ReadText());
                    break;
                case "type":
                    component.Role = share(cursor.ReadText());
                    break;
                case "group":
                    component._group = share(cursor.ReadText());
                    break;
                case "name":
                    component.Name = share(cursor.ReadText());
                    break;
                case "version":
                    component.Version = share(cursor.ReadText());
                    break;
                case "purl":
                    component.Purl = share(cursor.ReadText());
                    break;
                case "properties":
                    foreach (var property in cursor.Values())
                    {
                        component.Add(property.Word("name"), property.Word("value"), share);
                    }

                    break;
                case "components":
                    foreach (var _ in cursor.Items())
                    {
                        nested(Read(cursor, share, nested));
                    }

                    break;
                default:
                    break;
            }
        }

        return component;
    }

    /// <summary>
    /// The component of a reference to what is not in the BOM: of a BOM that vulnerabilities alone were written of (a BOM-Link), where the
    /// reference is a package URL.
    /// </summary>
    public static CycloneDxComponent OfReference(string reference)
    {
        var isLink = reference.StartsWith("urn:cdx:", StringComparison.Ordinal);
        var text = isLink ? reference[(reference.IndexOf('#', StringComparison.Ordinal) + 1)..] : reference;
        var url = text.StartsWith("pkg%3A", StringComparison.OrdinalIgnoreCase) ? Uri.UnescapeDataString(text) : text;
        if (!url.StartsWith("pkg:", StringComparison.Ordinal))
        {
            return new CycloneDxComponent { Ref = reference, Role = "library", Name = text };
        }

        var path = url[4..].Split('?', '#')[0];
        var at = path.LastIndexOf('@');
        var parts = (at > 0 ? path[..at] : path).Split('/');
        return new CycloneDxComponent
        {
            Ref = reference,
            Role = "library",
            Purl = url,
            Name = Uri.UnescapeDataString(parts[^1]),
            Version = at > 0 ? Uri.UnescapeDataString(path[(at + 1)..]) : string.Empty,
            _group = parts.Length > 2 ? string.Join('/', parts[1..^1].Select(Uri.UnescapeDataString)) : string.Empty,
        };
    }

    private static string NameOf(string kind, string group, string name) => kind switch
    {
        _ when group.Length == 0 => name,
        "deb" or "apk" or "rpm" => name,
        "maven" => $"{group}:{name}",
        _ => $"{group}/{name}",
    };

    private void Add(string name, string value, Func<string, string> share)
    {
        switch (name)
        {
            case "aquasecurity:trivy:LayerDigest":
                Layer = share(value);
                break;
            case "aquasecurity:trivy:LayerDiffID" when Layer.Length == 0:
                Layer = share(value);
                break;
            case "aquasecurity:trivy:PkgType" or "aquasecurity:trivy:Type" or "syft:package:type":
                _kind = share(value);
                break;
            case "aquasecurity:trivy:SrcName" or "syft:metadata:source" or "syft:metadata:originPackage":
                Source = share(value);
                break;
            case "syft:metadata:sourceRpm":
                Source = share(SourceOf(value));
                break;
            case "aquasecurity:trivy:FilePath":
                _place = share(value);
                break;
            case "aquasecurity:trivy:RepoDigest":
                RepoDigests = $"{RepoDigests} {value}".Trim();
                break;
            case var _ when name.StartsWith("syft:location:", StringComparison.Ordinal):
                Layer = Layer.Length == 0 && name.EndsWith(":layerID", StringComparison.Ordinal) ? share(value) : Layer;
                _place = _place.Length == 0 && name.EndsWith(":path", StringComparison.Ordinal) ? share(value.TrimStart('/')) : _place;
                break;
            default:
                break;
        }
    }

    // "openssl-3.0.7-24.el9.src.rpm": what stands before version and release.
    private static string SourceOf(string file)
    {
        var parts = file.Split('-');
        return file.EndsWith(".src.rpm", StringComparison.Ordinal) && parts.Length > 2 ? string.Join('-', parts[..^2]) : file;
    }
}
