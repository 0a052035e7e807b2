using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Staleness;

public sealed class RegistryStalenessTests : IAsyncLifetime, IProgress<PatchNotice>
{
    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseImage("3.0.11-1", day: 31);
    private RegistryServer _registry = null!;
    private ImageStoreRouter _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _registry = await RegistryServer.StartAsync();
        _store = new ImageStoreRouter(new ImageStoreOptions { TimeProvider = new FakeClock() });
    }

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    void IProgress<PatchNotice>.Report(PatchNotice value)
    {
    }

    private async Task<List<StaleImage>> FindAsync(StaleImageOptions options, IHistoryStore? history = null)
    {
        var found = new List<StaleImage>();
        await foreach (var image in new StaleImageFinder(_store, TimeProvider.System,
            history).FindAsync(options with { IncludeFresh = true }, this, Token))
        {
            found.Add(image);
        }

        return found;
    }

    private string Reference(string name) => $"{_registry.Host}/{name}";

    [Fact]
    public async Task Every_manifest_is_asked_for_once_whatever_the_number_of_images_on_it()
    {
        await new TestIndex(_old, BaseImage("3.0.9-1", "linux/arm64")).WriteAsync(_store, Reference("debian:12-old"), Token);
        var current = await new TestIndex(_new, BaseImage("3.0.11-1", "linux/arm64")).WriteAsync(_store, Reference("debian:12"), Token);
        var images = new List<ImageReference>();
        for (var i = 0; i < 10; i++)
        {
            var builder = AppBuilder(i % 2 == 0 ? _old : _new).Env("N", $"{i}");
            if (i % 3 != 0)
            {
                builder.BasedOn(Reference("debian:12"), i % 2 == 0 ? _old.Digest : current.Digest);
            }

            images.Add(ImageReference.Parse(Reference($"shop/web:{i}")));
            await builder.Build().WriteAsync(_store, images[i], Token);
        }

        // Named twice, and once in another spelling.
        images.Add(images[0]);
        images.Add(ImageReference.Parse("docker://" + images[1]));
        _registry.ClearRequests();

        var found = await FindAsync(new StaleImageOptions { Images = images, BaseImages = [KnownBase.Parse(Reference("debian:12"))] });

        Assert.Equal(10, found.Count);
        Assert.Equal(5, found.Count(f => f.Status == StaleStatus.Stale));
        Assert.Equal(5, found.Count(f => f.Status == StaleStatus.Fresh));
        Assert.All(_registry.Requests.Where(r => r.Path.Contains("/manifests/", StringComparison.Ordinal)).GroupBy(r => r.Path), g =>
            Assert.Single(g));
    }

    [Fact]
    public async Task A_base_that_is_not_there_is_asked_for_once_too()
    {
        for (var i = 0; i < 5; i++)
        {
            await AppBuilder(_old).Env("N", $"{i}").BasedOn(Reference("gone:1"), _old.Digest).Build().WriteAsync(_store,
                Reference($"shop/web:{i}"), Token);
        }

        _registry.ClearRequests();
        var found = await FindAsync(new StaleImageOptions { Images = [.. Enumerable.Range(0, 5).Select(i =>
            ImageReference.Parse(Reference($"shop/web:{i}")))] });

        Assert.All(found, f => Assert.Equal(StaleStatus.Unknown, f.Status));
        Assert.Equal(1, _registry.Count("GET", "/gone/manifests/"));
    }

    [Fact]
    public async Task The_tags_of_a_registry_s_repository_are_versions_of_a_known_base()
    {
        await _old.WriteAsync(_store, Reference("debian:12-20240101"), Token);
        await _new.WriteAsync(_store, Reference("debian:12"), Token);
        await AppBuilder(_old).Build().WriteAsync(_store, Reference("shop/web:1"), Token);

        var stale = Assert.Single(await FindAsync(new StaleImageOptions
        {
            Images = [ImageReference.Parse(Reference("shop/web:1"))],
            BaseImages = [KnownBase.Parse(Reference("debian:12"))],
        }));

        Assert.Equal((StaleStatus.Stale, BaseEvidence.LayerPrefix, _old.Digest.ToString()),
            (stale.Status, stale.Base.Method, stale.Base.RecordedDigest));
    }

    [Fact]
    public async Task A_name_without_a_digest_does_not_have_every_tag_of_its_repository_asked()
    {
        await _old.WriteAsync(_store, Reference("debian:12-20240101"), Token);
        await _new.WriteAsync(_store, Reference("debian:12"), Token);
        await AppBuilder(_old).BasedOn(Reference("debian:12")).Build().WriteAsync(_store, Reference("shop/web:1"), Token);
        _registry.ClearRequests();

        var unknown = Assert.Single(await FindAsync(new StaleImageOptions { Images = [ImageReference.Parse(Reference("shop/web:1"))] }));

        Assert.Equal(StaleStatus.Unknown, unknown.Status);
        Assert.Equal((0, 1), (_registry.Count("GET", "/tags/list"), _registry.Count("GET", "/debian/manifests/")));
    }

    [Fact]
    public async Task What_a_name_meant_before_is_known_from_the_history()
    {
        using var folder = new TemporaryFolder();
        var history = new HistoryFile(folder["history.jsonl"], TimeProvider.System);
        await _old.WriteAsync(_store, Reference("debian:12"), Token);
        await AppBuilder(_old).BasedOn(Reference("debian:12"), _old.Digest).Build().WriteAsync(_store, Reference("shop/web:1"), Token);
        await AppBuilder(_old).Env("SAYS", "nothing").Build().WriteAsync(_store, Reference("shop/web:2"), Token);
        StaleImageOptions options = new()
        {
            Images = [ImageReference.Parse(Reference("shop/web:1")), ImageReference.Parse(Reference("shop/web:2"))],
            BaseImages = [KnownBase.Parse(Reference("debian:12"))],
        };
        Assert.All(await FindAsync(options, history), f => Assert.Equal(StaleStatus.Fresh, f.Status));
        await _new.WriteAsync(_store, Reference("debian:12"), Token);

        Assert.Equal([StaleStatus.Stale, StaleStatus.Unknown], (await FindAsync(options)).Select(f => f.Status));
        var found = await FindAsync(options, history);
        Assert.Equal([StaleStatus.Stale, StaleStatus.Stale], found.Select(f => f.Status));
        Assert.Contains("found as a digest in the history", found[1].Detail, StringComparison.Ordinal);

        // A verdict is recorded in every run that comes to it, and so is a base that means again what it meant before.
        await _old.WriteAsync(_store, Reference("debian:12"), Token);
        await FindAsync(options, history);
        var records = new List<PatchRecord>();
        await foreach (var record in history.ReadAsync(new HistoryFilter(), Token))
        {
            records.Add(record);
        }

        Assert.Equal([_old.Digest.ToString(), _new.Digest.ToString(), _old.Digest.ToString()],
            records.Where(r => r.Outcome == "Base").Select(r => r.NewDigest));
        Assert.Equal(["Fresh", "Fresh", "Stale", "Stale", "Fresh", "Fresh"],
            records.Where(r => r.Outcome != "Base").Select(r => r.Outcome));
    }

    [Fact]
    public async Task A_registry_that_cannot_be_reached_makes_nothing_fresh()
    {
        var gone = await RegistryServer.StartAsync();
        var name = $"{gone.Host}/debian:12";
        await gone.DisposeAsync();
        await AppBuilder(_old).BasedOn(name, _old.Digest).Build().WriteAsync(_store, Reference("shop/web:1"), Token);

        var unknown = Assert.Single(await FindAsync(new StaleImageOptions { Images = [ImageReference.Parse(Reference("shop/web:1"))] }));

        Assert.Equal(StaleStatus.Unknown, unknown.Status);
        Assert.Contains(gone.Host, unknown.Detail, StringComparison.Ordinal);
    }
}
