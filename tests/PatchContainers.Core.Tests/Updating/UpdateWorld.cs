using System.Text.Json.Nodes;
using PatchContainers.Core.Tests.Advisories;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Embedded;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.TestKit.Advisories;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Core.Tests.Updating;

/// <summary>All that an update needs: images, a cache, advisories with the embedded scanner, and a history.</summary>
internal sealed class UpdateWorld : IDisposable
{
    public const string FixedCve = "CVE-2024-0001";
    public const string OpenCve = "CVE-2024-0002";

    private readonly AdvisoryFixture _advisories = new();
    private readonly List<EmbeddedScanner> _scanners = [];

    public UpdateWorld(IImageStore? store = null)
    {
        Store = store ?? Images.Store;
        Layers = new LayerSource(Store, new LayerCache(_advisories.State.Cache), new LayerLimits());
        History = new HistoryFile(_advisories.State.History, Images.Clock);
    }

    public ImageWorld Images { get; } = new();

    public IImageStore Store { get; }

    public LayerSource Layers { get; }

    public HistoryFile History { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _scanners.ForEach(s => s.Dispose());
        _advisories.Dispose();
        Images.Dispose();
    }

    /// <summary>Debian 12's openssl has a CVE that 3.0.11-1 fixes, and one that nothing fixes.</summary>
    public Task ImportAdvisoriesAsync() => _advisories.ImportTextAsync(
        OsvJson.Record("DEBIAN-" + FixedCve, "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", "3.0.11-1")),
        OsvJson.Record("DEBIAN-" + OpenCve, "2024-01-01T00:00:00Z", OsvJson.Affected("Debian:12", "openssl", null)));

    /// <summary>What one run has.</summary>
    public BaseImageUpdater Updater(IImageScanner? scanner = null)
    {
        var resolver = new ImageResolver(Store);
        _scanners.Add(new EmbeddedScanner(resolver, new ImagePackageReader(Layers), _advisories.Catalog, Images.Clock));
        return new BaseImageUpdater(Store, resolver, Layers, scanner ?? _scanners[^1], Images.Clock, History);
    }

    public Task<UpdatePlan> PlanAsync(string image = ImageWorld.App, BaseImageUpdateOptions? options = null) =>
        Updater().PlanAsync(UpdateTarget.From(ImageReference.Parse(image)), options ?? new BaseImageUpdateOptions(), Images, Token);

    public async Task<BaseImageUpdate> UpdateAsync(string image = ImageWorld.App, BaseImageUpdateOptions? options = null)
    {
        var updater = Updater();
        var plan = await updater.PlanAsync(UpdateTarget.From(ImageReference.Parse(image)), options ?? new BaseImageUpdateOptions(), Images,
            Token);
        return await updater.ApplyAsync(plan, Images, Token);
    }

    public static BaseImageUpdateOptions KnownBases(params string[] bases) => new() { BaseImages = [.. bases.Select(KnownBase.Parse)] };

    public Task<ResolvedImage> ReadAsync(string image) => new ImageResolver(Store).ResolveAsync(ImageReference.Parse(image), Token);

    public async Task<JsonObject> ReadDocumentAsync(string image) =>
        JsonNode.Parse((await Store.ReadManifestAsync(ImageReference.Parse(image), Token)).Content.Span)!.AsObject();

    public static JsonObject Json(ReadOnlyMemory<byte> content) => JsonNode.Parse(content.Span)!.AsObject();

    public async Task<List<PatchRecord>> ReadHistoryAsync()
    {
        var records = new List<PatchRecord>();
        await foreach (var record in History.ReadAsync(new HistoryFilter(), Token))
        {
            records.Add(record);
        }

        return records;
    }

    /// <summary>What the image's files are, squashed, as lines.</summary>
    public async Task<List<string>> SquashAsync(string image)
    {
        var platform = (await ReadAsync(image)).Platforms[0];
        var contents = new List<LayerContent>();
        foreach (var (layer, diffId) in platform.Manifest.Layers.Zip(platform.Config.DiffIds))
        {
            contents.Add(await Layers.ReadAsync(ImageReference.Parse(image), layer, diffId, LayerSelection.None, Token));
        }

        return [.. new SquashedView(contents).EnumerateBelow(string.Empty).Select(e =>
            $"{e.Entry.Path} {e.Entry.Kind} {e.Entry.ContentDigest}{e.Entry.LinkTarget}")];
    }
}
