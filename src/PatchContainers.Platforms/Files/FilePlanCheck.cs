using System.Globalization;
using PatchContainers.Images;
using PatchContainers.Platforms.Manifests;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Files;

/// <summary>
/// Looks at all changes of files together, before any is made. One scalar may be many containers' image (an anchor, a merge key,
/// <c>extends</c>, a file under two names): it may only be edited if that is what the plan wants for every one of them, in one ring.
/// </summary>
internal sealed class FilePlanCheck
{
    private readonly IReadOnlyList<RolloutChange> _changes;
    private readonly YamlLimits _limits;
    private readonly string?[] _faults;
    private readonly ImageBinding?[] _bindings;
    private readonly Dictionary<YamlDocument, IReadOnlyDictionary<YamlScalar, IReadOnlyList<ScalarUse>>> _uses = [];

    public FilePlanCheck(IReadOnlyList<RolloutChange> changes, YamlLimits limits)
    {
        _changes = changes;
        _limits = limits;
        _faults = new string?[changes.Count];
        _bindings = new ImageBinding?[changes.Count];
    }

    /// <summary>The changes, in their order, each Planned or Refused.</summary>
    public IReadOnlyList<RolloutChange> Run(CancellationToken cancellationToken)
    {
        RefuseContradictions();
        foreach (var group in Enumerable.Range(0, _changes.Count).GroupBy(RealPathOf).Where(group => group.Key.Length > 0))
        {
            cancellationToken.ThrowIfCancellationRequested();
            CheckFile([.. group], cancellationToken);
        }

        CheckKustomizations(cancellationToken);
        return [.. _changes.Select((change, i) => _faults[i] is { } fault
            ? change with { Status = ChangeStatus.Refused, Detail = fault.EndsWith('.') ? fault : fault + "." }
            : change with { Status = ChangeStatus.Planned })];
    }

    private void RefuseContradictions()
    {
        foreach (var same in Enumerable.Range(0, _changes.Count).GroupBy(i => _changes[i].Workload, StringComparer.Ordinal))
        {
            if (same.Select(i => _changes[i].NewImage).Distinct(StringComparer.Ordinal).Count() > 1)
            {
                RefuseAll(same, $"the plan has several new images for '{same.Key}'");
            }
        }
    }

    // Last: what is refused already needs no look around.
    private void CheckKustomizations(CancellationToken cancellationToken)
    {
        int[] manifests = [.. Enumerable.Range(0, _changes.Count)
            .Where(i => _faults[i] is null && _changes[i].Platform == FilePlatforms.Manifest)];
        var tree = new KustomizationTree([.. manifests.Select(i => _changes[i])], _limits, cancellationToken);
        foreach (var i in manifests)
        {
            if (tree.Fault(_changes[i]) is { Length: > 0 } fault)
            {
                Refuse(i, $"'{_changes[i].Path}': {fault}");
            }
        }
    }

    private string RealPathOf(int i)
    {
        var path = _changes[i].Path;
        try
        {
            if (path.Length > 0)
            {
                return RealPath.Of(path);
            }

            Refuse(i, $"'{_changes[i].Workload}' names no file");
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            Refuse(i, e.Message);
        }

        return string.Empty;
    }

    private void CheckFile(int[] group, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, WorkloadFile>(StringComparer.Ordinal);
        foreach (var named in group.GroupBy(i => _changes[i].Path, StringComparer.Ordinal))
        {
            try
            {
                files[named.Key] = WorkloadFile.Load(named.Key, _limits, cancellationToken);
            }
            catch (PatchException e)
            {
                RefuseAll(group, e.Message);
                return;
            }
        }

        if (FileReplacement.Fault(_changes[group[0]].Path) is { Length: > 0 } fault)
        {
            RefuseAll(group, fault);
            return;
        }

        foreach (var i in group)
        {
            CheckChange(i, files[_changes[i].Path]);
        }

        // The same scalar has the same place, under whichever name its file was read.
        foreach (var sharing in group.Where(i => _bindings[i]?.Origin is not null).GroupBy(i => _bindings[i]!.Origin!.Start))
        {
            CheckSharing([.. sharing], files.Values);
        }

        foreach (var file in files.Values)
        {
            CheckEdits([.. group.Where(i => _changes[i].Path == file.Source.Path)], file);
        }

        // A plan may name thousands of files; none is kept in memory once it is judged.
        Array.Clear(_bindings);
        _uses.Clear();
    }

    private void CheckChange(int i, WorkloadFile file)
    {
        var change = _changes[i];
        var binding = _bindings[i] = file.Find(change.Workload);
        if (binding is null)
        {
            Refuse(i, $"'{change.Path}' does not hold the container '{change.Workload}'");
        }
        else if (binding.Fault.Length > 0 || binding.EditFault.Length > 0)
        {
            Refuse(i, string.Create(CultureInfo.InvariantCulture,
                $"'{change.Path}' line {binding.Line}: {(binding.Fault.Length > 0 ? binding.Fault : binding.EditFault)}"));
        }
        else if (binding.Workload.Image != change.OldImage && binding.Workload.Image != change.NewImage)
        {
            Refuse(i, $"'{change.Path}' holds '{binding.Workload.Image}', and not '{change.OldImage}', which the plan expects");
        }
        else if (!ImageReference.TryParse(change.NewImage, out var image, out _) || image.Transport != ImageTransport.Registry
            || image.Digest.IsEmpty || image.ToString() != change.NewImage)
        {
            Refuse(i, $"'{change.NewImage}' is not of the form name:tag@sha256:..., which a file gets");
        }
    }

    private void CheckSharing(int[] sharing, IEnumerable<WorkloadFile> files)
    {
        var origin = _bindings[sharing[0]]!.Origin!;
        var changes = sharing.Select(i => _changes[i]).ToArray();
        var users = $"one image scalar, in line {origin.Line}, is the image of {Names(changes.Select(change => change.Workload))}";
        if (changes.DistinctBy(change => (change.OldImage, change.NewImage)).Count() > 1)
        {
            RefuseAll(sharing, $"{users}, and the plan wants several things of it");
        }

        if (changes.DistinctBy(change => change.Ring).Count() > 1)
        {
            var rings = Names(changes.Select(change => change.Ring));
            RefuseAll(sharing, $"{users}, in the rings {rings}: an edit for the first ring would reach them all");
        }

        var planned = changes.Select(change => change.Workload).ToHashSet(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var others = Others(file, origin.Start, planned);
            if (others.Count > 0)
            {
                RefuseAll(sharing, $"the image in line {origin.Line} is shared (by an anchor or 'extends') with {Names(others)}, which the "
                    + "plan does not change. Plan them together, or write the image out for each");
            }
        }
    }

    // Whatever else changes with the scalar. Not counted: extension fields (x-...), which mean nothing by themselves (Compose
    // specification, "Extensions").
    private List<string> Others(WorkloadFile file, int start, HashSet<string> planned)
    {
        var others = new List<string>();
        var users = file.Bindings.Where(binding => binding.Origin?.Start == start).ToArray();
        others.AddRange(users.Select(user => user.Workload.Id).Where(id => !planned.Contains(id)).Select(id => $"'{id}'"));
        if (users.Length == 0 || !users[0].Document.HasAliases)
        {
            return others;
        }

        var (document, origin) = (users[0].Document, users[0].Origin!);
        var extensions = NodePath.Root(document).Key("x-").ToString();
        var known = users.Select(user => user.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var use in UsesOf(document, file)[origin])
        {
            if (!known.Contains(use.Path) && !use.Path.StartsWith(extensions, StringComparison.Ordinal))
            {
                others.Add(string.Create(CultureInfo.InvariantCulture, $"the value in line {use.Line}, which is no container's image"));
            }
        }

        return others;
    }

    // One walk for all images of a document: there may be as many of them as of places.
    private IReadOnlyDictionary<YamlScalar, IReadOnlyList<ScalarUse>> UsesOf(YamlDocument document, WorkloadFile file)
    {
        if (!_uses.TryGetValue(document, out var uses))
        {
            _uses.Add(document, uses = ExpandedWalk.Uses(document, file.Bindings.Select(binding => binding.Origin).OfType<YamlScalar>()));
        }

        return uses;
    }

    private void CheckEdits(int[] changes, WorkloadFile file)
    {
        var edits = changes.Where(i => _faults[i] is null && _bindings[i]!.Workload.Image != _changes[i].NewImage).ToArray();
        if (edits.Length == 0 || Edit(file, edits).Length == 0)
        {
            return;
        }

        foreach (var sharing in edits.GroupBy(i => _bindings[i]!.Origin!))
        {
            if (Edit(file, [.. sharing]) is { Length: > 0 } fault)
            {
                RefuseAll(sharing, $"'{file.Source.Path}': {fault}");
            }
        }
    }

    private string Edit(WorkloadFile file, int[] edits)
    {
        _ = ImageScalarEditor.Edit(file, edits.Select(i => (_bindings[i]!, _changes[i].NewImage)), _limits, out var fault);
        return fault;
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Distinct(StringComparer.Ordinal));

    private void RefuseAll(IEnumerable<int> changes, string fault)
    {
        foreach (var i in changes)
        {
            Refuse(i, fault);
        }
    }

    // The first reason found is the one to act on.
    private void Refuse(int i, string fault) => _faults[i] ??= fault;
}
