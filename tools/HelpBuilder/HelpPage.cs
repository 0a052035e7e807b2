namespace HelpBuilder;

/// <summary>One cmdlet's page: sections under '##', with parts under '###'.</summary>
internal sealed class HelpPage
{
    private readonly string _file;
    private readonly Dictionary<string, List<(string Title, string Text)>> _sections = new(StringComparer.Ordinal);

    private HelpPage(string file) => _file = file;

    public static HelpPage Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new HelpException($"{file}: the page is missing.");
        }

        var page = new HelpPage(file);
        List<(string Title, string Text)>? parts = null;
        var fenced = false;
        foreach (var line in File.ReadLines(file))
        {
            fenced ^= line.StartsWith("```", StringComparison.Ordinal);
            if (!fenced && line.StartsWith("## ", StringComparison.Ordinal))
            {
                parts = [(string.Empty, string.Empty)];
                page._sections.Add(line[3..].Trim(), parts);
            }
            else if (!fenced && line.StartsWith("### ", StringComparison.Ordinal) && parts is not null)
            {
                parts.Add((line[4..].Trim(), string.Empty));
            }
            else if (parts is not null)
            {
                parts[^1] = (parts[^1].Title, parts[^1].Text + line + "\n");
            }
        }

        return page;
    }

    /// <summary>A section's text before its first part; it must be there.</summary>
    public string Text(string section) => Find(section)[0].Text.Trim() is { Length: > 0 } text
        ? text
        : throw new HelpException($"{_file}: '## {section}' is empty.");

    /// <summary>A section's text before its first part; empty where there is none.</summary>
    public string TextOrEmpty(string section) => _sections.TryGetValue(section, out var parts) ? parts[0].Text.Trim() : string.Empty;

    /// <summary>A section's parts.</summary>
    public IReadOnlyList<(string Title, string Text)> Parts(string section) => Find(section).Skip(1).ToArray();

    /// <summary>The texts of the parameters, which must be those of the cmdlet.</summary>
    public IReadOnlyDictionary<string, string> Parameters(CmdletInfo cmdlet)
    {
        var texts = Parts("PARAMETERS").ToDictionary(p => p.Title.TrimStart('-'), p => p.Text.Trim());
        var names = cmdlet.Parameters.Select(p => p.Name).Distinct().ToArray();
        var faults = names.Where(n => !texts.TryGetValue(n, out var text) || text.Length == 0).Select(n => $"-{n} has no text")
            .Concat(texts.Keys.Except(names).Select(n => $"-{n} is no parameter")).ToArray();
        return faults.Length == 0 ? texts : throw new HelpException($"{_file}: {string.Join(", ", faults)}.");
    }

    private List<(string Title, string Text)> Find(string section) =>
        _sections.TryGetValue(section, out var parts) ? parts : throw new HelpException($"{_file}: '## {section}' is missing.");
}
