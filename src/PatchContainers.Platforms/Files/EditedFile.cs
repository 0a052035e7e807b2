using PatchContainers.Platforms.Yaml;

namespace PatchContainers.Platforms.Files;

/// <summary>
/// A file between the changes of a rollout: read once, and known by what was written to it since. An edit keeps to the characters of its
/// scalar, so edits that are right together are right one by one: those that are announced are checked together, by reading the file
/// that they make all at once, and then made without reading it again.
/// </summary>
internal sealed class EditedFile(WorkloadFile read, YamlLimits limits)
{
    private readonly Dictionary<YamlScalar, (ImageBinding Binding, string Image)> _edits = [];
    private readonly HashSet<(YamlScalar Origin, string Image)> _proven = [];
    private ReadOnlyMemory<byte> _held = read.Source.Bytes;
    private bool _isRightTogether = true;

    /// <summary>Whether these bytes, read from this path just now, are the ones that are known.</summary>
    public bool IsStill(string path, ReadOnlySpan<byte> bytes) => path == read.Source.Path && bytes.SequenceEqual(_held.Span);

    /// <summary>The container with this id; null where the file does not hold it.</summary>
    public ImageBinding? Find(string id) => read.Find(id);

    /// <summary>The image that the file holds for a container now.</summary>
    public string ImageOf(ImageBinding binding) =>
        binding.Origin is { } origin && _edits.TryGetValue(origin, out var edit) ? edit.Image : binding.Workload.Image;

    /// <summary>Changes one image in the file.</summary>
    /// <param name="binding">The container.</param>
    /// <param name="image">Its new image.</param>
    /// <param name="announced">What will be asked for beside it: containers, the image that each holds before, and the one after.</param>
    /// <returns>Why it cannot be done, naming the file; empty where it is done.</returns>
    /// <exception cref="PatchException">As <see cref="FileReplacement.Write"/>.</exception>
    public string Write(ImageBinding binding, string image, IEnumerable<(string Workload, string From, string To)> announced)
    {
        if (!_proven.Contains((binding.Origin!, image)) && _isRightTogether)
        {
            _isRightTogether = TryProve([.. Editable(announced), (binding, image)], out _);
        }

        var fault = string.Empty;
        if (!_proven.Contains((binding.Origin!, image)) && !TryProve([(binding, image)], out fault))
        {
            return $"'{read.Source.Path}': {fault}";
        }

        if (ImageScalarEditor.Replace(read, With([(binding, image)]).Values, out fault) is not { } content)
        {
            return $"'{read.Source.Path}': {fault}";
        }

        FileReplacement.Write(read.Source.Path, _held.Span, content);
        _held = content;
        _edits[binding.Origin!] = (binding, image);
        return string.Empty;
    }

    private IEnumerable<(ImageBinding Binding, string Image)> Editable(IEnumerable<(string Workload, string From, string To)> announced)
    {
        foreach (var (workload, from, to) in announced)
        {
            if (read.Find(workload) is { Origin: not null, Fault.Length: 0, EditFault.Length: 0 } binding && ImageOf(binding) == from)
            {
                yield return (binding, to);
            }
        }
    }

    private bool TryProve(IReadOnlyList<(ImageBinding Binding, string Image)> wanted, out string fault)
    {
        var edits = With(wanted);
        if (ImageScalarEditor.Edit(read, edits.Values, limits, out fault) is null)
        {
            return false;
        }

        _proven.UnionWith(edits.Select(edit => (edit.Key, edit.Value.Image)));
        return true;
    }

    private Dictionary<YamlScalar, (ImageBinding Binding, string Image)> With(IEnumerable<(ImageBinding Binding, string Image)> wanted)
    {
        var edits = new Dictionary<YamlScalar, (ImageBinding Binding, string Image)>(_edits);
        foreach (var edit in wanted)
        {
            edits[edit.Binding.Origin!] = edit;
        }

        return edits;
    }
}
