using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace HelpBuilder;

/// <summary>Writes help in the XML that Get-Help reads (MAML).</summary>
internal static partial class Maml
{
    private static readonly XNamespace Msh = "http://msh";
    private static readonly XNamespace M = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace C = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace D = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static XName HelpItems => Msh + "helpItems";

    public static XElement Command(CmdletInfo cmdlet, HelpPage page)
    {
        var texts = page.Parameters(cmdlet);
        var all = cmdlet.Parameters.GroupBy(p => p.Name).Select(g => g.First()).OrderBy(p => p.Name, StringComparer.Ordinal).ToArray();
        var examples = page.Parts("EXAMPLES");
        return new XElement(C + "command",
            new XAttribute(XNamespace.Xmlns + "maml", M),
            new XAttribute(XNamespace.Xmlns + "command", C),
            new XAttribute(XNamespace.Xmlns + "dev", D),
            new XElement(C + "details",
                new XElement(C + "name", cmdlet.Name),
                new XElement(C + "verb", cmdlet.Verb),
                new XElement(C + "noun", cmdlet.Noun),
                Description(page.Text("SYNOPSIS"))),
            Description(page.Text("DESCRIPTION")),
            new XElement(C + "syntax", cmdlet.Sets.Select(set => new XElement(C + "syntaxItem", new XElement(M + "name", cmdlet.Name),
                cmdlet.Parameters.Where(p => p.Set == set || p.Set == ParameterInfo.AllSets)
                    .OrderBy(p => p.Position < 0 ? int.MaxValue : p.Position)
                    .ThenByDescending(p => p.IsMandatory).Select(p => Parameter(p, texts[p.Name]))))),
            new XElement(C + "parameters", all.Select(p => Parameter(p, texts[p.Name]))),
            new XElement(C + "inputTypes", Types(page.Parts("INPUTS"), "inputType")),
            new XElement(C + "returnValues", Types(page.Parts("OUTPUTS"), "returnValue")),
            page.TextOrEmpty("NOTES") is { Length: > 0 } notes
                ? new XElement(M + "alertSet", new XElement(M + "alert", Paragraphs(notes)))
                : null,
            new XElement(C + "examples", examples.Select(e => Example(e.Title, e.Text))),
            new XElement(C + "relatedLinks",
                page.TextOrEmpty("RELATED LINKS").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Link)));
    }

    private static XElement Link(string line) => new(M + "navigationLink",
        new XElement(M + "linkText", Plain(line.TrimStart('-', ' '))),
        new XElement(M + "uri"));

    private static XElement Parameter(ParameterInfo parameter, string text)
    {
        var element = new XElement(C + "parameter",
            new XAttribute("required", parameter.IsMandatory),
            new XAttribute("variableLength", true),
            new XAttribute("globbing", false),
            new XAttribute("pipelineInput", parameter.PipelineInput),
            new XAttribute("position", parameter.Position < 0 ? "named" : parameter.Position.ToString(CultureInfo.InvariantCulture)),
            new XAttribute("aliases", parameter.Aliases.Length == 0 ? "none" : string.Join(", ", parameter.Aliases)),
            new XElement(M + "name", parameter.Name),
            Description(text));
        if (!parameter.IsSwitch)
        {
            element.Add(new XElement(C + "parameterValue",
                new XAttribute("required", true), new XAttribute("variableLength", false), parameter.TypeName));
        }

        element.Add(new XElement(D + "type", new XElement(M + "name", parameter.TypeName), new XElement(M + "uri")),
            new XElement(D + "defaultValue", parameter.IsSwitch ? "False" : "None"));
        return element;
    }

    private static IEnumerable<XElement> Types(IReadOnlyList<(string Title, string Text)> parts, string name) => parts.Select(p =>
        new XElement(C + name, new XElement(D + "type", new XElement(M + "name", p.Title)), Description(p.Text)));

    // The first fenced block is the code; what follows are remarks, in which an output block keeps its lines.
    private static XElement Example(string title, string text)
    {
        var code = Fence().Match(text);
        if (!code.Success)
        {
            throw new HelpException($"The example '{title}' has no code.");
        }

        return new XElement(C + "example",
            new XElement(M + "title", $"-------- {title} --------"),
            new XElement(D + "code", code.Groups[1].Value.TrimEnd()),
            // Get-Help puts nothing between an example and the next; an empty paragraph at the end does.
            new XElement(D + "remarks", Paragraphs(text[..code.Index] + text[(code.Index + code.Length)..]), new XElement(M + "para")));
    }

    private static XElement Description(string text) => new(M + "description", Paragraphs(text));

    private static IEnumerable<XElement> Paragraphs(string text)
    {
        foreach (var (part, index) in Fence().Split(text).Select((p, i) => (p, i)))
        {
            // Split gives the fenced blocks' content at the odd places.
            var paragraphs = index % 2 == 1
                ? [part.TrimEnd()]
                : part.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Plain);
            foreach (var paragraph in paragraphs.Where(p => p.Length > 0))
            {
                yield return new XElement(M + "para", paragraph);
            }
        }
    }

    // Lines of a paragraph are joined, those of a list are kept; links become their words, and code loses its marks.
    private static string Plain(string text) => Links().Replace(Wrapped().Replace(text, " "), "$1")
        .Replace("`", string.Empty, StringComparison.Ordinal)
        .Replace("**", string.Empty, StringComparison.Ordinal);

    [GeneratedRegex(@"^```[a-z]*\n(.*?)^```\n?", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]*\)")]
    private static partial Regex Links();

    [GeneratedRegex(@"\n(?![-|*] )")]
    private static partial Regex Wrapped();
}
