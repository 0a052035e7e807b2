namespace PatchContainers.Cli.Output;

/// <summary>Writes records to the standard output in one of the formats.</summary>
internal abstract class RecordOutput
{
    /// <summary>Writes a record, or keeps it until <see cref="Complete"/> where the format has to see all of them first.</summary>
    public abstract void Write(object record);

    /// <summary>Writes what was kept. Called also when the run fails: what was found is shown.</summary>
    public abstract void Complete();

    /// <summary>The format asked for; where none was, tables for a terminal and JSON lines for a pipe.</summary>
    public static RecordOutput Create(OutputFormat? format, CliHost host, bool details) =>
        (format ?? (host.IsOutputRedirected ? OutputFormat.Json : OutputFormat.Table)) switch
        {
            OutputFormat.Table => new TableOutput(host.Out, host.UseColor, details),
            OutputFormat.Csv => new CsvOutput(host.Out),
            _ => new JsonOutput(host.Out),
        };
}
