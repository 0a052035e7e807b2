using System.Text.Json;
using PatchContainers.Records;

namespace PatchContainers.Cli.Output;

/// <summary>
/// Comma-separated values (RFC 4180). The columns are the JSON's properties: <c>Base.Name</c> for objects in objects, lists of plain
/// values joined by "; ", lists of objects as JSON, since a table has no better place for them.
/// </summary>
internal sealed class CsvOutput(TextWriter writer) : RecordOutput
{
    private bool _hasHeader;

    /// <inheritdoc/>
    public override void Write(object record)
    {
        using var document = JsonDocument.Parse(RecordJson.Write(record));
        var fields = new List<(string Name, string Value)>();
        Flatten(string.Empty, document.RootElement, fields);
        if (!_hasHeader)
        {
            WriteLine(fields.Select(f => f.Name));
            _hasHeader = true;
        }

        WriteLine(fields.Select(f => f.Value));
    }

    /// <inheritdoc/>
    public override void Complete() => writer.Flush();

    private static void Flatten(string prefix, JsonElement element, List<(string Name, string Value)> fields)
    {
        foreach (var property in element.EnumerateObject())
        {
            var name = prefix + property.Name;
            // A dictionary's keys are data; as columns they would differ from record to record.
            if (property.Value.ValueKind == JsonValueKind.Object && property.Name != "Labels")
            {
                Flatten(name + ".", property.Value, fields);
            }
            else
            {
                fields.Add((name, TextOf(property.Value)));
            }
        }
    }

    private static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => string.Empty,
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array when value.EnumerateArray().All(e => e.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) =>
            string.Join("; ", value.EnumerateArray().Select(TextOf)),
        _ => value.GetRawText(),
    };

    private void WriteLine(IEnumerable<string> values)
    {
        writer.Write(string.Join(',', values.Select(Quote)));
        writer.Write("\r\n");
    }

    private static string Quote(string value) => value.AsSpan().IndexOfAny(",\"\r\n") < 0
        ? value
        : '"' + value.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
}
