using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// A vulnerability report of Clair v4, while it is read: its tables come in any order, so that they are joined at the end. What no finding
/// says (descriptions, repositories) is not kept.
/// </summary>
internal sealed class ClairReport
{
    private readonly Dictionary<string, ClairPackage> _packages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClairVulnerability> _vulnerabilities = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ScannedOs> _distributions = new(StringComparer.Ordinal);
    private readonly List<(string Package, string[] Vulnerabilities, bool IsAffected)> _pairs = [];
    private readonly ClairEnrichments _enrichments = new();
    private readonly SharedTexts _texts = new();
    private string _firstDistribution = string.Empty;

    /// <summary>The manifest's digest.</summary>
    public string Manifest { get; set; } = string.Empty;

    /// <summary>Reads <c>packages</c>.</summary>
    public void ReadPackages(JsonCursor cursor)
    {
        foreach (var id in cursor.Members())
        {
            using var entry = cursor.Read();
            var (package, root) = (PackageOf(id), entry.RootElement);
            package.IsDescribed = true;
            package.Name = _texts.Share(root.Word("name"));
            package.Version = _texts.Share(root.Word("version"));
            package.Source = _texts.Share(root.Word("source", "name"));
        }
    }

    /// <summary>Reads <c>distributions</c>.</summary>
    public void ReadDistributions(JsonCursor cursor)
    {
        foreach (var id in cursor.Members())
        {
            using var entry = cursor.Read();
            var root = entry.RootElement;
            _distributions[id] = new ScannedOs
            {
                Family = root.Word("did") is { Length: > 0 } did ? did : root.Word("name"),
                Version = root.Word("version_id") is { Length: > 0 } version ? version : root.Word("version"),
            };
        }
    }

    /// <summary>Reads <c>environments</c>: of a package that was found several times, the first counts.</summary>
    public void ReadEnvironments(JsonCursor cursor)
    {
        foreach (var id in cursor.Members())
        {
            var package = PackageOf(id);
            foreach (var environment in cursor.Values())
            {
                var distribution = IdOf(environment.At("distribution_id"));
                _firstDistribution = _firstDistribution.Length > 0 ? _firstDistribution : distribution;
                package.Layer = _texts.Share(package.Layer.Length > 0 ? package.Layer : environment.Word("introduced_in"));
                package.Database = _texts.Share(package.Database.Length > 0 ? package.Database : environment.Word("package_db"));
                package.Distribution = _texts.Share(package.Distribution.Length > 0 ? package.Distribution : distribution);
            }
        }
    }

    /// <summary>Reads <c>vulnerabilities</c>.</summary>
    public void ReadVulnerabilities(JsonCursor cursor)
    {
        foreach (var id in cursor.Members())
        {
            using var entry = cursor.Read();
            _vulnerabilities[_texts.Share(id)] = ClairVulnerability.Read(entry.RootElement, _texts.Share);
        }
    }

    /// <summary>Reads the lists of vulnerabilities by package.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="isAffected">Whether the packages have them, or are said not to have them.</param>
    public void ReadPairs(JsonCursor cursor, bool isAffected)
    {
        foreach (var id in cursor.Members())
        {
            _pairs.Add((_texts.Share(id), [.. cursor.Values().Select(v => _texts.Share(IdOf(v)))], isAffected));
        }
    }

    /// <summary>Reads <c>enrichments</c>.</summary>
    public void ReadEnrichments(JsonCursor cursor) => _enrichments.Read(cursor, _texts.Share);

    /// <summary>What was read, as a result.</summary>
    /// <param name="cursor">The cursor, behind the report.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: the tables name what is in none of them.</exception>
    public ImageScanResult ToResult(JsonCursor cursor)
    {
        var findings = new List<Finding>();
        foreach (var (id, vulnerabilities, isAffected) in _pairs)
        {
            if (!_packages.TryGetValue(id, out var package) || !package.IsDescribed)
            {
                throw cursor.Fault(
                    $"it is not whole: it has vulnerabilities of a package '{id}', which is not among its packages. Fetch it again");
            }

            // A flaw is listed once for each repository that its package may be from: the same in all that is said here.
            findings.AddRange(vulnerabilities.Select(v => Describe(v, cursor))
                .DistinctBy(f => (f with { Aliases = [] }, string.Join(' ', f.Aliases))).Select(f => Place(f, package, isAffected)));
        }

        if (_vulnerabilities.FirstOrDefault(v => !v.Value.IsUsed) is { Value: { } unused })
        {
            throw cursor.Fault($"it is not whole: it describes {unused.Finding.Id}, and does not say which package has it. Fetch it again");
        }

        var os = _distributions.GetValueOrDefault(_firstDistribution);
        return new ImageScanResult
        {
            Image = string.Empty,
            Digest = string.Empty,
            Platform = string.Empty,
            ManifestDigest = Manifest,
            Os = os ?? (_distributions.Count == 1 ? _distributions.Values.Single() : new ScannedOs()),
            Scanner = new ScannerInfo { Name = "Clair" },
            Findings = findings,
            Unassessed = _packages.Count == 0 && _distributions.Count == 0 ? [ReportText.Nothing("Clair")] : [],
            PackageCount = _packages.Values.Count(p => p.IsDescribed),
        };
    }

    private static string IdOf(JsonElement? id) =>
        id is { ValueKind: JsonValueKind.Number } number ? number.GetRawText() : id?.Word() ?? string.Empty;

    private Finding Describe(string id, JsonCursor cursor)
    {
        if (!_vulnerabilities.TryGetValue(id, out var vulnerability))
        {
            throw cursor.Fault(
                $"it is not whole: a package has a vulnerability '{id}', which is not among its vulnerabilities. Fetch it again");
        }

        vulnerability.IsUsed = true;
        return _enrichments.Apply(id, vulnerability);
    }

    private Finding Place(Finding finding, ClairPackage package, bool isAffected)
    {
        var family = _distributions.GetValueOrDefault(package.Distribution)?.Family ?? string.Empty;
        var (kind, path) = ClairPackage.Locate(package.Database, family);
        return finding with
        {
            Package = package.Name,
            Version = package.Version,
            SourcePackage = package.Source,
            Type = kind,
            Path = _texts.Share(path),
            Layer = package.Layer,
            FixState = isAffected ? finding.FixState : FixState.NotAffected,
            Suppressed = isAffected ? string.Empty : "not affected, by the distribution's own statement",
        };
    }

    private ClairPackage PackageOf(string id)
    {
        if (!_packages.TryGetValue(id, out var package))
        {
            _packages[_texts.Share(id)] = package = new ClairPackage();
        }

        return package;
    }
}
