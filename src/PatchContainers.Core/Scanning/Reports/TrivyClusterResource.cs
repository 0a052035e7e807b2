using System.Text.Json;
using PatchContainers.Packages;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// One resource of a report of <c>trivy k8s</c>. A full report has a resource for each image of a workload; a summary joins all of a
/// workload in one, where only targets of distributions name their image.
/// </summary>
internal sealed class TrivyClusterResource
{
    private readonly string _cluster;
    private readonly bool _isJoined;
    private readonly List<TrivyTarget> _targets = [];
    private readonly List<ImageOf> _images = [];
    private bool _hasOtherTargets;
    private bool _listsImages;
    private string _space = string.Empty;
    private string _kind = string.Empty;
    private string _name = string.Empty;

    /// <summary>Begins one.</summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="isJoined">Whether all of a workload is joined.</param>
    public TrivyClusterResource(string cluster, bool isJoined) => (_cluster, _isJoined) = (cluster, isJoined);

    /// <summary>Why its scan failed; empty where it did not.</summary>
    public string Error { get; private set; } = string.Empty;

    /// <summary>The resource, as a sentence names it.</summary>
    public string Name => _space.Length > 0 ? $"{_kind} {_space}/{_name}" : $"{_kind} {_name}";

    // The one image of the workload. A summary of older versions has the metadata of one image, whatever their number.
    private ImageOf? Only => _images.Count == 1 && (!_isJoined || _listsImages) ? _images[0] : null;

    /// <summary>Reads the resource that stands at the cursor.</summary>
    public void Read(JsonCursor cursor)
    {
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "Namespace":
                    _space = cursor.ReadText();
                    break;
                case "Kind":
                    _kind = cursor.ReadText();
                    break;
                case "Name":
                    _name = cursor.ReadText();
                    break;
                case "Error":
                    Error = cursor.ReadText();
                    break;
                case "Metadata":
                    using (var metadata = cursor.Read())
                    {
                        ReadMetadata(metadata.RootElement);
                    }

                    break;
                case "Results":
                    ReadTargets(cursor);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Adds what was read: a result for each image that was looked at, and one in the workload's name for what has none.</summary>
    public void AddTo(ClusterResults results)
    {
        var open = Assign();
        if (_targets.Count == 0 && _hasOtherTargets)
        {
            return;
        }

        // Where an image's share of the findings is not known, nobody may take what it has for all.
        var unassessed = open.SelectMany(t => t.Findings).Select(f => (f.Package, f.Version)).Distinct().Select(p => new UnassessedPackage(
            p.Package, p.Version, "The report does not say which of the workload's images it is in.")).ToArray();
        foreach (var image in _images.Where(i => i.Targets.Count > 0 || _targets.Count == 0))
        {
            var name = image.Name;
            results.Add(Result(image.Targets, name) with
            {
                Digest = image.Metadata.DigestOf(name),
                Platform = image.Metadata.Platform,
                Os = image.Os,
                Unassessed = unassessed,
            }, image.Metadata.ImageId);
        }

        if (open.Count > 0)
        {
            results.Add(Result(open, string.Empty), string.Empty);
        }
    }

    private void ReadMetadata(JsonElement metadata)
    {
        _listsImages = metadata.ValueKind == JsonValueKind.Array;
        foreach (var one in _listsImages ? metadata.EnumerateArray().Select(TrivyMetadata.Read) : [TrivyMetadata.Read(metadata)])
        {
            if (one.IsOfImage)
            {
                _images.Add(new ImageOf(one));
            }
        }
    }

    private void ReadTargets(JsonCursor cursor)
    {
        foreach (var _ in cursor.Items())
        {
            var target = TrivyTarget.Read(cursor);
            if (target.IsOfPackages)
            {
                _targets.Add(target);
            }
            else
            {
                _hasOtherTargets = true;
            }
        }
    }

    // Gives each target to its image, and returns those whose image cannot be told.
    private List<TrivyTarget> Assign()
    {
        foreach (var target in _targets.Where(t => t.Image.Length > 0))
        {
            var image = _images.Find(i => i.Is(target.Image)) ?? Only;
            if (image is null || (image.Target.Length > 0 && !image.Is(target.Image)))
            {
                _images.Add(image = new ImageOf(new TrivyMetadata()));
            }

            image.Take(target);
        }

        var open = new List<TrivyTarget>();
        foreach (var target in _targets.Where(t => t.Image.Length == 0))
        {
            if (OwnerOf(target) is { } image)
            {
                image.Take(target);
            }
            else
            {
                open.Add(target);
            }
        }

        return open;
    }

    // There is only one, or only one has its layers.
    private ImageOf? OwnerOf(TrivyTarget target) => Only
        ?? (target.DiffIds.Count > 0 && _images.FindAll(i => target.DiffIds.All(i.Metadata.DiffIds.Contains)) is [var owner]
            ? owner : null);

    private ImageScanResult Result(IReadOnlyList<TrivyTarget> targets, string image)
    {
        var workload = ClusterWorkload.Of(_cluster, _space, _kind, _name, string.Empty, image);
        return new ImageScanResult
        {
            Image = image.Length > 0 ? image : workload.Id,
            Digest = string.Empty,
            Platform = string.Empty,
            ManifestDigest = string.Empty,
            Scanner = new ScannerInfo { Name = "Trivy" },
            Findings = [.. targets.SelectMany(t => t.Findings)],
            PackageCount = targets.Sum(t => t.Packages),
            Workloads = [workload],
        };
    }

    private sealed class ImageOf(TrivyMetadata metadata)
    {
        public TrivyMetadata Metadata => metadata;

        public List<TrivyTarget> Targets { get; } = [];

        // As its target names it: the way the workload does.
        public string Target { get; private set; } = string.Empty;

        public string Name => Target.Length > 0 ? Target : metadata.NameOf(string.Empty);

        public ScannedOs Os => metadata.Os.Family.Length > 0 ? metadata.Os : Targets.Find(t => t.IsOs)?.Os ?? new();

        public bool Is(string image) => Target.Length > 0 ? Target == image : metadata.IsNamed(image);

        public void Take(TrivyTarget target)
        {
            Targets.Add(target);
            Target = Target.Length > 0 ? Target : target.Image;
        }
    }
}
