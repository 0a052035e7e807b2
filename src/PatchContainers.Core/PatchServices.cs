using PatchContainers.Stores;

namespace PatchContainers;

/// <summary>What the services are made from.</summary>
public sealed record PatchServicesOptions
{
    /// <summary>Where state lies.</summary>
    public required PatchState State { get; init; }

    /// <summary>The settings file; null for the one in the state folder, which need not be there.</summary>
    public string? SettingsFile { get; init; }

    /// <summary>Where images are found, as the command says. It goes before the settings file, host by host.</summary>
    public ImageStoreOptions Stores { get; init; } = new();

    /// <summary>Loads the platforms, when one is first used.</summary>
    public required Func<IPlatformProvider> Platforms { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>
/// All services of one run, wired once for both fronts and made when first asked for. One run shares one resolver: an image is asked for once, whatever
/// the number of records that name it.
/// </summary>
public sealed class PatchServices
{
    private readonly PatchServicesOptions _options;
    private readonly Lazy<ImageStoreRouter> _store;
    private readonly Lazy<ImageResolver> _resolver;
    private readonly Lazy<IPlatformProvider> _platforms;

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
            InsecureRegistries = Settings.InsecureRegistries.Union(options.Stores.InsecureRegistries, StringComparer.OrdinalIgnoreCase).ToArray(),
            TimeProvider = options.TimeProvider,
        };
        _store = new(() => new ImageStoreRouter(StoreOptions));
        _resolver = new(() => new ImageResolver(_store.Value));
        _platforms = new(options.Platforms);
    }

    /// <summary>Where state lies.</summary>
    public PatchState State => _options.State;

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

    /// <summary>Reads images, each once in this run.</summary>
    public ImageResolver Resolver => _resolver.Value;

    /// <summary>The platforms that containers run on.</summary>
    public IPlatformProvider Platforms => _platforms.Value;

    /// <summary>Versions, paths, the age of the advisories, what can be reached.</summary>
    public Task<PatchEnvironment> ReadEnvironmentAsync(CancellationToken cancellationToken = default) => new EnvironmentProbe(this).ReadAsync(cancellationToken);

    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> settings, IReadOnlyDictionary<string, string> command)
    {
        var map = new Dictionary<string, string>(settings, StringComparer.OrdinalIgnoreCase);
        foreach (var (host, folder) in command)
        {
            map[host] = folder;
        }

        return map;
    }
}
