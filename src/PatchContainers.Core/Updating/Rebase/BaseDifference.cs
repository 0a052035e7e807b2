using PatchContainers.Layers;

namespace PatchContainers.Updating.Rebase;

/// <summary>Where two bases differ: content, type, mode, owner, link target or presence. Times do not count.</summary>
internal sealed class BaseDifference
{
    private readonly SquashedView _old;
    private readonly SquashedView _new;
    private readonly string[] _paths;

    public BaseDifference(SquashedView oldBase, SquashedView newBase)
    {
        _old = oldBase;
        _new = newBase;
        _paths = Compare().ToArray();
        Array.Sort(_paths, StringComparer.Ordinal);
    }

    /// <summary>Whether the bases differ at this very path.</summary>
    public bool At(string path) => Array.BinarySearch(_paths, path, StringComparer.Ordinal) >= 0;

    /// <summary>The paths below a directory at which the bases differ.</summary>
    public IEnumerable<string> Below(string directory)
    {
        var prefix = directory.Length == 0 ? string.Empty : directory + "/";
        var start = Array.BinarySearch(_paths, prefix, StringComparer.Ordinal);
        for (var i = start < 0 ? ~start : start; i < _paths.Length && _paths[i].StartsWith(prefix, StringComparison.Ordinal); i++)
        {
            if (_paths[i].Length > 0)
            {
                yield return _paths[i];
            }
        }
    }

    /// <summary>How a path differs, in words.</summary>
    public string Describe(string path) => (_old.Find(path)?.Entry, _new.Find(path)?.Entry) switch
    {
        (null, { }) => "the new base adds it",
        ({ }, null) => "the new base no longer has it",
        ({ } o, { } n) when o.Kind != n.Kind => $"it was {Word(o.Kind)} and the new base has {Word(n.Kind)}",
        ({ } o, { } n) when o.LinkTarget != n.LinkTarget => $"its link target was '{o.LinkTarget}' and is '{n.LinkTarget}' in the new base",
        ({ } o, { } n) when o.ContentDigest != n.ContentDigest || o.Size != n.Size => "its content is another one in the new base",
        ({ } o, { } n) when o.Mode != n.Mode => $"its mode was {Octal(o.Mode)} and is {Octal(n.Mode)} in the new base",
        ({ } o, { } n) => $"its owner was {o.Uid}:{o.Gid} and is {n.Uid}:{n.Gid} in the new base",
        _ => "it differs",
    };

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');

    private static string Word(LayerEntryKind kind) => kind switch
    {
        LayerEntryKind.File or LayerEntryKind.HardLink => "a file",
        LayerEntryKind.Directory => "a directory",
        LayerEntryKind.SymbolicLink => "a symbolic link",
        LayerEntryKind.Fifo => "a named pipe",
        _ => "a device",
    };

    /// <summary>Whether two entries are the same to whoever looks at the path.</summary>
    public static bool Same(LayerEntry left, LayerEntry right) => left with { Path = string.Empty } == right with { Path = string.Empty };

    private IEnumerable<string> Compare()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (entry, _) in All(_new))
        {
            seen.Add(entry.Path);
            if (!IsIn(_old, entry))
            {
                yield return entry.Path;
            }
        }

        foreach (var (entry, _) in All(_old))
        {
            if (!seen.Contains(entry.Path) && !IsIn(_new, entry))
            {
                yield return entry.Path;
            }
        }
    }

    // The root is an entry like any other, where a layer lists it.
    private static IEnumerable<SquashedEntry> All(SquashedView view) =>
        view.Find(string.Empty) is { } root ? view.EnumerateBelow(string.Empty).Prepend(root) : view.EnumerateBelow(string.Empty);

    // The view gives a directory that no layer lists, but that has something in it, as engines make it: that is no difference.
    private static bool IsIn(SquashedView view, LayerEntry wanted) => view.Find(wanted.Path) is { } found && Same(wanted, found.Entry);
}
