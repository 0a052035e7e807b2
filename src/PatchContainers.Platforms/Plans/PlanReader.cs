using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Plans;
using PatchContainers.Rollout.Windows;

namespace PatchContainers.Platforms.Plans;

/// <summary>
/// Reads a plan file. Every fault is noted with its line and key, and reading goes on; nothing is taken from the environment, and paths are
/// relative to the file.
/// </summary>
internal sealed class PlanReader
{
    private readonly PlanFaults _faults = new();
    private readonly Dictionary<string, RolloutGate?> _gates = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly string _folder;
    private readonly GateReader _gateReader;
    private readonly TargetReader _targetReader;

    private PlanReader(string path)
    {
        _path = path;
        _folder = Path.GetDirectoryName(path)!;
        _gateReader = new GateReader(_faults, _folder);
        _targetReader = new TargetReader(_faults, _folder);
    }

    /// <summary>How much of a plan file is read: many times what people write.</summary>
    public static YamlLimits Limits { get; } = YamlLimits.Default with { MaxBytes = 1024 * 1024, MaxNodes = 50_000 };

    /// <summary>Reads a file.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.FileError"/>: there is no file
    /// to read.</exception>
    public static PatchPlanFile Read(string path, YamlLimits limits)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, path ?? string.Empty, "The plan's path is empty.");
        }

        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, full, $"'{full}' is a folder, and no plan. Name the file.");
        }

        return new PlanReader(full).Read(FileBytes.Read(full, limits.MaxBytes), limits);
    }

    private PatchPlanFile Read(byte[] bytes, YamlLimits limits)
    {
        var map = Document(bytes, limits) is { } root ? PlanMap.Of(_faults, root, string.Empty, PlanKeys.Plan) : null;
        var plan = map is null ? null : Plan(map);
        return new PatchPlanFile
        {
            Path = _path,
            Name = plan?.Name ?? string.Empty,
            Plan = _faults.Count == 0 ? plan : null,
            Faults = _faults.Faults,
            Warnings = _faults.Warnings,
            Lines = _faults.Lines,
        };
    }

    private YamlNode? Document(byte[] bytes, YamlLimits limits)
    {
        try
        {
            var documents = YamlReader.Read(SourceText.Decode(_path, bytes), limits);
            if (documents.Count == 1)
            {
                return documents[0].Root;
            }

            _faults.Add(documents.Count == 0 ? 0 : documents[1].Root.Line, string.Empty,
                documents.Count == 0 ? "The file is empty." : "The file has several documents. A plan is one.");
        }
        catch (PatchException e) when (e.Code is PatchErrorCode.InvalidData or PatchErrorCode.LimitExceeded)
        {
            _faults.Add(e.Data[YamlReader.LineKey] as int? ?? 0, string.Empty, e.Message);
        }

        return null;
    }

    private PatchPlan Plan(PlanMap map)
    {
        foreach (var (node, key) in map.Items("gates"))
        {
            Define(node, key);
        }

        var name = map.Name("name");
        var rings = Rings(map);
        foreach (var unused in _gates.Keys.Except(_used))
        {
            _faults.Warn(map.LineOf("gates"), "gates", $"No ring asks the gate '{unused}'.");
        }

        return new PatchPlan
        {
            Name = name ?? string.Empty,
            Path = _folder,
            OnFailure = map.Choice<FailureAction>("onFailure"),
            OnInconclusive = map.Choice<InconclusiveAction>("onInconclusive"),
            RollbackScope = map.Choice<RollbackScope>("rollbackScope"),
            Rings = rings,
        };
    }

    private void Define(YamlNode node, string key)
    {
        var name = (node as YamlMapping)?.Text("name") ?? (node as YamlMapping)?.Text("kind");
        var gate = _gateReader.Read(node, key);
        if (name is not null && !_gates.TryAdd(name, gate))
        {
            _faults.Add(node.Line, key, $"A gate '{name}' stands above already. Give each its own name.");
        }
    }

    private PatchRing[] Rings(PlanMap map)
    {
        var items = map.Items("rings");
        if (items.Count == 0 && (!map.Has("rings") || _faults.Count == 0))
        {
            map.Fault("rings", "A plan needs at least one ring.");
        }

        var rings = items.Select(item => PlanMap.Of(_faults, item.Node, item.Key, PlanKeys.Ring)).OfType<PlanMap>()
            .Select(ring => (Map: ring, Ring: Ring(ring))).ToArray();
        foreach (var (twice, ring) in rings.GroupBy(r => r.Ring.Name, StringComparer.Ordinal).Where(g => g.Key.Length > 0)
            .SelectMany(g => g.Skip(1)))
        {
            twice.Fault("name", $"A ring '{ring.Name}' stands above already. Give each its own name.");
        }

        return [.. rings.Select(r => r.Ring)];
    }

    private PatchRing Ring(PlanMap map)
    {
        var targets = map.Items("targets");
        if (targets.Count == 0)
        {
            map.Fault("targets", "A ring needs at least one target: a path, or what runs in a Kubernetes cluster, a swarm or an engine.");
        }

        var (windows, blackouts) = Windows(map);
        var canary = map.Map("canary", PlanKeys.Canary);
        canary?.Required("size");
        return new PatchRing
        {
            Name = map.Name("name") ?? string.Empty,
            Targets = [.. targets.Select(t => _targetReader.Read(t.Node, t.Key)).OfType<RingTarget>()],
            Batch = map.Part("batch") ?? Portion.All,
            Timeout = map.Duration("timeout", TimeSpan.FromSeconds(1)) ?? PatchRing.DefaultTimeout,
            Canary = canary is not null && canary.Has("size") ? canary.Part("size") ?? Portion.All : Portion.All,
            CanarySoak = canary?.Duration("soak", TimeSpan.Zero) ?? TimeSpan.Zero,
            Soak = map.Duration("soak", TimeSpan.Zero) ?? TimeSpan.Zero,
            Gates = Gates(map),
            Windows = windows,
            Freezes = blackouts,
            Approval = map.Flag("approval"),
            TrialJob = map.Flag("trialJob"),
        };
    }

    private static (IReadOnlyList<string> Windows, IReadOnlyList<string> Blackouts) Windows(PlanMap map)
    {
        var (windows, blackouts) = (map.Texts("windows"), map.Texts("blackouts"));
        if (map.Each("windows", windows, w => MaintenanceWindow.Parse(w)))
        {
            // A blackout without a zone has that of the windows.
            map.Each("blackouts", blackouts, b => PatchWindows.Parse(windows, [b]));
        }

        return (windows, blackouts);
    }

    private RolloutGate[] Gates(PlanMap map)
    {
        var gates = new List<RolloutGate>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (node, key) in map.Items("gates"))
        {
            _faults.Note(key, node.Line);
            var gate = node is YamlScalar { IsNull: false, Value: var name } ? Named(name, node.Line, key) : _gateReader.Read(node, key);
            if (gate is not null && !names.Add(gate.Name))
            {
                _faults.Add(node.Line, key, $"The ring asks a gate '{gate.Name}' already. Give each its own name.");
            }
            else if (gate is not null)
            {
                gates.Add(gate);
            }
        }

        return [.. gates];
    }

    private RolloutGate? Named(string name, int line, string key)
    {
        _used.Add(name);
        if (!_gates.TryGetValue(name, out var gate))
        {
            _faults.Add(line, key, $"The plan's 'gates' have no '{PlanFaults.Short(name)}'. {NearestName.Hint(name, [.. _gates.Keys])}");
        }

        return gate;
    }
}
