using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>One target of a report of Trivy's: a distribution's packages, or a lock file or program with packages of its own.</summary>
internal sealed class TrivyTarget
{
    // What Trivy calls all packages of a kind together. Anything else is the path of a file.
    private static readonly string[] Groups = ["Java", "Node.js", "Python", "Ruby", "Conda", "Kubernetes"];

    private readonly List<Finding> _findings = [];
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);
    private string _name = string.Empty;
    private string _class = string.Empty;
    private string _kind = string.Empty;

    private TrivyTarget()
    {
    }

    /// <summary>What was found in it.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The DiffIDs of the layers that its findings are in.</summary>
    public HashSet<string> DiffIds { get; } = new(StringComparer.Ordinal);

    /// <summary>How many packages it lists; 0 where it lists none.</summary>
    public int Packages { get; private set; }

    /// <summary>Whether packages were looked at here; else it is of configuration, secrets or licenses.</summary>
    public bool IsOfPackages => _class is "" or "os-pkgs" or "lang-pkgs" || _findings.Count > 0;

    /// <summary>The class, in Trivy's word.</summary>
    public string Class => _class;

    /// <summary>Whether these are the packages of the distribution.</summary>
    public bool IsOs => IsOsClass(_class, _kind);

    /// <summary>The image, where the target names it, as those of distributions do: <c>image (debian 12.1)</c>.</summary>
    public string Image => IsOs && SplitName() is { } parts ? parts.Image : string.Empty;

    /// <summary>The distribution, where the target names it.</summary>
    public ScannedOs Os => IsOs && SplitName() is { } parts ? parts.Os : new ScannedOs();

    /// <summary>Reads the target that stands at the cursor.</summary>
    public static TrivyTarget Read(JsonCursor cursor)
    {
        var (target, isTarget) = (new TrivyTarget(), false);
        foreach (var name in cursor.Members())
        {
            isTarget |= name is "Target" or "Class" or "Type" or "Vulnerabilities";
            switch (name)
            {
                case "Target":
                    target._name = cursor.ReadText();
                    break;
                case "Class":
                    target._class = cursor.ReadText();
                    break;
                case "Type":
                    target._kind = cursor.ReadText();
                    break;
                case "Packages":
                    target.ReadPackages(cursor);
                    break;
                case "Vulnerabilities":
                    target.Add(cursor.Values(), v => v, TrivyFindings.Read);
                    break;
                case "ExperimentalModifiedFindings":
                    target.Add(cursor.Values().Where(m => m.Word("Type") is "vulnerability" or ""), m => m.At("Finding") ?? default,
                        TrivyFindings.ReadSuppressed);
                    break;
                default:
                    break;
            }
        }

        target.Complete();
        return isTarget ? target : throw cursor.Fault("one of its targets has nothing of a target of Trivy's");
    }

    /// <summary>The file that a target stands for; empty where it stands for none.</summary>
    public static string PathOf(string targetClass, string kind, string target) =>
        IsOsClass(targetClass, kind) || Groups.Contains(target, StringComparer.Ordinal) ? string.Empty : target;

    private static bool IsOsClass(string targetClass, string kind) =>
        targetClass.Length > 0 ? targetClass == "os-pkgs" : PackageKinds.Of(string.Empty, kind) is "deb" or "apk" or "rpm";

    private void ReadPackages(JsonCursor cursor)
    {
        foreach (var package in cursor.Values())
        {
            Packages++;
            if (package.Word("SrcName") is { Length: > 0 } source)
            {
                _sources[package.Word("ID") is { Length: > 0 } id ? id : package.Word("Name")] = source;
            }
        }
    }

    private void Add(IEnumerable<JsonElement> items, Func<JsonElement, JsonElement> vulnerability, Func<JsonElement, string, Finding> read)
    {
        foreach (var item in items)
        {
            var entry = vulnerability(item);
            var finding = read(item, _kind);
            _findings.Add(finding with
            {
                SourcePackage = ReportText.First(
                    _sources.GetValueOrDefault(entry.Word("PkgID")), _sources.GetValueOrDefault(finding.Package)),
            });
            if (entry.Word("Layer", "DiffID") is { Length: > 0 } diffId)
            {
                DiffIds.Add(diffId);
            }
        }
    }

    // What stands in the target's own fields, which may follow its findings.
    private void Complete()
    {
        var path = PathOf(_class, _kind, _name);
        for (var i = 0; i < _findings.Count; i++)
        {
            var finding = _findings[i];
            if (finding.Type.Length == 0 || finding.Path.Length == 0)
            {
                _findings[i] = finding with
                {
                    Type = finding.Type.Length > 0 ? finding.Type : PackageKinds.Of(finding.Purl, _kind),
                    Path = finding.Path.Length > 0 ? finding.Path : path,
                };
            }
        }
    }

    private (string Image, ScannedOs Os)? SplitName()
    {
        var open = _name.LastIndexOf(" (", StringComparison.Ordinal);
        if (open < 0 || !_name.EndsWith(')'))
        {
            return null;
        }

        var os = _name[(open + 2)..^1];
        return os.LastIndexOf(' ') is > 0 and var space
            ? (_name[..open], TrivyMetadata.OsOf(os[..space], os[(space + 1)..], isEndOfLife: false))
            : (_name[..open], TrivyMetadata.OsOf(os, string.Empty, isEndOfLife: false));
    }
}
