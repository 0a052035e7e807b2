using System.Globalization;
using System.Text.Json;
using PatchContainers.Versions;

namespace PatchContainers.Advisories.Osv;

/// <summary>
/// Reads one OSV record (https://ossf.github.io/osv-schema/, version 1). What decides whether a package is affected is checked strictly;
/// what this tool does not use is not looked at.
/// </summary>
internal sealed class OsvRecordParser
{
    private const int MaxFileNameLength = 200;

    private readonly OsvLimits _limits;
    private readonly OsvSeverities _severities = new();

    /// <summary>Creates a parser for one source.</summary>
    public OsvRecordParser(OsvLimits limits) => _limits = limits;

    /// <summary>Reads a record.</summary>
    /// <exception cref="RecordFaultException">It is no OSV record of version 1; the message says what is wrong, without naming the
    /// source.</exception>
    public OsvRecord Parse(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = StrictJson.Parse(json, new JsonDocumentOptions { MaxDepth = _limits.MaxDepth });
        }
        catch (JsonException e)
        {
            throw new RecordFaultException($"it is no JSON: {e.Message.TrimEnd('.')}", e);
        }

        using (document)
        {
            return Parse(document.RootElement);
        }
    }

    private OsvRecord Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new RecordFaultException("it is no JSON object");
        }

        if (OsvText.Of(root, "schema_version") is { Length: > 0 } version && !version.StartsWith("1.", StringComparison.Ordinal))
        {
            throw new RecordFaultException($"it is of OSV schema {version}; version 1 is known here");
        }

        if (OsvText.Of(root, "id") is not { Length: > 0 } id)
        {
            throw new RecordFaultException("it has no 'id'");
        }

        var modified = Time(root, "modified", id) ?? throw new RecordFaultException($"{id} has no 'modified' time");

        // Converters write the year 1 or 1970 where they know no time.
        if (Time(root, "withdrawn", id) is { Year: > 1970 })
        {
            return new OsvRecord(id, modified, true, new Dictionary<string, AdvisoryRecord>());
        }

        var names = Texts(root, "aliases", id).Concat(Texts(root, "upstream", id)).Where(n => n.Length > 0).Distinct().ToArray();
        var vulnerabilities = OsvNames.Vulnerabilities(id, names, Texts(root, "related", id), out var isNotice);
        var url = Url(root, id);
        var byEcosystem = new Dictionary<string, List<AffectedPackage>>(StringComparer.Ordinal);
        foreach (var affected in Items(root, "affected", id))
        {
            // A record may name commits of a repository instead of a package.
            if (!affected.TryGetProperty("package", out var package) || package.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (package.ValueKind != JsonValueKind.Object
                || OsvText.Of(package, "ecosystem") is not { Length: > 0 } ecosystem
                || OsvText.Of(package, "name") is not { Length: > 0 } name)
            {
                throw new RecordFaultException($"{id} has an 'affected' package without 'ecosystem' or 'name'");
            }

            // It becomes a file's name.
            if (AdvisoryCatalog.FileNameOf(ecosystem).Length > MaxFileNameLength)
            {
                throw new RecordFaultException($"{id} names the ecosystem '{ecosystem[..20]}...', of {ecosystem.Length:N0} characters, which is too long");
            }

            if (!byEcosystem.TryGetValue(ecosystem, out var packages))
            {
                byEcosystem.Add(ecosystem, packages = []);
            }

            packages.Add(Affected(root, affected, id, ecosystem, name));

            // Each vulnerability is listed for each package.
            if ((long)vulnerabilities.Length * packages.Count > OsvNames.MaxPairs)
            {
                throw new RecordFaultException($"{id} names {vulnerabilities.Length:N0} vulnerabilities and {packages.Count:N0} or more packages "
                    + $"of {ecosystem}; more than {OsvNames.MaxPairs:N0} pairs of them are no advisory");
            }
        }

        return new OsvRecord(id, modified, false, byEcosystem.ToDictionary(
            e => e.Key,
            e => new AdvisoryRecord(id, modified, url, isNotice, vulnerabilities, e.Value.ToArray()),
            StringComparer.Ordinal));
    }

    private AffectedPackage Affected(JsonElement root, JsonElement affected, string id, string ecosystem, string name)
    {
        var ranges = new List<RangeEvent[]>();
        var commits = false;
        foreach (var range in Items(affected, "ranges", id))
        {
            var type = OsvText.Of(range, "type");
            if (type == "GIT")
            {
                commits = true;
                continue;
            }

            if (type is not ("ECOSYSTEM" or "SEMVER"))
            {
                throw new RecordFaultException($"{id} has a range of the type '{type}' for {name} in {ecosystem}");
            }

            ranges.Add(Events(range, id, ecosystem, name));
        }

        var urgency = affected.TryGetProperty("ecosystem_specific", out var specific) && specific.ValueKind == JsonValueKind.Object
            ? OsvText.Of(specific, "urgency") : null;
        var severity = _severities.Choose(root, affected, id, ecosystem, urgency);

        var versions = Beyond(ranges, Texts(affected, "versions", id), VersionOrder.Of(ecosystem));
        var traits = urgency == "end-of-life" ? AffectedTraits.WontFix : AffectedTraits.None;
        if (ranges.Count == 0 && versions.Length == 0)
        {
            traits |= commits ? AffectedTraits.CommitsOnly : AffectedTraits.NoVersions;
        }

        return new AffectedPackage(name, ranges, versions, severity.Severity, severity.Source, severity.Cvss, traits);
    }

    /// <summary>
    /// The listed versions that no range from the beginning holds already. Distributions list every version that they ever published beside
    /// such a range, which says nothing more and is long (Ubuntu's kernels).
    /// </summary>
    private static string[] Beyond(List<RangeEvent[]> ranges, string[] versions, VersionOrder? order)
    {
        foreach (var range in ranges)
        {
            if (range is [{ Kind: RangeEventKind.Introduced, Version: "0" }])
            {
                return [];
            }

            if (order is not null && order.FindFault(range[^1].Version) is null
                && range is [{ Kind: RangeEventKind.Introduced, Version: "0" }, { Kind: RangeEventKind.Fixed, Version: var end }])
            {
                versions = Array.FindAll(versions, v => order.FindFault(v) is not null || order.Compare(v, end) >= 0);
            }
        }

        return versions.Where(v => v.Length > 0).Distinct().ToArray();
    }

    private static RangeEvent[] Events(JsonElement range, string id, string ecosystem, string name)
    {
        var events = new List<RangeEvent>();
        foreach (var item in Items(range, "events", id))
        {
            foreach (var property in item.EnumerateObject())
            {
                RangeEventKind? kind = property.Name switch
                {
                    "introduced" => RangeEventKind.Introduced,
                    "fixed" => RangeEventKind.Fixed,
                    "last_affected" => RangeEventKind.LastAffected,
                    _ => null,
                };

                // 'limit' bounds the search in a repository, and every limit of a version range seen so far is '*'.
                if (kind is null && property.Name is not ("limit" or "database_specific"))
                {
                    throw new RecordFaultException(
                        $"{id} has an event '{property.Name}' for {name} in {ecosystem}, which is not known here");
                }

                if (kind is { } known)
                {
                    events.Add(OsvText.Read(property.Value, property.Name) is { Length: > 0 } version
                        ? new RangeEvent(known, version)
                        : throw new RecordFaultException(
                            $"{id} has an event '{property.Name}' without a version for {name} in {ecosystem}"));
                }
            }
        }

        if (events.Count == 0)
        {
            throw new RecordFaultException($"{id} has a range without events for {name} in {ecosystem}");
        }

        // The schema asks for 'introduced'; what says only where it ends began at the beginning.
        if (!events.Exists(e => e.Kind == RangeEventKind.Introduced))
        {
            events.Insert(0, new RangeEvent(RangeEventKind.Introduced, "0"));
        }

        return events.ToArray();
    }

    private static string Url(JsonElement root, string id)
    {
        var first = string.Empty;
        foreach (var reference in Items(root, "references", id))
        {
            if (OsvText.UsableOf(reference, "url") is not { } url || !url.StartsWith("http", StringComparison.Ordinal))
            {
                continue;
            }

            if (OsvText.UsableOf(reference, "type") == "ADVISORY")
            {
                return url;
            }

            first = first.Length == 0 ? url : first;
        }

        return first.Length > 0 ? first : "https://osv.dev/vulnerability/" + Uri.EscapeDataString(id);
    }

    private static DateTimeOffset? Time(JsonElement element, string name, string id)
    {
        if (OsvText.Of(element, name) is not { Length: > 0 } text)
        {
            return null;
        }

        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Utc, out var time)
            ? time : throw new RecordFaultException($"{id} has a '{name}' of '{text}', which is no RFC 3339 time");
    }

    private static IEnumerable<JsonElement> Items(JsonElement element, string name, string id)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            yield break;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new RecordFaultException($"{id} has a '{name}' that is no list");
        }

        foreach (var item in value.EnumerateArray())
        {
            yield return item.ValueKind == JsonValueKind.Object ? item
                : throw new RecordFaultException($"{id} has an entry of '{name}' that is no object");
        }
    }

    private static string[] Texts(JsonElement element, string name, string id)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Select(v => OsvText.Read(v, name) ?? string.Empty).ToArray()
            : throw new RecordFaultException($"{id} has a '{name}' that is no list");
    }
}
