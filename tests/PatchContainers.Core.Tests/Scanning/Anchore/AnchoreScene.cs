using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Anchore;

/// <summary>An image in a registry, an Anchore that is to scan it, and settings that name it.</summary>
internal sealed class AnchoreScene : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RegistryServer _registry;

    private AnchoreScene(AnchoreFake anchore, RegistryServer registry, string settings)
    {
        (Anchore, _registry) = (anchore, registry);
        File.WriteAllText(_folder["password"], "s3cret\n");
        File.WriteAllText(_folder[PatchSettings.FileName], $$"""
            {"registryMap": {"r.example": "oci:registry"},
             "scanners": {"anchore": {"url": "{{anchore.Url}}", "user": "ops", "passwordFile": "{{_folder["password"]}}"{{settings}} } } }
            """);
        Services = new PatchServices(new PatchServicesOptions
        {
            State = new PatchState(_folder.Path),
            Platforms = () => throw new InvalidOperationException("No platform is needed."),
            TimeProvider = Clock,
        });
    }

    public AnchoreFake Anchore { get; }

    public PatchServices Services { get; }

    public FakeClock Clock { get; } = new();

    public NoticeList Notices { get; } = new();

    public string Repository => $"{_registry.Host}/shop/web";

    public string Image => Repository + ":1.4";

    /// <summary>The digest of the image's only manifest.</summary>
    public string Digest { get; private set; } = string.Empty;

    public string Folder => _folder.Path;

    public static async Task<AnchoreScene> OpenAsync(string api = "v1", string settings = "")
    {
        var scene = new AnchoreScene(await AnchoreFake.StartAsync(api), await RegistryServer.StartAsync(), settings);
        scene.Digest = (await ImageWorld.BaseImage("1").WriteAsync(scene.Services.Store, scene.Image, Token)).Digest.ToString();
        return scene;
    }

    public async Task<List<ImageScanResult>> ScanAsync(string? image = null, CancellationToken? token = null)
    {
        var target = new ScanTarget { Image = ImageReference.Parse(image ?? Image), Name = image ?? Image };
        return await Services.OpenScanner(new ScannerChoice { Names = ["Anchore"] }).ScanAsync(target, Notices, token ?? Token).ToListAsync(token ?? Token);
    }

    public async Task<PatchException> FailAsync(string? image = null)
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(image));
        Assert.StartsWith($"{image ?? Image} was not scanned by Anchore: ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.Message, StringComparison.Ordinal);
        return e;
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever else a test is about, what was said was as the API's description has it.
        Assert.Empty(Anchore.Watch.Faults);
        Services.Dispose();
        await Anchore.DisposeAsync();
        await _registry.DisposeAsync();
        _folder.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
