using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Clair;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Clair;

/// <summary>A registry with an image, a Clair that knows it, and the services that ask Clair.</summary>
internal sealed class ClairWorld : IAsyncDisposable
{
    public static readonly byte[] Key = "a key that both of us have got"u8.ToArray();

    private readonly TemporaryFolder _folder = new();
    private readonly List<PatchServices> _services = [];

    private ClairWorld(RegistryServer registry, ClairServer clair, FakeClock clock) => (Registry, Clair, Clock) = (registry, clair, clock);

    public RegistryServer Registry { get; }

    public ClairServer Clair { get; }

    public FakeClock Clock { get; }

    public NoticeList Notices { get; } = new();

    public TestImage Image { get; } = ImageWorld.BaseImage("1");

    public string Name => $"{Registry.Host}/shop/web:1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<ClairWorld> StartAsync(
        Func<ClairServerOptions, ClairServerOptions>? clair = null, RegistryAuthentication authentication = RegistryAuthentication.None)
    {
        var clock = new FakeClock();
        var options = new ClairServerOptions { TimeProvider = clock };
        var world = new ClairWorld(
            await RegistryServer.StartAsync(new RegistryServerOptions { Authentication = authentication, TimeProvider = clock }),
            await ClairServer.StartAsync(clair?.Invoke(options) ?? options), clock);
        using var store = new RegistryStore(world.StoreOptions);
        await world.Image.WriteAsync(store, world.Name, Token);
        world.Registry.ClearRequests();
        return world;
    }

    /// <summary>A report, said to be of another manifest.</summary>
    public static string ReportOf(string text, string digest)
    {
        var report = JsonNode.Parse(text)!;
        report["manifest_hash"] = digest;
        return report.ToJsonString();
    }

    /// <summary>The services, with these settings of Clair.</summary>
    public PatchServices Open(string settings = "", string others = "")
    {
        File.WriteAllText(_folder[PatchSettings.FileName], $$"""
            {{{others}} "scanners": { "clair": { {{(settings.Contains("rl\":", StringComparison.Ordinal) ? settings : $"\"url\": \"{Clair.Url}\"{settings}")}} } } }
            """);
        _services.Add(new PatchServices(new PatchServicesOptions
        {
            State = new PatchState(_folder.Path),
            Stores = StoreOptions,
            Platforms = () => throw new InvalidOperationException("No platform is needed."),
            TimeProvider = Clock,
        }));
        return _services[^1];
    }

    /// <summary>Settings with the key in a file.</summary>
    public string KeySettings(byte[] key, string issuer = "ci")
    {
        File.WriteAllText(_folder["clair.key"], Convert.ToBase64String(key) + "\n");
        return $", \"pskKeyFile\": \"{_folder["clair.key"]}\", \"pskIssuer\": \"{issuer}\"";
    }

    public Task<List<ImageScanResult>> ScanAsync(PatchServices services, string? image = null) => ScanAsync(services, image ?? Name, Notices, Token);

    public static async Task<List<ImageScanResult>> ScanAsync(
        PatchServices services, string image, IProgress<PatchNotice> notices, CancellationToken cancellationToken)
    {
        var target = new ScanTarget { Image = ImageReference.Parse(image), Name = image };
        return await services.OpenScanner(new ScannerChoice { Names = ["clair"] }).ScanAsync(target, notices, cancellationToken)
            .ToListAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _services.ForEach(s => s.Dispose());
        await Clair.DisposeAsync();
        await Registry.DisposeAsync();
        _folder.Dispose();
    }

    private ImageStoreOptions StoreOptions => new()
    {
        Credentials = new Dictionary<string, RegistryCredential> { [Registry.Host] = new(Registry.Options.User, Registry.Options.Password) },
        TimeProvider = Clock,
    };
}
