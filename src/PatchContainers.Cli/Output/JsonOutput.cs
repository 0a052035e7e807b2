using PatchContainers.Records;

namespace PatchContainers.Cli.Output;

/// <summary>JSON lines. Each is flushed, so that the next command in the pipe begins before this one ends.</summary>
internal sealed class JsonOutput(TextWriter writer) : RecordOutput
{
    /// <inheritdoc/>
    public override void Write(object record)
    {
        writer.Write(RecordJson.Write(record));
        writer.Write('\n');
        writer.Flush();
    }

    /// <inheritdoc/>
    public override void Complete() => writer.Flush();
}
