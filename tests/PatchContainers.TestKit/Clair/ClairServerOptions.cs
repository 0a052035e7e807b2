using System.Text.Json.Nodes;

namespace PatchContainers.TestKit.Clair;

/// <summary>What a <see cref="ClairServer"/> does.</summary>
public sealed record ClairServerOptions
{
    /// <summary>The key that tokens are signed with; null to let anybody in.</summary>
    public byte[]? Key { get; init; }

    /// <summary>Whose tokens are taken.</summary>
    public string Issuer { get; init; } = "ci";

    /// <summary>The states of an index report, from the answer to the manifest on; the last is followed by <c>IndexFinished</c>.</summary>
    public IReadOnlyList<string> IndexStates { get; init; } = [];

    /// <summary>What is said in the state <c>IndexError</c>.</summary>
    public string IndexError { get; init; } = "failed to scan all layer contents: error reading RPM database";

    /// <summary>How many reports are answered with 202, since there is no data yet.</summary>
    public int InitializingReports { get; init; }

    /// <summary>The status of reports: as described, 201. The source of Clair 4.9 answers 200.</summary>
    public int ReportStatus { get; init; } = 201;

    /// <summary>The report of a manifest, by its digest.</summary>
    public Func<string, string> Report { get; init; } = digest => $$"""
        {"manifest_hash":"{{digest}}","packages":{},"distributions":{},"environments":{},"vulnerabilities":{},"package_vulnerabilities":{} }
        """;

    /// <summary>What the updaters brought.</summary>
    public string UpdateOperations { get; init; } = """
        {"debian": [{"ref": "269886f3-0146-4f08-9bf7-cb1138d48643", "updater": "debian", "fingerprint": "a", "date": "2024-05-31T00:00:00Z", "kind": "vulnerability"}]}
        """;

    /// <summary>Notifications by the id of their set.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<JsonNode>> Notifications { get; init; } =
        new Dictionary<string, IReadOnlyList<JsonNode>>();

    /// <summary>The clock that tokens are held against.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
