using System.Text;

namespace PatchContainers.Cli.Output;

/// <summary>Columns as wide as their widest cell, two spaces between; notes below a record's row, indented.</summary>
internal sealed class TableOutput(TextWriter writer, bool useColor, bool details) : RecordOutput
{
    private readonly List<object> _records = [];

    /// <inheritdoc/>
    public override void Write(object record) => _records.Add(record);

    /// <inheritdoc/>
    public override void Complete()
    {
        foreach (var group in _records.GroupBy(r => r.GetType()))
        {
            WriteTable(TableViews.For(group.Key), [.. group]);
        }

        _records.Clear();
        writer.Flush();
    }

    private void WriteTable(TableView view, object[] records)
    {
        view = view with { Columns = [.. view.Columns.Where(c => c.IsCalledFor is null || records.Any(c.IsCalledFor))] };
        var rows = records.Select(r => view.Columns.Select(c => c.Value(r)).Select(c => c with { Text = Shown(c.Text) }).ToArray())
            .ToArray();
        var widths = view.Columns.Select((column, i) => rows.Max(row => row[i].Text.Length) is var widest && widest > column.Heading.Length
            ? widest
            : column.Heading.Length).ToArray();
        WriteRow(view, widths, [.. view.Columns.Select(c => (Cell)c.Heading)]);
        for (var i = 0; i < rows.Length; i++)
        {
            WriteRow(view, widths, rows[i]);
            foreach (var note in view.Notes(records[i], details))
            {
                writer.Write("  ");
                writer.Write(Shown(note));
                writer.Write('\n');
            }
        }
    }

    private void WriteRow(TableView view, int[] widths, Cell[] cells)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            var padding = new string(' ', widths[i] - cells[i].Text.Length);
            var text = Paint(cells[i]);
            line.Append(i > 0 ? "  " : string.Empty).Append(view.Columns[i].AlignRight ? padding + text : text + padding);
        }

        writer.Write(line.ToString().TrimEnd(' '));
        writer.Write('\n');
    }

    private string Shown(string text) => TerminalText.Clean(details ? text : TerminalText.ShortenDigests(text));

    private string Paint(Cell cell)
    {
        var color = cell.Tone switch { CellTone.Good => "32", CellTone.Doubtful => "33", CellTone.Bad => "31", _ => null };
        return useColor && color is not null ? $"\e[{color}m{cell.Text}\e[0m" : cell.Text;
    }
}
