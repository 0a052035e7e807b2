namespace PatchContainers.Advisories;

/// <summary>What an import of advisories read and wrote.</summary>
public sealed record AdvisoryImportResult
{
    /// <summary>The file or folder that was read.</summary>
    public required string Path { get; init; }

    /// <summary>How many records were read, the withdrawn ones among them.</summary>
    public int RecordsRead { get; init; }

    /// <summary>How many records or files were no OSV record; each was reported.</summary>
    public int Rejected { get; init; }

    /// <summary>How many records say that they were withdrawn; they take older forms of themselves away.</summary>
    public int Withdrawn { get; init; }

    /// <summary>The newest change among the records, UTC; null where none says one.</summary>
    public DateTimeOffset? DatabaseTime { get; init; }

    /// <summary>The ecosystems whose compiled file was written, ordered by name.</summary>
    public IReadOnlyList<AdvisoryEcosystem> Ecosystems { get; init; } = [];
}
