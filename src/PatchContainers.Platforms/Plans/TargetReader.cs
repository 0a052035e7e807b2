using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Plans;

/// <summary>Reads the targets of a plan file's rings.</summary>
/// <param name="faults">Takes what is wrong.</param>
/// <param name="folder">What paths are relative to.</param>
internal sealed class TargetReader(PlanFaults faults, string folder)
{
    /// <summary>The orders in which tasks are replaced, as docker writes them.</summary>
    public static IReadOnlyDictionary<string, SwarmOrder> Orders { get; } = new Dictionary<string, SwarmOrder>(StringComparer.Ordinal)
    {
        ["stop-first"] = SwarmOrder.StopFirst,
        ["start-first"] = SwarmOrder.StartFirst,
    };

    /// <summary>Reads a target; null where it is none, which is noted.</summary>
    public RingTarget? Read(YamlNode node, string key)
    {
        if (PlanMap.Of(faults, node, key, PlanKeys.Target) is not { } map)
        {
            return null;
        }

        if (PlanKeys.Target.Where(map.Has).Take(2).ToArray() is not [var kind])
        {
            faults.Add(map.Line, key, "A target is one of: a 'path', a part of a cluster ('kubernetes'), the services of a swarm ('swarm'), "
                + "the containers of an engine ('docker'), a Compose project on an engine ('compose').");
            return null;
        }

        return kind switch
        {
            "kubernetes" => map.Map(kind, PlanKeys.Kubernetes) is { } cluster ? Cluster(cluster) : null,
            "swarm" => map.Map(kind, PlanKeys.Swarm) is { } swarm ? Engine(swarm, RingTarget.Swarm) with { Update = Update(swarm) } : null,
            "compose" => map.Map(kind, PlanKeys.Compose) is { } compose ? Compose(compose) : null,
            "docker" => map.Map(kind, PlanKeys.Docker) is { } docker ? Engine(docker, RingTarget.Docker) : null,
            _ => map.Text(kind) is { } path && PlanPaths.Full(map, kind, path, folder) is { } full ? new RingTarget { Path = full } : null,
        };
    }

    private static RingTarget Cluster(PlanMap map)
    {
        // The current context is another one tomorrow, and on another machine.
        var context = map.Required("context");
        var kinds = map.Texts("kinds");
        foreach (var kind in kinds.Where(k => !RingTarget.ChangeableKinds.Contains(k)))
        {
            map.Fault("kinds", $"'{PlanFaults.Short(kind)}' is no kind that can be changed. {NearestName.Hint(kind, RingTarget.ChangeableKinds)}");
        }

        return new RingTarget
        {
            Context = context ?? string.Empty,
            Namespaces = map.Texts("namespaces"),
            Selector = map.Text("selector") ?? string.Empty,
            Kinds = kinds,
        };
    }

    // The engine that docker would use is another one tomorrow, too: this machine's is called default.
    private static RingTarget Engine(PlanMap map, string platform) => new()
    {
        Platform = platform,
        Context = map.Required("host") ?? string.Empty,
        Selector = map.Text("selector") ?? string.Empty,
    };

    private RingTarget? Compose(PlanMap map)
    {
        var engine = Engine(map, RingTarget.Compose);
        return map.Required("path") is { } path && PlanPaths.Full(map, "path", path, folder) is { } full
            ? engine with { Path = full, Project = map.Text("project") ?? string.Empty } : null;
    }

    private static SwarmUpdate? Update(PlanMap swarm) => swarm.Map("update", PlanKeys.SwarmUpdate) is not { } map ? null : new SwarmUpdate
    {
        Parallelism = (int?)map.Number("parallelism", 10_000, isWhole: true),
        Delay = map.Duration("delay", TimeSpan.Zero),
        Monitor = map.Duration("monitor", TimeSpan.FromMilliseconds(1)),
        Order = Order(map),
        MaxFailureRatio = map.Number("maxFailureRatio", 1, isWhole: false),
    };

    private static SwarmOrder? Order(PlanMap map)
    {
        if (map.Text("order") is not { } text)
        {
            return null;
        }

        if (Orders.TryGetValue(text, out var order))
        {
            return order;
        }

        map.Fault("order", $"'{PlanFaults.Short(text)}' is not known. {NearestName.Hint(text, [.. Orders.Keys])}");
        return null;
    }
}
