using System.Text.Json;

namespace PatchContainers.Scanning.Reports;

/// <summary>What tells one form of report from another: the names at its top, and the short texts among them.</summary>
internal sealed class ReportHead
{
    private readonly Dictionary<string, string> _members = new(StringComparer.Ordinal);

    private ReportHead(bool isList) => IsList = isList;

    /// <summary>Whether it is a list; the names are those of its first item then.</summary>
    public bool IsList { get; }

    /// <summary>Whether there is nothing in it: <c>null</c>, <c>[]</c>, <c>{}</c>.</summary>
    public bool IsEmpty => _members.Count == 0;

    /// <summary>The names.</summary>
    public IReadOnlyCollection<string> Names => _members.Keys;

    /// <summary>Reads a whole report, and keeps its top.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no JSON.</exception>
    public static ReportHead Read(JsonCursor cursor)
    {
        var head = new ReportHead(cursor.Type == JsonTokenType.StartArray);
        if (head.IsList)
        {
            foreach (var number in cursor.Items())
            {
                if (number == 0 && cursor.Type == JsonTokenType.StartObject)
                {
                    head.Add(cursor);
                }
            }
        }
        else
        {
            head.Add(cursor);
        }

        cursor.End();
        return head;
    }

    /// <summary>Whether there are members of all these names.</summary>
    public bool Has(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!_members.ContainsKey(name))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The text of a member; empty where there is none, or it is no text.</summary>
    public string Text(string name) => _members.GetValueOrDefault(name) ?? string.Empty;

    private void Add(JsonCursor cursor)
    {
        foreach (var name in cursor.Members())
        {
            _members[name] = cursor.Type == JsonTokenType.String ? cursor.ReadText() : string.Empty;
        }
    }
}
