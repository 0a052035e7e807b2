using System.Globalization;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Manifests;

/// <summary>
/// The kustomizations around the files of a plan: those below the folder of its rings, and those in the folders above. A manifest that one
/// of them takes in, itself or through others, is built with the images that it sets. Kustomizations elsewhere that reach in are not seen.
/// </summary>
internal sealed class KustomizationTree
{
    // The names that kustomize looks for in a folder.
    private static readonly string[] Names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

    private static readonly string[] Includes = ["resources", "bases", "components", "patchesStrategicMerge"];

    private readonly YamlLimits _limits;
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Node>> _includedBy = new(StringComparer.Ordinal);

    private sealed record Node(string Path, string Folder, IReadOnlyList<KustomizationImage> Images, string Fault);

    /// <summary>Reads the kustomizations around these changes.</summary>
    public KustomizationTree(IReadOnlyList<RolloutChange> changes, YamlLimits limits, CancellationToken cancellationToken)
    {
        _limits = limits;
        foreach (var root in Roots(changes))
        {
            ReadBelow(root, cancellationToken);
            for (var above = Path.GetDirectoryName(root); above is not null; above = Path.GetDirectoryName(above))
            {
                Read(above);
            }
        }
    }

    /// <summary>Why a change of a file would not arrive in what is built; empty where nothing is known to stand in its way.</summary>
    public string Fault(RolloutChange change)
    {
        var file = RealPath.Of(change.Path);
        if (_nodes.Values.FirstOrDefault(node => node.Fault.Length > 0 && RealPath.IsBelow(file, node.Folder)) is { } unread)
        {
            return $"'{unread.Path}' may set the image, and cannot be read: {unread.Fault.TrimEnd('.')}";
        }

        var found = Including(file).SelectMany(node => node.Images.Reverse().Where(image => image.Overrides(change))
            .Select(image => (node.Path, Image: image)).Take(1)).LastOrDefault();
        return found.Image is null ? string.Empty : string.Create(CultureInfo.InvariantCulture,
            $"the kustomization '{found.Path}' takes the file in, and its entry for '{found.Image.Name}' in line {found.Image.Line} wins over "
                + $"what the file names ({found.Image.Settings}): what is built would not run the new image. Change the entry there");
    }

    // From the inside out: what comes later is applied later, and wins.
    private List<Node> Including(string file)
    {
        var found = new List<Node>();
        var next = new Queue<string>([file]);
        while (next.TryDequeue(out var included))
        {
            foreach (var node in _includedBy.GetValueOrDefault(included, []).Where(node => !found.Contains(node)))
            {
                found.Add(node);
                next.Enqueue(node.Folder);
            }
        }

        return found;
    }

    // The folder that holds the rings. A ring that is no folder's name leaves the file's own folder.
    private static IEnumerable<string> Roots(IReadOnlyList<RolloutChange> changes)
    {
        var files = changes.DistinctBy(change => (change.Path, change.Ring))
            .Select(change => (Folder: Path.GetDirectoryName(RealPath.Of(change.Path))!, change.Ring)).Distinct().ToList();
        var shared = files.Select(file => ParentsOf(file.Ring, file.Folder).ToList())
            .Aggregate((IEnumerable<string>?)null, (all, own) => all is null ? own : [.. all.Intersect(own, StringComparer.Ordinal)]);
        return shared?.MaxBy(root => root.Length) is { } deepest ? [deepest] : files.Select(file => file.Folder).Distinct();
    }

    private static IEnumerable<string> ParentsOf(string ring, string folder)
    {
        for (string? at = folder; Path.GetDirectoryName(at) is { } parent; at = parent)
        {
            if (Path.GetFileName(at) == ring)
            {
                yield return parent;
            }
        }
    }

    private void ReadBelow(string root, CancellationToken cancellationToken)
    {
        var folders = new Stack<string>([root]);
        while (folders.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Read(folder);
            try
            {
                foreach (var inner in new DirectoryInfo(folder).EnumerateDirectories().Where(d => d.Name[0] != '.' && d.LinkTarget is null))
                {
                    folders.Push(inner.FullName);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _nodes.TryAdd(folder, new Node(folder, folder, [], e.Message));
            }
        }
    }

    private void Read(string folder)
    {
        if (_nodes.ContainsKey(folder) || Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is not { } path)
        {
            return;
        }

        try
        {
            var documents = YamlReader.Read(SourceText.Decode(path, FileBytes.Read(path, _limits.MaxBytes)), _limits, CancellationToken.None);
            var roots = documents.Select(document => document.Root).OfType<YamlMapping>().ToList();
            var node = _nodes[folder] = new Node(path, folder, [.. roots.SelectMany(Kustomization.ImagesOf)], string.Empty);
            foreach (var included in roots.SelectMany(IncludedBy).Where(included => !included.Contains("://", StringComparison.Ordinal)))
            {
                Include(node, RealPath.Of(Path.TrimEndingDirectorySeparator(Path.GetFullPath(included, folder))));
            }
        }
        catch (Exception e) when (e is PatchException or IOException or ArgumentException)
        {
            _nodes[folder] = new Node(path, folder, [], e.Message);
        }
    }

    private void Include(Node node, string included)
    {
        if (!_includedBy.TryGetValue(included, out var by))
        {
            _includedBy.Add(included, by = []);
        }

        by.Add(node);
    }

    private static IEnumerable<string> IncludedBy(YamlMapping root)
    {
        foreach (var item in Includes.SelectMany(list => (root[list] as YamlSequence)?.Items ?? []))
        {
            // A patch may stand in the list itself.
            if (item.Resolved is YamlScalar { IsNull: false } scalar && !scalar.Value.Contains('\n', StringComparison.Ordinal))
            {
                yield return scalar.Value;
            }
        }

        foreach (var item in (root["patches"] as YamlSequence)?.Items ?? [])
        {
            if ((item.Resolved as YamlMapping)?.Text("path") is { } path)
            {
                yield return path;
            }
        }
    }
}
