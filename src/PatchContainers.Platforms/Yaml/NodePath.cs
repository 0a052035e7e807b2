using System.Globalization;
using System.Text;

namespace PatchContainers.Platforms.Yaml;

/// <summary>A way from a document's root to a node: <c>0:spec.containers[1].image</c>, the document's number first.</summary>
internal sealed class NodePath
{
    private readonly NodePath? _parent;
    private readonly string _segment;

    private NodePath(NodePath? parent, string segment)
    {
        _parent = parent;
        _segment = segment;
    }

    public static NodePath Root(YamlDocument document) => new(null, string.Create(CultureInfo.InvariantCulture, $"{document.Index}:"));

    public NodePath Key(string key) => new(this, _parent is null ? key : "." + key);

    public NodePath Item(int index) => new(this, string.Create(CultureInfo.InvariantCulture, $"[{index}]"));

    public override string ToString()
    {
        var segments = new List<string>();
        for (var path = this; path is not null; path = path._parent)
        {
            segments.Add(path._segment);
        }

        segments.Reverse();
        return new StringBuilder().AppendJoin(string.Empty, segments).ToString();
    }
}
