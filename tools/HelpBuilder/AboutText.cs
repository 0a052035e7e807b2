using System.Text;
using System.Text.RegularExpressions;

namespace HelpBuilder;

/// <summary>
/// Turns an about page into the plain text that Get-Help shows: headings at the margin, the rest indented and within 80 columns, tables
/// in columns.
/// </summary>
internal static partial class AboutText
{
    private const int Width = 80;
    private const string Indent = "    ";

    public static string From(string file)
    {
        var text = new StringBuilder("TOPIC\n").Append(Indent).Append(Path.GetFileNameWithoutExtension(file)).Append('\n');
        var table = new List<string[]>();
        var paragraph = new List<string>();
        var fenced = false;
        foreach (var line in File.ReadLines(file))
        {
            if (!fenced && line.StartsWith('|'))
            {
                AppendParagraph(text, paragraph);
                table.Add(CellsOf(line));
                continue;
            }

            AppendTable(text, table);
            if (!fenced && line.Length > 0 && line[0] is not ('#' or '-') && !line.StartsWith("```", StringComparison.Ordinal))
            {
                paragraph.Add(line);
                continue;
            }

            AppendParagraph(text, paragraph);
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
            }
            else if (fenced)
            {
                text.Append(Indent).Append(Indent).Append(line).Append('\n');
            }
            else if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                // The title is the topic's name, which stands above.
            }
            else if (line.StartsWith('#'))
            {
                text.Append('\n').Append(line.TrimStart('#', ' ').ToUpperInvariant()).Append('\n');
            }
            else if (line.Length == 0)
            {
                text.Append('\n');
            }
            else
            {
                paragraph.Add(line);
            }
        }

        AppendTable(text, table);
        AppendParagraph(text, paragraph);
        return Blank().Replace(text.ToString(), "\n\n");
    }

    private static void AppendParagraph(StringBuilder text, List<string> lines)
    {
        if (lines.Count > 0)
        {
            AppendWrapped(text, Indent, Indent, Plain(string.Join(' ', lines)));
            lines.Clear();
        }
    }

    private static string[] CellsOf(string row) => row.Trim().Trim('|').Split('|').Select(cell => Plain(cell.Trim())).ToArray();

    // The last column takes what is left of the line; a table whose other columns are wide has it on a line of its own.
    private static void AppendTable(StringBuilder text, List<string[]> table)
    {
        var rows = table.Where(r => r.Any(cell => cell.Trim('-', ':').Length > 0)).ToArray();
        table.Clear();
        if (rows.Length == 0)
        {
            return;
        }

        var last = rows.Max(r => r.Length) - 1;
        var widths = Enumerable.Range(0, last).Select(column => rows.Max(r => r[column].Length)).ToArray();
        var left = Indent.Length + widths.Sum(w => w + 2);
        foreach (var row in rows)
        {
            var start = Indent + string.Concat(widths.Select((width, column) => row[column].PadRight(width + 2)));
            if (left <= Width / 2)
            {
                AppendWrapped(text, start, new string(' ', left), row[last]);
            }
            else
            {
                text.Append(start.TrimEnd()).Append('\n');
                AppendWrapped(text, Indent + Indent, Indent + Indent, row[last]);
            }
        }
    }

    private static void AppendWrapped(StringBuilder text, string first, string next, string words)
    {
        var line = first;
        var empty = true;
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!empty && line.Length + 1 + word.Length > Width)
            {
                text.Append(line).Append('\n');
                (line, empty) = (next, true);
            }

            line += empty ? word : " " + word;
            empty = false;
        }

        text.Append(line.TrimEnd()).Append('\n');
    }

    private static string Plain(string markdown) =>
        Link().Replace(markdown, "$1").Replace("`", string.Empty, StringComparison.Ordinal);

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex Blank();
}
