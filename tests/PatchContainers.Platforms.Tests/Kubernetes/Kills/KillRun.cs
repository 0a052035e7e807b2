using System.Collections.Concurrent;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Inventory;
using PatchContainers.Platforms.Docker.Swarm;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Platforms.Kubernetes.Rollout;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Updating;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;

namespace PatchContainers.Platforms.Tests.Kubernetes.Kills;

/// <summary>
/// A rollout over two rings as one process runs it: everything that it does to the world is counted, and it may stand still there.
/// </summary>
internal sealed class KillRun : IDisposable
{
    public const string Web = "registry.example/shop/web:1.0";
    public const string Api = "registry.example/shop/api:1.0";
    public const string Report = "registry.example/shop/report:1.0";

    private static readonly AsyncLocal<KillRun?> s_current = new();
    private readonly HistoryFile _history;
    private readonly object _log = new();
    private readonly ConcurrentDictionary<string, bool> _refused = new(StringComparer.Ordinal);

    private KillRun(KillSpec spec, SharedState shared, Func<RingTarget, IWorkloadSource> open, IReadOnlyList<IOrchestrator> orchestrators,
        TimeProvider clock)
    {
        (Spec, Shared, Halt) = (spec, shared, new HaltPoint(spec.At));
        _history = new HistoryFile(new PatchState(spec.Folder).History, clock);
        Quarantine = new QuarantineStore(spec.Scenario.InCluster ? shared.Quarantine : new ObservedDocument(shared.Quarantine, this), clock);
        Service = new RolloutService(new ObservedJournal(shared.Journal, this), Quarantine, new ObservedHistory(_history, this), open,
            [.. orchestrators.Select(o => new ObservedOrchestrator(o, this))], gate => new RingGate(gate.Name, spec), null, clock);
    }

    /// <summary>Opens a run on a cluster.</summary>
    public static KillRun OfCluster(KillSpec spec, KubernetesClient client, KubeConfig config, TimeProvider clock) => new(spec,
        spec.Scenario.InCluster ? KubernetesState.Open(client, spec.Staging, clock) : SharedState.OfFolder(new PatchState(spec.Folder), clock),
        target => new KubernetesWorkloadSource(config, new KubernetesInventoryOptions
        {
            Namespaces = target.Namespaces,
            Selector = target.Selector,
            Kinds = RingTarget.ChangeableKinds,
        }),
        [new KubernetesOrchestrator(_ => client, TimeProvider.System)], clock);

    /// <summary>Opens a run on a swarm.</summary>
    public static KillRun OfSwarm(KillSpec spec, DockerClient client, TimeProvider clock) => new(spec,
        SharedState.OfFolder(new PatchState(spec.Folder), clock),
        target => new SwarmWorkloadSource(client.Endpoint, new DockerInventoryOptions { Selector = target.Selector }),
        [new SwarmOrchestrator(_ => client, TimeProvider.System)], clock);

    /// <summary>Opens a run on files.</summary>
    public static KillRun OfFiles(KillSpec spec, TimeProvider clock)
    {
        var platforms = new PlatformProvider();
        return new KillRun(spec, SharedState.OfFolder(new PatchState(spec.Folder), clock), target => platforms.OpenFiles(target.Path),
            platforms.OpenOrchestrators(null), clock);
    }

    /// <summary>The run whose work this is, wherever it has come to.</summary>
    public static KillRun? Current => s_current.Value;

    public KillSpec Spec { get; }

    public HaltPoint Halt { get; }

    public RolloutService Service { get; }

    public QuarantineStore Quarantine { get; }

    public HistoryFile History => _history;

    public SharedState Shared { get; }

    /// <summary>What was changed on the platform, by all processes: <c>PATCH deployments web</c>, one a line.</summary>
    public string LogPath => Path.Combine(Spec.Folder, "requests");

    /// <summary>The folder of the rings, where they are files.</summary>
    public string Rings => Path.Combine(Spec.Folder, "deploy");

    private static RolloutGate Gate => new("health", "ring", new Dictionary<string, string>());

    private RolloutRequest Request => new()
    {
        Plan = Spec.Scenario.InFiles ? PatchPlan.OfFolders(Rings, ["staging", "production"], [Gate]) : new PatchPlan
        {
            Name = Spec.Name,
            Rings =
            [
                Ring("staging", Spec.Staging) with { Canary = Portion.Parse("1"), TrialJob = !Spec.Scenario.InSwarm },
                Ring("production", Spec.Production),
            ],
        },
        Updates = Spec.Images.Count > 0 ? [.. Spec.Images.Select(Update)] : [Update(Web, "web", "1.1"), Update(Api, "api", Spec.Scenario.Fails ? "1.1-crash" : "1.1"), Update(Report, "report", "1.1-exit0")],
    };

    /// <summary>Begins the rollout, or goes on with it: what a job does that may be restarted from its first line.</summary>
    public Task<PatchRollout> RunAsync(CancellationToken cancellationToken) => Task.Run(async () =>
    {
        s_current.Value = this;
        return await FindAsync(cancellationToken) is { } rollout
            ? await Service.ResumeAsync(rollout.Id, new RolloutRunOptions(), Silent.Instance, cancellationToken)
            : await StartAnotherAsync(cancellationToken);
    }, cancellationToken);

    /// <summary>Begins it although it has begun.</summary>
    public async Task<PatchRollout> StartAnotherAsync(CancellationToken cancellationToken) => await Service.StartAsync(
        await Service.PlanAsync(Request, Silent.Instance, cancellationToken), new RolloutRunOptions(), Silent.Instance, cancellationToken);

    /// <summary>Puts everything back.</summary>
    public Task<PatchRollout> UndoAsync(string id, CancellationToken cancellationToken) => Task.Run(async () =>
    {
        s_current.Value = this;
        return await Service.UndoAsync(id, RollbackScope.Rollout, Silent.Instance, cancellationToken);
    }, cancellationToken);

    /// <summary>The rollout; null where it has not begun.</summary>
    public async Task<PatchRollout?> FindAsync(CancellationToken cancellationToken)
    {
        // Journals in a cluster are those of other runs too.
        await foreach (var rollout in Service.ListAsync(Silent.Instance, cancellationToken))
        {
            if (Spec.Scenario.InFiles || rollout.Changes.Any(c => c.Workload.Contains($"-{Spec.Name}", StringComparison.Ordinal)))
            {
                return rollout;
            }
        }

        return null;
    }

    /// <summary>One of the things that a run does, apart from requests.</summary>
    public async Task AroundAsync(Func<Task> action)
    {
        await HitAsync(Spec.Before);
        await action();
        await HitAsync(!Spec.Before);
    }

    /// <summary>A request that changes something in the cluster.</summary>
    public async Task<HttpResponseMessage> AroundAsync(HttpMethod method, string kind, string name, Func<Task<HttpResponseMessage>> send)
    {
        // A lease is prolonged whenever it is time. A Job that is about to be made has nothing that could be tested. What was refused, since a
        // manager wrote in between, is tried again.
        var counts = kind != "leases" && !(Spec.Before && kind == "jobs");
        await HitAsync(counts && Spec.Before && !_refused.ContainsKey(name));
        var response = await send();
        if (Spec.Scenario.InSwarm && !response.IsSuccessStatusCode)
        {
            _refused[name] = true;
        }

        if (response.IsSuccessStatusCode)
        {
            _refused.TryRemove(name, out _);
            if (kind is not ("leases" or "configmaps"))
            {
                lock (_log)
                {
                    File.AppendAllText(LogPath, $"{method} {kind} {name}\n");
                }
            }

            await HitAsync(counts && !Spec.Before);
        }

        return response;
    }

    public void Dispose()
    {
        _history.Dispose();
        if (!Spec.Scenario.InCluster)
        {
            // That in the cluster would close the client, which other runs have too.
            Shared.Dispose();
        }

    }

    private Task HitAsync(bool counts) => counts ? Halt.HitAsync() : Task.CompletedTask;

    private PatchRing Ring(string name, string ns) => new()
    {
        Name = name,
        Targets = [Spec.Scenario.InSwarm ? new RingTarget { Platform = RingTarget.Swarm, Selector = $"{Spec.Selector},ring={ns}" }
            : new RingTarget { Namespaces = [ns], Selector = Spec.Selector }],
        Timeout = TimeSpan.FromMinutes(5),
        Gates = [Gate],
    };

    private static BaseImageUpdate Update(KillImage image) => new()
    {
        Image = image.Old,
        Digest = image.OldDigest,
        NewImage = image.New,
        NewDigest = image.NewDigest,
        Status = UpdateStatus.Updated,
    };

    private BaseImageUpdate Update(string image, string name, string tag) => new()
    {
        Image = image,
        Digest = RolloutScene.DigestOf("1.0"),
        NewImage = $"registry.example/shop/{name}:{tag}-{Spec.Name}",
        NewDigest = RolloutScene.DigestOf($"{name} {tag} {Spec.Name}"),
        Status = UpdateStatus.Updated,
    };

    private sealed class Silent : IProgress<PatchNotice>
    {
        public static readonly Silent Instance = new();

        public void Report(PatchNotice value)
        {
        }
    }
}
