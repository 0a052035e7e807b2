using System.Text;
using System.Text.RegularExpressions;

namespace HelpBuilder;

/// <summary>Turns an about page into the plain text that Get-Help shows: headings at the margin, the rest indented.</summary>
internal static partial class AboutText
{
    public static string From(string file)
    {
        var text = new StringBuilder("TOPIC\n    ").Append(Path.GetFileNameWithoutExtension(file)).Append('\n');
        var fenced = false;
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
            }
            else if (fenced)
            {
                text.Append("        ").Append(line).Append('\n');
            }
            else if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                // The title is the topic's name, which stands above.
            }
            else if (line.StartsWith('#'))
            {
                text.Append('\n').Append(line.TrimStart('#', ' ').ToUpperInvariant()).Append('\n');
            }
            else
            {
                var plain = Link().Replace(line, "$1").Replace("`", string.Empty, StringComparison.Ordinal);
                text.Append(line.Length == 0 ? "\n" : $"    {plain}\n");
            }
        }

        return Blank().Replace(text.ToString(), "\n\n");
    }

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]*\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex Blank();
}
