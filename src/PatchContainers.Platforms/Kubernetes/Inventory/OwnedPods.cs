using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Inventory;

/// <summary>What the pods of one owner run: by container and image, the digests. Pods themselves are not kept.</summary>
internal sealed class OwnedPods(KubernetesOwner owner, string space)
{
    private readonly List<Run> _runs = [];

    public KubernetesOwner Owner { get; } = owner;

    public string Namespace { get; } = space;

    /// <summary>Whether the selector takes one of them.</summary>
    public bool IsSelected { get; private set; }

    /// <summary>Counts a pod, unless it has ended or is about to.</summary>
    public void Add(JsonElement pod, bool isSelected)
    {
        IsSelected |= isSelected;
        if (pod.Text("status", "phase") is "Succeeded" or "Failed" || pod.At("metadata", "deletionTimestamp") is not null)
        {
            return;
        }

        // The status may name the image otherwise than the specification; the specification's word counts.
        var runs = pod.At("spec") is { } spec ? WorkloadTemplate.ContainersOf(spec).Select(c => Of(c.Key, c.Value)).ToArray() : [];
        foreach (var status in pod.Items("status", "initContainerStatuses").Concat(pod.Items("status", "containerStatuses")))
        {
            if (RunningImage.DigestOf(status.Text("imageID")) is { } digest)
            {
                var name = status.Text("name");
                Array.Find(runs, run => run.Container == name)?.Digests.Add(digest);
            }
        }
    }

    /// <summary>Takes over what another group's pods run, which belong to the same object.</summary>
    public void Merge(OwnedPods other)
    {
        IsSelected |= other.IsSelected;
        foreach (var run in other._runs)
        {
            Of(run.Container, run.Image).Digests.UnionWith(run.Digests);
        }
    }

    /// <summary>
    /// The digests that a container runs of the image that its object names, or of its tag with another digest, as some pods do while
    /// others are held back; of any image where no pod has that one, since admission may have rewritten it.
    /// </summary>
    public IReadOnlyList<string> DigestsOf(string container, string image)
    {
        var runs = _runs.FindAll(r => r.Container == container);
        var named = runs.FindAll(r => r.Image == image || (TagOf(image) is { } tag && TagOf(r.Image) == tag));
        return (named.Count > 0 ? named : runs).SelectMany(r => r.Digests).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .ToArray();
    }

    /// <summary>The containers that are in the pods, with their images.</summary>
    public IEnumerable<KeyValuePair<string, string>> Containers => _runs.Select(r => KeyValuePair.Create(r.Container, r.Image));

    // The name with its tag and without a digest; null where it has no tag.
    private static string? TagOf(string image)
    {
        var name = image.Split('@')[0];
        return name.LastIndexOf(':') > name.LastIndexOf('/') ? name : null;
    }

    private Run Of(string container, string image)
    {
        var run = _runs.Find(r => r.Container == container && r.Image == image);
        if (run is null)
        {
            run = new Run(container, image, new HashSet<string>(StringComparer.Ordinal));
            _runs.Add(run);
        }

        return run;
    }

    private sealed record Run(string Container, string Image, HashSet<string> Digests);
}
