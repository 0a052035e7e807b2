using YamlDotNet.Core;

namespace PatchContainers.Platforms.Yaml;

/// <summary>
/// One node of a YAML document, with its place in the text. Aliases stay aliases, so a tree is never larger than its file;
/// <see cref="ExpandedSize"/> and <see cref="ExpandedDepth"/> say what it would be with every alias followed, and are within the limits.
/// </summary>
internal abstract class YamlNode
{
    protected YamlNode(int start, int end, int line, string? anchor, string? tag)
    {
        Start = start;
        End = end;
        Line = line;
        Anchor = anchor;
        Tag = tag;
    }

    /// <summary>Index of the first character of the node, its anchor and tag included.</summary>
    public int Start { get; }

    /// <summary>Index after the last character of a scalar or alias; of a collection, after its opening event.</summary>
    public int End { get; }

    /// <summary>1, 2, 3, ...</summary>
    public int Line { get; }

    public string? Anchor { get; }

    public string? Tag { get; }

    public long ExpandedSize { get; set; } = 1;

    public int ExpandedDepth { get; set; }

    /// <summary>The node itself, or what an alias stands for.</summary>
    public virtual YamlNode Resolved => this;
}

internal sealed class YamlScalar(int start, int end, int line, string? anchor, string? tag, string value, ScalarStyle style)
    : YamlNode(start, end, line, anchor, tag)
{
    public string Value { get; } = value;

    public ScalarStyle Style { get; } = style;

    /// <summary>YAML's null: nothing at all, <c>~</c> or <c>null</c>, unquoted (YAML 1.2.2 section 10.2.1.1).</summary>
    public bool IsNull => Style is ScalarStyle.Plain && Value is "" or "~" or "null" or "Null" or "NULL";
}

internal sealed class YamlAlias(int start, int end, int line, YamlNode target) : YamlNode(start, end, line, null, null)
{
    public YamlNode Target { get; } = target;

    public override YamlNode Resolved => Target;
}

internal sealed class YamlSequence(int start, int end, int line, string? anchor, string? tag) : YamlNode(start, end, line, anchor, tag)
{
    public List<YamlNode> Items { get; } = [];
}

/// <summary>One document of a file.</summary>
internal sealed record YamlDocument(int Index, YamlNode Root, bool HasAliases);
