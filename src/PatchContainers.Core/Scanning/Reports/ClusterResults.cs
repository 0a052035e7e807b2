namespace PatchContainers.Scanning.Reports;

/// <summary>
/// The results of what runs in a cluster. An image that many workloads run is scanned once for each of them: where all is the same but the
/// workload, one result has all of the workloads. Where anything differs (another scan, another day), each stays.
/// </summary>
internal sealed class ClusterResults
{
    private readonly List<ImageScanResult> _results = [];
    private readonly Dictionary<(string Image, string Digest, string ImageId, int Findings), List<int>> _places = [];

    /// <summary>The results, in the order of their first workloads.</summary>
    public IReadOnlyList<ImageScanResult> All => _results;

    /// <summary>Adds one.</summary>
    /// <param name="result">The result of an image for one workload.</param>
    /// <param name="imageId">The digest of the image's configuration; empty where it is not known.</param>
    public void Add(ImageScanResult result, string imageId)
    {
        var key = (result.Image, result.Digest, imageId, result.Findings.Count);
        if (!_places.TryGetValue(key, out var places))
        {
            _places[key] = places = [];
        }

        foreach (var place in places)
        {
            var known = _results[place];
            if (IsSame(known, result))
            {
                _results[place] = known with
                {
                    Workloads = [.. known.Workloads.UnionBy(result.Workloads, w => w.Id)],
                    ScannedAt = known.ScannedAt > result.ScannedAt ? known.ScannedAt : result.ScannedAt,
                };
                return;
            }
        }

        places.Add(_results.Count);
        _results.Add(result);
    }

    private static bool IsSame(ImageScanResult one, ImageScanResult other) => one.Platform == other.Platform && one.Os == other.Os
        && one.Scanner == other.Scanner && one.PackageCount == other.PackageCount && one.Unassessed.SequenceEqual(other.Unassessed)
        && one.Findings.Zip(other.Findings).All(pair => pair.First.Aliases.SequenceEqual(pair.Second.Aliases)
            && pair.First with { Aliases = pair.Second.Aliases } == pair.Second);
}
