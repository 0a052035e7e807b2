using PatchContainers.Advisories;
using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.Rollout.Plans;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Anchore;
using PatchContainers.Scanning.Clair;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Scanning.Merging;
using PatchContainers.Scanning.Operator;
using PatchContainers.Scanning.Programs;
using PatchContainers.Scanning.Reports;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.Updating;

namespace PatchContainers;

/// <summary>What the services are made from.</summary>
public sealed record PatchServicesOptions
{
    /// <summary>Where state lies.</summary>
    public required PatchState State { get; init; }

    /// <summary>The settings file; null for the one in the state folder, which need not be there.</summary>
    public string? SettingsFile { get; init; }

    /// <summary>
    /// Where journals, locks, requests and the quarantine are: <c>kubernetes://CONTEXT/NAMESPACE</c>, or <c>file</c> for the state folder; null
    /// for what the settings file says, else the state folder.
    /// </summary>
    public string? StateStore { get; init; }

    /// <summary>Where images are found, as the command says. It goes before the settings file, host by host.</summary>
    public ImageStoreOptions Stores { get; init; } = new();

    /// <summary>Loads the platforms, when one is first used.</summary>
    public required Func<IPlatformProvider> Platforms { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>
/// All services of one run, wired once for both fronts and made when first asked for.
/// </summary>
public sealed class PatchServices : IDisposable
{
    private readonly PatchServicesOptions _options;
    private readonly PullSecrets _pullSecrets = new();
    private readonly Lazy<ImageStoreRouter> _store;
    private readonly Lazy<HistoryFile> _history;
    private readonly Lazy<LayerSource> _layers;
    private readonly Lazy<ImageResolver> _resolver;
    private readonly Lazy<EmbeddedScanner> _scanner;
    private readonly Lazy<AnchoreScanner> _anchore;
    private readonly Lazy<ClairScanner> _clair;
    private readonly Lazy<ClairNotifier> _notifier;
    private readonly Lazy<SharedState> _shared;
    private readonly Lazy<IPlatformProvider> _platforms;
    private readonly Lazy<StaleImageFinder> _staleImages;
    private readonly Lazy<BaseImageUpdater> _updater;
    private readonly Lazy<IReadOnlyList<IOrchestrator>> _orchestrators;
    private readonly Lazy<RolloutService> _rollouts;

    /// <summary>Reads the settings, and makes nothing else yet.</summary>
    /// <exception cref="PatchException">The settings file cannot be used; see <see cref="PatchSettings.Load"/>.</exception>
    public PatchServices(PatchServicesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        Settings = PatchSettings.Load(options.SettingsFile, options.State);
        StoreOptions = options.Stores with
        {
            RegistryMap = Merge(Settings.RegistryMap, options.Stores.RegistryMap),
            InsecureRegistries = Merge(Settings.InsecureRegistries, options.Stores.InsecureRegistries),
            AllowedTokenHosts = Merge(Settings.AllowedTokenHosts, options.Stores.AllowedTokenHosts),
            TimeProvider = options.TimeProvider,
            PullSecrets = _pullSecrets,
            Engine = () => Platforms.OpenEngineImages(),
        };
        _store = new(() => new ImageStoreRouter(StoreOptions));
        _history = new(() => new HistoryFile(State.History, TimeProvider));
        _layers = new(() => new LayerSource(Store, new LayerCache(State.Cache), Settings.Limits));
        _resolver = new(() => new ImageResolver(Store));
        _scanner = new(() => new EmbeddedScanner(_resolver.Value, new ImagePackageReader(_layers.Value), AdvisoryCatalog, TimeProvider));
        _anchore = new(() => new AnchoreScanner(Settings.Scanners.Anchore ?? throw NoServer(AnchoreScanner.ScannerName),
            Environment.GetEnvironmentVariable, TimeProvider));
        _clair = new(() => new ClairScanner(ClairSettings, _store.Value.Registries, Environment.GetEnvironmentVariable, TimeProvider));
        _notifier = new(() => new ClairNotifier(ClairSettings, Environment.GetEnvironmentVariable, TimeProvider));
        _shared = new(OpenShared);
        _platforms = new(options.Platforms);
        _staleImages = new(() => new StaleImageFinder(Store, TimeProvider, History));
        _updater = new(() => new BaseImageUpdater(Store, _resolver.Value, _layers.Value, _scanner.Value, TimeProvider, History));
        _orchestrators = new(() => Platforms.OpenOrchestrators(StoreOptions.Notices));
        _rollouts = new(() => new RolloutService(_shared.Value.Journal, new QuarantineStore(_shared.Value.Quarantine, TimeProvider), History,
            OpenTarget, _orchestrators.Value, new GateFactory(OpenUnrecorded, TimeProvider).Create, Store, TimeProvider,
            new RegistryLogins(StoreOptions).Find));
    }

    /// <summary>Where state lies.</summary>
    public PatchState State => _options.State;

    /// <summary>Where journals, locks, requests and the quarantine are: what the command says, else the settings; empty for the state folder.</summary>
    public string StateStore => _options.StateStore ?? Settings.StateStore;

    /// <summary>The settings file's content.</summary>
    public PatchSettings Settings { get; }

    /// <summary>Where the settings file is, or would be.</summary>
    public string SettingsFile => Path.GetFullPath(_options.SettingsFile ?? Path.Combine(State.Root, PatchSettings.FileName));

    /// <summary>Where images are found: what the command says over what the settings say.</summary>
    public ImageStoreOptions StoreOptions { get; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider => _options.TimeProvider;

    /// <summary>All stores behind one router.</summary>
    public IImageStore Store => _store.Value;

    /// <summary>The history.</summary>
    public IHistoryStore History => _history.Value;

    /// <summary>Checks the history against the heads in the rollouts' journals.</summary>
    public HistoryAudit HistoryAudit => new(History, _shared.Value.Journal);

    /// <summary>Imports advisories.</summary>
    public AdvisoryImporter Advisories => new(State);

    /// <summary>The advisories that are there.</summary>
    public AdvisoryCatalog AdvisoryCatalog => new(State);

    /// <summary>The scanners that are executables.</summary>
    internal static IReadOnlyList<IScannerProgram> Programs { get; } = [new TrivyProgram(), new GrypeProgram()];

    /// <summary>The scanners that can scan here.</summary>
    public static IReadOnlyList<string> ScannerNames => [EmbeddedScanner.ScannerName, .. ScannerSettings.Names];

    /// <summary>A scanner that records what it finds in the history: the embedded one, or those that are named, as one.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: there is no such scanner.</exception>
    public IImageScanner OpenScanner(ScannerChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return new RecordingScanner(OpenUnrecorded(choice), History);
    }

    /// <summary>Reads what other scanners have written into files, and records what they found in the history.</summary>
    public ScanReportService ScanReports => new(new ScanReportReader(TimeProvider), History, _resolver.Value, TimeProvider);

    /// <summary>Reads what a scanner has to say of images that it scanned before.</summary>
    public ImageNotifications Notifications => new(() => _notifier.Value, _resolver.Value, TimeProvider);

    /// <summary>The platforms that containers run on.</summary>
    public IPlatformProvider Platforms => _platforms.Value;

    /// <summary>The workloads of clusters. What they pull their images with, images are read with, too.</summary>
    public IWorkloadSource OpenKubernetes(KubernetesInventoryOptions options) =>
        Platforms.OpenKubernetes(options with { TimeProvider = TimeProvider, PullSecrets = _pullSecrets });

    /// <summary>The containers of an engine.</summary>
    public IWorkloadSource OpenDocker(DockerInventoryOptions options) => Platforms.OpenDocker(options with { TimeProvider = TimeProvider });

    /// <summary>The services of the swarm that an engine manages.</summary>
    public IWorkloadSource OpenSwarm(DockerInventoryOptions options) => Platforms.OpenSwarm(options with { TimeProvider = TimeProvider });

    /// <summary>Finds images that have fallen behind.</summary>
    public StaleImageFinder StaleImages => _staleImages.Value;

    /// <summary>Moves images to their current base.</summary>
    public BaseImageUpdater Updater => _updater.Value;

    /// <summary>Reads, explains and checks plan files.</summary>
    public PatchPlanService Plans => new(path => Platforms.ReadPlan(path), OpenTarget);

    /// <summary>Rolls updates out, ring by ring.</summary>
    public RolloutService Rollouts => _rollouts.Value;

    /// <summary>The known bases: those that the command names, and those of the settings file.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the settings name one that is none.</exception>
    public IReadOnlyList<KnownBase> KnownBases(IEnumerable<KnownBase> named) =>
        named.Concat(Settings.BaseImages.Select(KnownBase.Parse)).Distinct().ToArray();

    /// <summary>Versions, paths, the age of the advisories, what can be reached.</summary>
    /// <param name="clusters">The clusters to ask as well; null for none.</param>
    /// <param name="engine">The container engine: an address, or a docker context; empty for the one that docker would use.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<PatchEnvironment> ReadEnvironmentAsync(KubernetesInventoryOptions? clusters, string engine,
        CancellationToken cancellationToken = default) => new EnvironmentProbe(this).ReadAsync(clusters, engine, cancellationToken);

    /// <summary>Closes what the services hold open: databases, locks, connections. None of them can be used afterwards.</summary>
    public void Dispose()
    {
        if (_orchestrators.IsValueCreated)
        {
            foreach (var orchestrator in _orchestrators.Value.OfType<IDisposable>())
            {
                orchestrator.Dispose();
            }
        }

        Dispose(_scanner);
        Dispose(_anchore);
        Dispose(_clair);
        Dispose(_notifier);
        Dispose(_shared);
        Dispose(_history);
        Dispose(_store);
    }

    private IImageScanner OpenUnrecorded(ScannerChoice choice) =>
        choice.Names.Distinct(StringComparer.OrdinalIgnoreCase).Select(OpenScanner).ToArray() switch
        {
            [] => _scanner.Value,
            [var one] => one,
            var scanners => new ScannerSet(scanners, choice.Separate, choice.AllowPartial),
        };

    private IImageScanner OpenScanner(string name) =>
        name.Equals(EmbeddedScanner.ScannerName, StringComparison.OrdinalIgnoreCase) ? _scanner.Value
        : Programs.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } program
            ? Open(new ProgramScanner(program, Settings.Scanners.Programs.GetValueOrDefault(program.Name) ?? new ProgramSettings(),
                new ExternalProgram(TimeProvider, Environment.GetEnvironmentVariable)))
        : name.Equals(TrivyOperatorReport.ScannerName, StringComparison.OrdinalIgnoreCase)
            ? new TrivyOperatorScanner(Settings.Scanners.Operator, (context, ns, notices, cancellationToken) =>
                Platforms.ReadVulnerabilityReportsAsync(context, ns, notices, TimeProvider, cancellationToken), _resolver.Value)
        : name.Equals(AnchoreScanner.ScannerName, StringComparison.OrdinalIgnoreCase) ? Open(_anchore.Value)
        : name.Equals(ClairScanner.ScannerName, StringComparison.OrdinalIgnoreCase) ? Open(_clair.Value)
        : throw new PatchException(PatchErrorCode.InvalidArgument, name,
            $"'{name}' is no scanner that can be asked here. They are: {string.Join(", ", ScannerNames)}. Another one's report can be "
                + "read from a file.");

    private ClairSettings ClairSettings => Settings.Scanners.Clair ?? throw NoServer(ClairScanner.ScannerName);

    private PatchException NoServer(string scanner) => new(PatchErrorCode.InvalidArgument, scanner,
        $"Where {scanner} is, nobody says: give its address in the settings file {SettingsFile}, as \"scanners\": {{ \"{scanner.ToLowerInvariant()}\": "
            + "{ \"url\": \"https://...\" } }.");

    private PlatformScans Open(IPlatformScanner scanner) => new(scanner, _resolver.Value, StoreOptions, _store.Value);

    private SharedState OpenShared() => StateStoreAddress.Parse(StateStore) is { } address
        ? Platforms.OpenKubernetesState(address.Context, address.Namespace, StoreOptions.Notices, TimeProvider)
        : SharedState.OfFolder(State, TimeProvider);

    private IWorkloadSource OpenTarget(RingTarget target) => target switch
    {
        { Runs: false } => Platforms.OpenFiles(target.Path),
        { Platform: RingTarget.Compose } => Platforms.OpenCompose(target.Path, target.Context, target.Project),
        { Platform: RingTarget.Swarm } => OpenSwarm(new DockerInventoryOptions { Host = target.Context, Selector = target.Selector }),
        { Platform: RingTarget.Docker } => OpenDocker(new DockerInventoryOptions { Host = target.Context, Selector = target.Selector }),
        _ => OpenKubernetes(new KubernetesInventoryOptions
        {
            Contexts = target.Context.Length > 0 ? [target.Context] : [],
            Namespaces = target.Namespaces,
            Selector = target.Selector,
            Kinds = target.Kinds.Count > 0 ? target.Kinds : RingTarget.ChangeableKinds,
        }),
    };

    private static void Dispose<T>(Lazy<T> service)
        where T : IDisposable
    {
        if (service.IsValueCreated)
        {
            service.Value.Dispose();
        }
    }

    private static string[] Merge(IEnumerable<string> settings, IEnumerable<string> command) =>
        settings.Union(command, StringComparer.OrdinalIgnoreCase).ToArray();

    private static Dictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> settings, IReadOnlyDictionary<string, string> command)
    {
        var map = new Dictionary<string, string>(settings, StringComparer.OrdinalIgnoreCase);
        foreach (var (host, folder) in command)
        {
            map[host] = folder;
        }

        return map;
    }
}
