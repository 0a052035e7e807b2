using PatchContainers.Inventory;

namespace PatchContainers.Rollout;

/// <summary>
/// What earlier rollouts have shown: the order of a folder's rings, and which digests passed which. The folder may be another copy of the
/// one that they ran in (a clone of its repository). They count for this copy where it holds, in the same workloads at the same places,
/// the very images that they brought there.
/// </summary>
internal sealed class RolloutEvidence
{
    private readonly string _name;
    private readonly string _path;
    private readonly List<RolloutState> _rollouts;
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Ring, string Digest), string?> _answers = [];

    /// <param name="rollouts">All rollouts.</param>
    /// <param name="name">The plan's name; empty where the rings are folders.</param>
    /// <param name="path">The folder, its real path.</param>
    public RolloutEvidence(IEnumerable<RolloutState> rollouts, string name, string path)
    {
        (_name, _path) = (name, path);
        _rollouts = [.. rollouts.Where(r => r.Plan.Name == name).OrderBy(r => r.StartedAt).ThenBy(r => r.Fence)];
    }

    /// <summary>The order of the rings as the last rollout of this copy knew it; empty where there was none.</summary>
    public IReadOnlyList<string> RingOrder => _rollouts.LastOrDefault(IsThis)?.Plan.RingOrder ?? [];

    /// <summary>Reads what the rings hold here, as far as rollouts of other folders may speak of them.</summary>
    public async Task LookAsync(
        IEnumerable<string> rings, Func<RingTarget, IWorkloadSource> open, CancellationToken cancellationToken)
    {
        foreach (var ring in rings.Where(ring => _name.Length == 0 && Directory.Exists(Path.Combine(_path, ring))
            && _rollouts.Exists(r => !IsThis(r) && r.Plan.Rings.Any(other => other.Name == ring))))
        {
            // A file that cannot be read holds nothing that is known: what it should hold is then not shown.
            var held = new Dictionary<string, string>(StringComparer.Ordinal);
            var target = new RingTarget { Path = Path.Combine(_path, ring) };
            await foreach (var workload in open(target).ListAsync(new NoNotices(), cancellationToken).ConfigureAwait(false))
            {
                held[PlaceOf(workload.Id, _path)] = workload.Image;
            }

            _held[ring] = held;
        }
    }

    /// <summary>
    /// Why a digest may not enter a ring behind this one; null where it has passed. The last rollout that brought the digest into the
    /// ring decides: one that failed or was put back since takes back what an earlier one has shown.
    /// </summary>
    public string? WhyNotPassed(string ring, string digest)
    {
        if (!_answers.TryGetValue((ring, digest), out var answer))
        {
            _answers.Add((ring, digest), answer = Judge(ring, digest));
        }

        return answer;
    }

    private string? Judge(string ring, string digest)
    {
        string? missing = null;
        foreach (var rollout in Enumerable.Reverse(_rollouts))
        {
            var changes = rollout.Changes.Where(c => Tried(c, ring, digest)).ToList();
            if (!changes.Exists(c => IsHere(rollout, c)))
            {
                continue;
            }

            var status = rollout.Rings.First(r => r.Name == ring).ToRecord(changes).Status;
            if (status != RingStatus.Passed || !changes.TrueForAll(c => c.Holds))
            {
                return $"in {ring} it is {status} (rollout {rollout.Id})";
            }

            if (changes.Find(c => IsHere(rollout, c) && Held(rollout, c) != c.Plan.NewImage) is not { } other)
            {
                return null;
            }

            missing ??= $"it passed in another copy of the folder (rollout {rollout.Id} of '{rollout.Plan.Path}'), and in this one "
                + $"{PlaceOf(other.Plan.Workload, rollout.Plan.Path)} holds {Held(rollout, other)}: bring here what was written there";
        }

        return missing ?? $"no rollout has brought it through {ring}";
    }

    private static bool Tried(ChangeState change, string ring, string digest) =>
        change.Plan.Ring == ring && change.Plan.NewDigest == digest && !change.IsRefused && (change.WasThere || change.Made is not null);

    private bool IsThis(RolloutState rollout) => _name.Length > 0 || rollout.Plan.Path == _path;

    private bool IsHere(RolloutState rollout, ChangeState change) => IsThis(rollout)
        || _held.GetValueOrDefault(change.Plan.Ring)?.ContainsKey(PlaceOf(change.Plan.Workload, rollout.Plan.Path)) == true;

    // What a rollout of this copy has shown stands, whatever the files hold since.
    private string Held(RolloutState rollout, ChangeState change) => IsThis(rollout) ? change.Plan.NewImage
        : _held[change.Plan.Ring][PlaceOf(change.Plan.Workload, rollout.Plan.Path)];

    // A workload's id without the folder that it is below: the same in every copy of the folder.
    private static string PlaceOf(string workload, string path)
    {
        var id = Uri.UnescapeDataString(workload);
        var folder = Path.TrimEndingDirectorySeparator(path).Replace(Path.DirectorySeparatorChar, '/') + "/";
        var at = id.IndexOf(folder, StringComparison.Ordinal);
        return at < 0 || id.AsSpan(0, at).Count('/') > 3 ? id : string.Concat(id.AsSpan(0, at), id.AsSpan(at + folder.Length));
    }

    private sealed class NoNotices : IProgress<PatchNotice>
    {
        public void Report(PatchNotice value)
        {
        }
    }
}
