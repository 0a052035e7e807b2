using System.Net;
using System.Net.Sockets;
using System.Reflection;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests;

public sealed class PatchServicesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_command_says_goes_before_the_settings_host_by_host()
    {
        File.WriteAllText(Path.Combine(_folder.Path, PatchSettings.FileName), """
            {
              "registryMap": { "a.example": "oci:settings-a", "B.example": "oci:settings-b" },
              "insecureRegistries": [ "c.example" ],
              "allowedTokenHosts": [ "login.example" ],
              "baseImages": [ "a.example/base:1" ]
            }
            """);
        using var services = Create(new ImageStoreOptions
        {
            RegistryMap = new Dictionary<string, string> { ["b.example"] = "oci:/command-b" },
            InsecureRegistries = ["C.example", "d.example"],
        });

        Assert.Equal("oci:" + Path.Combine(_folder.Path, "settings-a"), services.StoreOptions.RegistryMap["a.example"]);
        Assert.Equal("oci:/command-b", services.StoreOptions.RegistryMap["B.EXAMPLE"]);
        Assert.Equal(2, services.StoreOptions.RegistryMap.Count);
        Assert.Equal(["c.example", "d.example"], services.StoreOptions.InsecureRegistries);
        Assert.Equal(["login.example"], services.StoreOptions.AllowedTokenHosts);
        var bases = services.KnownBases([KnownBase.Parse("b.example/other:2"), KnownBase.Parse("a.example/base:1")]);
        Assert.Equal(["b.example/other:2", "a.example/base:1"], bases.Select(b => b.ToString()));
    }

    [Fact]
    public async Task Limits_of_the_settings_file_hold_for_what_is_read()
    {
        File.WriteAllText(Path.Combine(_folder.Path, PatchSettings.FileName), """
            { "registryMap": { "r.example": "oci:registry" }, "limits": { "maxEntries": 1 } }
            """);
        using var services = Create(new ImageStoreOptions());
        await ImageWorld.BaseImage("1").WriteAsync(services.Store, "r.example/app:1", TestContext.Current.CancellationToken);
        var target = new ScanTarget { Image = ImageReference.Parse("r.example/app:1"), Name = "r.example/app:1" };

        var e = await Assert.ThrowsAsync<PatchException>(async () =>
        {
            await foreach (var _ in services.OpenScanner(new ScannerChoice()).ScanAsync(target, new NoticeList(), TestContext.Current.CancellationToken))
            {
            }
        });

        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
        Assert.Contains("limits.maxEntries in the settings file", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_made_before_it_is_asked_for()
    {
        using var services = Create(new ImageStoreOptions { RegistryMap = new Dictionary<string, string> { ["not a host"] = "oci:x" } });
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => services.Store).Code);
        Assert.Throws<InvalidOperationException>(() => services.Platforms);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task The_environment_says_what_answers_and_what_is_missing_and_writes_nothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = AnswerAsync(listener);
        var host = $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        using var services = Create(new ImageStoreOptions
        {
            RegistryMap = new Dictionary<string, string>
            {
                ["here.example"] = "oci:" + _folder.Path,
                ["missing.example"] = "oci:/does/not/exist",
            },
            InsecureRegistries = [host, "127.0.0.1:1"],
            Credentials = new Dictionary<string, RegistryCredential> { [host] = new("robot", "s3cret") },
        }, () => DispatchProxy.Create<IPlatformProvider, PlatformsWithoutEngine>());

        var environment = await services.ReadEnvironmentAsync(null, string.Empty, TestContext.Current.CancellationToken);

        Assert.DoesNotContain("Authorization", await answering, StringComparison.OrdinalIgnoreCase);
        Assert.Equal([("here.example", true), ("missing.example", false), ("127.0.0.1:1", false), (host, true)],
            environment.Registries.Select(r => (r.Name, r.IsReachable)).OrderBy(r => r.Name.StartsWith("127", StringComparison.Ordinal)));
        Assert.Contains(environment.Problems, p => p.Contains("missing.example", StringComparison.Ordinal));
        Assert.Contains(environment.Problems, p => p.Contains("no advisories", StringComparison.Ordinal));
        Assert.Equal(PlatformsWithoutEngine.Engine, Assert.Single(environment.Engines));
        Assert.Equal(_folder.Path, environment.StatePath);
        Assert.Empty(environment.SettingsFile);
        Assert.Empty(environment.HistoryHead);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task What_the_services_hold_open_is_closed_with_them()
    {
        await using var registry = await RegistryServer.StartAsync();
        using var other = new RegistryStore(new ImageStoreOptions());
        await new TestImageBuilder().Build().WriteAsync(other, $"{registry.Host}/app:1", TestContext.Current.CancellationToken);
        var services = Create(new ImageStoreOptions());
        var (store, history, reference) = (services.Store, services.History, ImageReference.Parse($"{registry.Host}/app:1"));
        await store.ResolveAsync(reference, TestContext.Current.CancellationToken);
        await history.AppendAsync(new PatchRecord(), TestContext.Current.CancellationToken);

        services.Dispose();
        services.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.ResolveAsync(reference, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ObjectDisposedException>(() =>
            history.AppendAsync(new PatchRecord(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Closing_services_that_were_never_asked_for_makes_none()
    {
        Create(new ImageStoreOptions { RegistryMap = new Dictionary<string, string> { ["not a host"] = "oci:x" } }).Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    private static async Task<string> AnswerAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[8192];
        var count = await client.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken);
        var answer = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();
        await client.GetStream().WriteAsync(answer, TestContext.Current.CancellationToken);
        return System.Text.Encoding.ASCII.GetString(buffer, 0, count);
    }

    private PatchServices Create(ImageStoreOptions stores, Func<IPlatformProvider>? platforms = null) => new(new PatchServicesOptions
    {
        State = new PatchState(_folder.Path),
        Stores = stores,
        Platforms = platforms ?? (() => throw new InvalidOperationException("Nobody asked.")),
    });
}

/// <summary>Platforms on a host without a container engine; they are asked for nothing else.</summary>
public class PlatformsWithoutEngine : DispatchProxy
{
    public static EndpointInfo Engine { get; } = new() { Name = "Docker", Address = "unix:///run/none.sock", Detail = "It is not there." };

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod?.Name == nameof(IPlatformProvider.ProbeEngineAsync) ? Task.FromResult(Engine)
            : throw new InvalidOperationException($"{targetMethod?.Name} was asked for.");
}
