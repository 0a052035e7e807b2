namespace PatchContainers.Cli.Output;

/// <summary>How records are written.</summary>
internal enum OutputFormat
{
    /// <summary>Columns for people.</summary>
    Table,

    /// <summary>JSON lines: one record a line, as the next command reads them.</summary>
    Json,

    /// <summary>Comma-separated values (RFC 4180), one column a property; lists are joined by '; ', objects are flattened.</summary>
    Csv,
}
