using System.Text.Json.Nodes;

namespace PatchContainers.TestKit.Advisories;

/// <summary>OSV records as distributions write them.</summary>
public static class OsvJson
{
    /// <summary>One package of one release: affected from the beginning until a fixed version.</summary>
    /// <param name="ecosystem">For example <c>Debian:12</c>.</param>
    /// <param name="package">The source package.</param>
    /// <param name="fixedVersion">The fixed version; null where there is none.</param>
    /// <param name="urgency">Debian's urgency; null for none.</param>
    public static JsonObject Affected(string ecosystem, string package, string? fixedVersion, string? urgency = null)
    {
        var events = new JsonArray(new JsonObject { ["introduced"] = "0" });
        if (fixedVersion is not null)
        {
            events.Add(new JsonObject { ["fixed"] = fixedVersion });
        }

        var affected = new JsonObject
        {
            ["package"] = new JsonObject { ["ecosystem"] = ecosystem, ["name"] = package },
            ["ranges"] = new JsonArray(new JsonObject { ["type"] = "ECOSYSTEM", ["events"] = events }),
        };
        if (urgency is not null)
        {
            affected["ecosystem_specific"] = new JsonObject { ["urgency"] = urgency };
        }

        return affected;
    }

    /// <summary>A record.</summary>
    /// <param name="id">Its id; the CVE that it ends with, if any, becomes its upstream.</param>
    /// <param name="modified">When it was changed, RFC 3339.</param>
    /// <param name="affected">What it names.</param>
    public static JsonObject Record(string id, string modified, params JsonObject[] affected)
    {
        var record = new JsonObject { ["schema_version"] = "1.7.0", ["id"] = id, ["modified"] = modified };
        var cve = id.IndexOf("CVE-", StringComparison.Ordinal);
        if (cve > 0)
        {
            record["upstream"] = new JsonArray(id[cve..]);
        }

        record["affected"] = new JsonArray([.. affected]);
        return record;
    }

    /// <summary>The record with a CVSS vector.</summary>
    public static JsonObject WithCvss(this JsonObject record, string vector)
    {
        record["severity"] = new JsonArray(new JsonObject
        {
            ["type"] = vector.StartsWith("CVSS:4", StringComparison.Ordinal) ? "CVSS_V4" : vector.StartsWith("CVSS:3", StringComparison.Ordinal) ? "CVSS_V3" : "CVSS_V2",
            ["score"] = vector,
        });
        return record;
    }

    /// <summary>The record with names in one of its lists (<c>aliases</c>, <c>upstream</c>, <c>related</c>).</summary>
    public static JsonObject With(this JsonObject record, string list, params string[] names)
    {
        record[list] = new JsonArray([.. names.Select(n => JsonValue.Create(n))]);
        return record;
    }
}
