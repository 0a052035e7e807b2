using System.Collections.Concurrent;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Updating;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;

namespace PatchContainers.Platforms.Tests.Rollout.Kills;

/// <summary>
/// A rollout over two rings as one process runs it: everything that it does to the world is counted, and it may stand still there.
/// </summary>
internal sealed class KillRun : IDisposable
{
    public const string Web = "registry.example/shop/web:1.0";
    public const string Api = "registry.example/shop/api:1.0";
    public const string Report = "registry.example/shop/report:1.0";

    private static readonly AsyncLocal<KillRun?> s_current = new();

    // What a process may do again after a kill: it makes nothing, or is promised to be done at least once.
    private static readonly string[] s_repeated = ["leases", "configmaps", "images", "exec"];

    private readonly string _host;
    private readonly HistoryFile _history;
    private readonly object _log = new();
    private readonly ConcurrentDictionary<string, bool> _refused = new(StringComparer.Ordinal);

    /// <summary>Opens a run.</summary>
    /// <param name="spec">The rollout.</param>
    /// <param name="shared">Its journal and quarantine.</param>
    /// <param name="open">Opens what lists the workloads of a ring.</param>
    /// <param name="orchestrator">Opens what changes them.</param>
    /// <param name="host">The engine; empty for none.</param>
    /// <param name="clock">The clock.</param>
    public KillRun(KillSpec spec, SharedState shared, Func<RingTarget, IWorkloadSource> open, Func<KillRun, IOrchestrator> orchestrator,
        string host, TimeProvider clock)
    {
        (Spec, Shared, Halt, _host) = (spec, shared, new HaltPoint(spec.At), host);
        _history = new HistoryFile(new PatchState(spec.Folder).History, clock);
        Quarantine = new QuarantineStore(spec.Scenario.InCluster ? shared.Quarantine : new ObservedDocument(shared.Quarantine, this), clock);
        Service = new RolloutService(new ObservedJournal(shared.Journal, this), Quarantine, new ObservedHistory(_history, this), open,
            [orchestrator(this)], gate => new RingGate(gate.Name, spec), null, clock);
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
    public string Rings => Spec.Rings;

    private static RolloutGate Gate => new("health", "ring", new Dictionary<string, string>());

    private RolloutRequest Request => new()
    {
        Plan = Spec.Scenario.Platform == KillPlatform.Files ? PatchPlan.OfFolders(Rings, ["staging", "production"], [Gate]) : new PatchPlan
        {
            Name = Spec.Name,
            Path = Spec.Scenario.Platform == KillPlatform.Compose ? Rings : string.Empty,
            Rings =
            [
                Ring("staging", Spec.Staging) with
                {
                    Canary = Spec.Scenario.Platform is KillPlatform.Kubernetes or KillPlatform.Swarm ? Portion.Parse("1") : default,
                    TrialJob = Spec.Scenario.Platform == KillPlatform.Kubernetes,
                },
                Ring("production", Spec.Production),
            ],
        },
        Updates = Spec.Images.Count > 0 ? [.. Spec.Images.Select(Update)]
            : [Update(Web, "web", "1.1"), Update(Api, "api", Spec.Scenario.Fails ? "1.1-crash" : "1.1"), Update(Report, "report", "1.1-exit0")],
    };

    /// <summary>Begins the rollout, or goes on with it: what a job does that may be restarted from its first line.</summary>
    public Task<PatchRollout> RunAsync(CancellationToken cancellationToken) => Task.Run(async () =>
    {
        s_current.Value = this;
        var rollout = await FindAsync(cancellationToken) is not { } found ? await StartAnotherAsync(cancellationToken)
            : Spec.Scenario.Undone && found.Status == RolloutStatus.Succeeded ? found
            : await Service.ResumeAsync(found.Id, new RolloutRunOptions(), Silent.Instance, cancellationToken);
        return !Spec.Scenario.Undone || rollout.Status != RolloutStatus.Succeeded ? rollout
            : await Service.UndoAsync(rollout.Id, RollbackScope.Rollout, Silent.Instance, cancellationToken);
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
            if (!Spec.Scenario.InCluster || rollout.Changes.Any(c => c.Workload.Contains($"-{Spec.Name}", StringComparison.Ordinal)))
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
        // A lease is prolonged whenever it is time. A Job or a container has no version that could be tested when it is about to be written:
        // who lost the lease stands still before it looks at it. What was refused, since a manager wrote in between, is tried again.
        var counts = kind != "leases" && !(Spec.Before && (kind == "jobs" || HasNoVersion));
        await HitAsync(counts && Spec.Before && !_refused.ContainsKey(name));
        var response = await send();
        if (Spec.Scenario.Platform == KillPlatform.Swarm && !response.IsSuccessStatusCode)
        {
            _refused[name] = true;
        }

        if (response.IsSuccessStatusCode)
        {
            _refused.TryRemove(name, out _);
            if (!s_repeated.Contains(kind))
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

    private bool HasNoVersion => Spec.Scenario.Platform is KillPlatform.Docker or KillPlatform.Compose;

    private PatchRing Ring(string name, string ns) => new()
    {
        Name = name,
        Targets =
        [
            Spec.Scenario.Platform switch
            {
                KillPlatform.Swarm => new RingTarget { Platform = RingTarget.Swarm, Selector = $"{Spec.Selector},ring={ns}" },
                KillPlatform.Docker => new RingTarget { Platform = RingTarget.Docker, Context = _host, Selector = $"{Spec.Selector},ring={ns}" },
                KillPlatform.Compose => new RingTarget
                {
                    Platform = RingTarget.Compose,
                    Context = _host,
                    Path = Spec.ComposeFileOf(ns),
                    Project = Spec.ProjectOf(ns),
                },
                _ => new RingTarget { Namespaces = [ns], Selector = Spec.Selector },
            },
        ],
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
