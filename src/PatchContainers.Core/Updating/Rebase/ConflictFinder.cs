using PatchContainers.Images;
using PatchContainers.Layers;

namespace PatchContainers.Updating.Rebase;

/// <summary>A layer of the application, with what names it to a person.</summary>
/// <param name="Digest">The layer's digest, as the manifest lists it.</param>
/// <param name="HistoryLine">The command that made it; empty where the history does not tell.</param>
/// <param name="Content">Its entries.</param>
internal sealed record ApplicationLayer(Digest Digest, string HistoryLine, LayerContent Content);

/// <summary>What stands against the new base under the application's layers, and what is worth knowing.</summary>
internal sealed record Conflicts(IReadOnlyList<UpdateRejection> Rejections, IReadOnlyList<string> Reports);

/// <summary>
/// The three-way rule over files: a path that an application layer writes or removes conflicts if old and new base differ there, unless
/// what the layer writes is what the new base has. A path equal in both bases never conflicts.
/// </summary>
internal sealed class ConflictFinder
{
    // An apt-get upgrade in the application touches thousands of paths: a person needs the first of each layer.
    private const int MaxPathsPerLayer = 25;

    private readonly SquashedView _new;
    private readonly BaseDifference _difference;
    private readonly string _platform;
    private readonly string _advice;
    private readonly List<UpdateRejection> _rejections = [];
    private readonly List<string> _reports = [];
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly HashSet<string> _parents = new(StringComparer.Ordinal);

    private ConflictFinder(SquashedView oldBase, SquashedView newBase, string platform, string advice)
    {
        _new = newBase;
        _difference = new BaseDifference(oldBase, newBase);
        _platform = platform;
        _advice = advice;
    }

    /// <summary>Looks for conflicts.</summary>
    /// <param name="oldBase">The base that the image was built on.</param>
    /// <param name="newBase">The base that it moves to.</param>
    /// <param name="layers">The application's layers, bottom first.</param>
    /// <param name="platform">The platform, for the rejections.</param>
    /// <param name="advice">What would work instead, a sentence.</param>
    public static Conflicts Find(SquashedView oldBase, SquashedView newBase, IReadOnlyList<ApplicationLayer> layers, string platform,
        string advice)
    {
        var finder = new ConflictFinder(oldBase, newBase, platform, advice);
        foreach (var layer in layers)
        {
            finder.Look(layer);
        }

        return new Conflicts(finder._rejections, finder._reports);
    }

    private void Look(ApplicationLayer layer)
    {
        // Databases first: they explain most of what follows. One path of each is enough: some managers keep a file a package.
        var managers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in layer.Content.Entries)
        {
            Database(layer, entry, managers);
        }

        var budget = new Budget();
        var links = new List<LayerEntry>();
        foreach (var entry in layer.Content.Entries)
        {
            // The mark of an opaque directory lies in it.
            Parents(layer, entry.Kind == LayerEntryKind.OpaqueWhiteout ? $"{entry.Path}/{LayerPath.OpaqueMarker}" : entry.Path);
            switch (entry.Kind)
            {
                case LayerEntryKind.OpaqueWhiteout:
                    Tree(layer, entry.Path, "removes", budget);
                    break;
                case LayerEntryKind.Whiteout:
                    Removed(layer, entry.Path, budget);
                    break;
                case LayerEntryKind.Directory:
                    _written.Add(entry.Path);
                    Directory(layer, entry, budget);
                    break;
                default:
                    _written.Add(entry.Path);
                    Written(layer, entry, budget);
                    if (entry.Kind == LayerEntryKind.HardLink)
                    {
                        links.Add(entry);
                    }

                    break;
            }
        }

        foreach (var link in links.Where(l => !_written.Contains(l.LinkTarget) && _difference.At(l.LinkTarget)))
        {
            Tell(layer, link.LinkTarget, $"links {link.Path} to", budget);
        }

        budget.Close(_rejections, n => Reject(layer, string.Empty, $"{n} further paths of this layer conflict in the same way. {_advice}"),
            _reports);
    }

    private void Database(ApplicationLayer layer, LayerEntry entry, HashSet<string> managers)
    {
        if (entry.Kind is LayerEntryKind.Directory)
        {
            return;
        }

        if (entry.Kind is not (LayerEntryKind.Whiteout or LayerEntryKind.OpaqueWhiteout)
            && PackageDatabasePaths.Owner(entry.Path) is { } owner)
        {
            if (_told.Add(entry.Path) && managers.Add(owner))
            {
                _rejections.Add(Reject(layer, entry.Path, $"The layer writes {owner}'s package database ({entry.Path}). On the new base "
                    + $"it would hide that base's packages, and every scanner would read the old versions. {_advice}"));
            }

            return;
        }

        // Removing it, or a directory above it, hides it as well.
        var hidden = PackageDatabasePaths.AtOrBelow(entry.Path).Concat(
            PackageDatabasePaths.Owner(entry.Path) is { } part ? [(entry.Path, part)] : []);
        foreach (var (path, manager) in hidden.Where(h => _new.Find(h.Path) is not null && _told.Add(h.Path) && managers.Add(h.Manager)))
        {
            _rejections.Add(Reject(layer, path, $"The layer removes {manager}'s package database ({path}). On the new base it would "
                + $"hide that base's packages from every scanner. {_advice}"));
        }
    }

    private void Parents(ApplicationLayer layer, string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            var parent = path[..slash];
            if (!_parents.Add(parent) || _new.Find(parent) is not { } found || found.Entry.Kind == LayerEntryKind.Directory)
            {
                continue;
            }

            if (found.Entry.Kind == LayerEntryKind.SymbolicLink)
            {
                OverLink(layer, found.Entry, $"The layer puts {path} below {parent}");
            }
            else if (_difference.At(parent) && _told.Add(parent))
            {
                _rejections.Add(Reject(layer, parent, $"The layer puts {path} below {parent}, but "
                    + $"{_difference.Describe(parent)}. {_advice}"));
            }
        }
    }

    private void OverLink(ApplicationLayer layer, LayerEntry link, string what)
    {
        if (_told.Add(link.Path))
        {
            _rejections.Add(Reject(layer, link.Path, $"{what}, which is a symbolic link to '{link.LinkTarget}' in the new base: a "
                + $"directory of the layer would take the link's place and hide what it leads to. {_advice}"));
        }
    }

    private void Directory(ApplicationLayer layer, LayerEntry entry, Budget budget)
    {
        if (_new.Find(entry.Path) is { Entry.Kind: LayerEntryKind.SymbolicLink } link)
        {
            OverLink(layer, link.Entry, $"The layer has the directory {entry.Path}");
        }
        else if (_difference.At(entry.Path) && !IsWhatTheNewBaseHas(entry))
        {
            Tell(layer, entry.Path, "writes", budget);
        }
    }

    private void Written(ApplicationLayer layer, LayerEntry entry, Budget budget)
    {
        if (_difference.At(entry.Path) && !IsWhatTheNewBaseHas(entry))
        {
            Tell(layer, entry.Path, "writes", budget);
        }

        // In the place of a directory, a file removes all that was in it.
        Tree(layer, entry.Path, "removes", budget);
    }

    private void Removed(ApplicationLayer layer, string path, Budget budget)
    {
        // What the new base removed as well stays removed: nothing is lost.
        if (_difference.At(path) && _new.Find(path) is not null)
        {
            Tell(layer, path, "removes", budget);
        }

        Tree(layer, path, "removes", budget);
    }

    private void Tree(ApplicationLayer layer, string directory, string verb, Budget budget)
    {
        foreach (var path in _difference.Below(directory))
        {
            if (_new.Find(path) is not null)
            {
                Tell(layer, path, verb, budget);
            }
        }
    }

    private bool IsWhatTheNewBaseHas(LayerEntry entry) => _new.Find(entry.Path) is { } found && BaseDifference.Same(entry, found.Entry);

    private void Tell(ApplicationLayer layer, string path, string verb, Budget budget)
    {
        if (!_told.Add(path))
        {
            return;
        }

        var what = $"The layer {verb} {path}, and {_difference.Describe(path)}";
        if (TolerantPaths.Contains(path))
        {
            if (budget.TakeReport())
            {
                _reports.Add($"{_platform}: {what}. It is a cache, a log or a backup: the application's stays.");
            }
        }
        else if (budget.TakeRejection())
        {
            _rejections.Add(Reject(layer, path, $"{what}. {_advice}"));
        }
    }

    private UpdateRejection Reject(ApplicationLayer layer, string path, string reason) => new()
    {
        Strategy = UpdateStrategy.Rebase,
        Platform = _platform,
        Path = path,
        Layer = layer.Digest.ToString(),
        HistoryLine = layer.HistoryLine,
        Reason = reason,
    };

    private sealed class Budget
    {
        private int _rejections;
        private int _reports;

        public bool TakeRejection() => ++_rejections <= MaxPathsPerLayer;

        public bool TakeReport() => ++_reports <= MaxPathsPerLayer;

        public void Close(List<UpdateRejection> rejections, Func<int, UpdateRejection> more, List<string> reports)
        {
            if (_rejections > MaxPathsPerLayer)
            {
                rejections.Add(more(_rejections - MaxPathsPerLayer));
            }

            if (_reports > MaxPathsPerLayer)
            {
                reports.Add($"{_reports - MaxPathsPerLayer} further caches, logs and backups of this layer differ in the same way.");
            }
        }
    }
}
