using PatchContainers.Advisories.Database;
using PatchContainers.Packages;

namespace PatchContainers.Scanning.Embedded;

/// <summary>Matches packages against the databases of their distribution.</summary>
internal sealed class PackageAssessment
{
    private readonly DistributionAdvisories _distribution;
    private readonly AdvisoryMatcher _matcher;
    private readonly AdvisoryDatabase[] _databases;
    private readonly AdvisoryDatabase? _extended;
    private readonly List<AdvisoryVerdict> _verdicts = [];
    private readonly List<uint> _aliases = [];
    private readonly Dictionary<(string Name, string Version), SourceVerdicts> _sources = [];
    private readonly Dictionary<(AdvisoryDatabase Database, uint Text), string> _repeated = [];

    /// <summary>Makes ready.</summary>
    /// <param name="distribution">The distribution.</param>
    /// <param name="databases">Its databases.</param>
    /// <param name="extended">The database of its paid fixes; null where there is none.</param>
    public PackageAssessment(DistributionAdvisories distribution, AdvisoryDatabase[] databases, AdvisoryDatabase? extended)
    {
        _distribution = distribution;
        _matcher = new AdvisoryMatcher(distribution.Order);
        _databases = databases;
        _extended = extended;
    }

    /// <summary>What is said of a source package's version, for all packages built from it: findings that lack only the package.</summary>
    private sealed record SourceVerdicts(Finding[] Findings, string[] Faults);

    /// <summary>Adds the package's findings, and what could not be assessed.</summary>
    /// <param name="package">The package.</param>
    /// <param name="os">The distribution.</param>
    /// <param name="layer">The digest of the layer that brought it; empty where it is not known.</param>
    /// <param name="origin">Whether that layer is the base's.</param>
    /// <param name="findings">Where findings go.</param>
    /// <param name="unassessed">Where the rest goes.</param>
    public void Assess(
        InstalledPackage package, OsRelease? os, string layer, FindingOrigin origin,
        List<Finding> findings, List<UnassessedPackage> unassessed)
    {
        if (package.Type != _distribution.PackageType)
        {
            unassessed.Add(new UnassessedPackage(package.Name, package.Version, $"a package of the type '{package.Type}' in "
                + $"{_distribution.Ecosystems[0]}, whose advisories are about '{_distribution.PackageType}' packages"));
            return;
        }

        if (_distribution.Order.FindFault(package.SourceVersion) is { } fault)
        {
            unassessed.Add(new UnassessedPackage(package.Name, package.Version,
                $"its source package {package.SourceName} has the version '{package.SourceVersion}', {fault}"));
            return;
        }

        var key = (package.SourceName, package.SourceVersion);
        if (!_sources.TryGetValue(key, out var source))
        {
            source = Judge(package.SourceName, package.SourceVersion);
            _sources.Add(key, source);
        }

        foreach (var reason in source.Faults)
        {
            unassessed.Add(new UnassessedPackage(package.Name, package.Version, reason));
        }

        var purl = source.Findings.Length > 0 ? PackageUrl.Of(package, os) : string.Empty;
        foreach (var finding in source.Findings)
        {
            findings.Add(finding with
            {
                Package = package.Name,
                Version = package.Version,
                Purl = purl,
                Type = package.Type,
                Layer = layer,
                Origin = origin,
            });
        }
    }

    private SourceVerdicts Judge(string name, string version)
    {
        _verdicts.Clear();
        if (_databases.Length == 1)
        {
            _matcher.Match(_databases[0], name, version, includeUnaffected: false, _verdicts);
        }
        else
        {
            MatchAll(name, version);
        }

        if (_extended is not null && version.Contains("esm", StringComparison.Ordinal))
        {
            ApplyExtended(name, version);
        }

        var findings = new List<Finding>(_verdicts.Count);
        var faults = new List<string>();
        foreach (var verdict in _verdicts)
        {
            if (verdict.State == VerdictState.Unknown)
            {
                faults.Add(Explain(verdict));
            }
            else if (verdict.State == VerdictState.Affected)
            {
                findings.Add(Describe(name, verdict));
            }
        }

        return new SourceVerdicts(findings.ToArray(), faults.ToArray());
    }

    // What the release's own advisories say of a vulnerability goes before what those say that name no release.
    private void MatchAll(string name, string version)
    {
        var decided = new HashSet<string>(StringComparer.Ordinal);
        var next = new List<AdvisoryVerdict>();
        foreach (var database in _databases)
        {
            next.Clear();
            _matcher.Match(database, name, version, includeUnaffected: true, next);
            next.RemoveAll(v => decided.Contains(v.Vulnerability));
            decided.UnionWith(next.Where(v => v.State != VerdictState.Unknown).Select(v => v.Vulnerability));
            _verdicts.AddRange(next);
        }
    }

    // A package from Ubuntu Pro: where its advisories speak of a vulnerability, they know that version, and the release's own do not.
    private void ApplyExtended(string name, string version)
    {
        var extended = new List<AdvisoryVerdict>();
        _matcher.Match(_extended!, name, version, includeUnaffected: true, extended);
        var known = extended.Select(v => v.Vulnerability).ToHashSet(StringComparer.Ordinal);
        _verdicts.RemoveAll(v => known.Contains(v.Vulnerability));
        _verdicts.AddRange(extended);
    }

    private string Explain(in AdvisoryVerdict verdict)
    {
        var database = verdict.Database;
        var advisory = database.Text(database.Records[(int)verdict.DecidedBy.Record].Id);
        if (verdict.FaultyVersion == 0)
        {
            return $"{verdict.Vulnerability}: {advisory} names the affected commits and no versions of the package";
        }

        var version = database.Text(verdict.FaultyVersion);
        return $"{verdict.Vulnerability}: {advisory} names the version '{version}', {_distribution.Order.FindFault(version)}";
    }

    private Finding Describe(string source, in AdvisoryVerdict verdict)
    {
        var database = verdict.Database;
        ref readonly var affected = ref database.Affected[(int)verdict.DecidedBy.Affected];
        var (severity, said, cvss) = ((Severity)affected.Severity, affected.SeveritySource, affected.Cvss);
        _aliases.Clear();
        AddAliases(database, verdict.DecidedBy);
        if (verdict.RowCount > 1)
        {
            foreach (ref readonly var row in database.RowsOf(source).Slice(verdict.FirstRow, verdict.RowCount))
            {
                AddAliases(database, row);
                ref readonly var other = ref database.Affected[(int)row.Affected];
                if (severity == Severity.Unknown && (Severity)other.Severity != Severity.Unknown)
                {
                    (severity, said, cvss) = ((Severity)other.Severity, other.SeveritySource, other.Cvss);
                }
            }
        }

        return new Finding
        {
            Id = verdict.Vulnerability,
            Aliases = Texts(database),
            Severity = severity,
            SeveritySource = Repeated(database, said),
            Package = source,
            Version = string.Empty,
            FixedVersion = Repeated(database, verdict.FixedVersion),
            FixState = verdict.Fix,
            SourcePackage = source,
            Cvss = Repeated(database, cvss),
            Url = database.Text(database.Records[(int)verdict.DecidedBy.Record].Url),
        };
    }

    // Equal texts of a database have one reference, so that references can be compared in their place.
    private void AddAliases(AdvisoryDatabase database, in DatabaseFormat.Row row)
    {
        var words = database.List(database.Records[(int)row.Record].Vulnerabilities);
        for (var i = 0; i < words.Length; i += 2)
        {
            if (words[i] != row.Vulnerability)
            {
                continue;
            }

            foreach (var alias in database.List(words[i + 1]))
            {
                if (!_aliases.Contains(alias))
                {
                    _aliases.Add(alias);
                }
            }
        }
    }

    private string[] Texts(AdvisoryDatabase database)
    {
        var texts = new string[_aliases.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = database.Text(_aliases[i]);
        }

        return texts;
    }

    // Few texts stand in many findings.
    private string Repeated(AdvisoryDatabase database, uint text)
    {
        if (text == 0)
        {
            return string.Empty;
        }

        if (!_repeated.TryGetValue((database, text), out var known))
        {
            known = database.Text(text);
            _repeated.Add((database, text), known);
        }

        return known;
    }
}
