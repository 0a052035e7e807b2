using System.Runtime.CompilerServices;
using PatchContainers.History;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Stores;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using PatchContainers.Updating;
using Xunit;
using static PatchContainers.Core.Tests.ImageWorld;

namespace PatchContainers.Core.Tests.Updating;

/// <summary>Rebases in registries, counted by their requests.</summary>
public sealed class RegistryRebaseTests : IAsyncLifetime
{
    private readonly TestImage _old = BaseImage("3.0.9-1", day: 1);
    private readonly TestImage _new = BaseBuilder("3.0.11-1", day: 31).Layer("fix", l => l.AddFile("usr/share/fix", "1")).Layer("more",
        l => l.AddFile("usr/share/more", "1")).Build();
    private RegistryServer _registry = null!;
    private ImageStoreRouter _store = null!;
    private UpdateWorld _world = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Base => $"{_registry.Host}/debian:12";

    private string App => $"{_registry.Host}/shop/web:1.4";

    public async ValueTask InitializeAsync()
    {
        _registry = await RegistryServer.StartAsync();
        _store = new ImageStoreRouter(new ImageStoreOptions());
        _world = new UpdateWorld(_store);
    }

    public async ValueTask DisposeAsync()
    {
        _world.Dispose();
        await _registry.DisposeAsync();
    }

    private async Task PushAsync()
    {
        await _old.WriteAsync(_store, Base, Token);
        await _new.WriteAsync(_store, Base, Token);
        await AppBuilder(_old).BasedOn(Base, _old.Digest).Build().WriteAsync(_store, App, Token);
        await _world.ImportAdvisoriesAsync();
        _registry.ClearRequests();
    }

    private int Requests => _registry.Requests.Count(r => !r.IsBlobRead);

    private List<string> Uploads => [.. _registry.Requests.Where(r => r.Method is "PUT" or "PATCH").Select(r => r.Path)];

    [Fact]
    public async Task A_rebase_in_one_registry_mounts_the_base_and_stays_within_its_budget_of_requests()
    {
        await PushAsync();

        var update = await _world.UpdateAsync(App);

        Assert.Equal(UpdateStatus.Updated, update.Status);
        Assert.Equal([UpdateWorld.FixedCve], update.Fixed.Select(f => f.Id));
        Assert.Equal(3, _registry.Requests.Count(r => r.Path.Contains("mount=", StringComparison.Ordinal) && r.Status == 201));

        // The configuration and the manifest are all that is sent.
        Assert.Equal(2, Uploads.Count);
        var image = await _world.ReadAsync(update.NewImage);
        Assert.Equal(image.Platforms[0].Manifest.Config.Size + image.Root.Size, update.BytesUploaded);
        Assert.Equal(image.Platforms[0].Manifest.Layers.Sum(l => l.Size), update.BytesReused);
    }

    [Fact]
    public async Task The_budget_is_12_requests_and_one_per_further_base_layer_and_no_blob_is_read_twice()
    {
        await PushAsync();
        await _world.UpdateAsync(App);

        Assert.True(Requests <= 12 + (_new.Layers.Count - 1), string.Join('\n', _registry.Requests.Where(r => !r.IsBlobRead)));

        // Layers come from the cache the second time; what is read are configurations, which a run reads once.
        _registry.ClearRequests();
        await _world.UpdateAsync(App, new BaseImageUpdateOptions { Tag = "other" });
        var layers = _old.Layers.Concat(_new.Layers).Concat(AppBuilder(_old).Build().Layers).Select(l =>
            l.Descriptor.Digest.ToString()).ToArray();
        Assert.DoesNotContain(_registry.Requests, r => r.IsBlobRead && layers.Any(l => r.Path.Contains(l, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Rebasing_again_sends_nothing()
    {
        await PushAsync();
        var first = await _world.UpdateAsync(App);
        _registry.ClearRequests();

        var second = await _world.UpdateAsync(App);

        Assert.Equal((first.NewDigest, 0L), (second.NewDigest, second.BytesUploaded));
        Assert.DoesNotContain(_registry.Requests, r => r.Method is not ("GET" or "HEAD"));
    }

    [Fact]
    public async Task A_base_in_another_registry_is_uploaded_once_and_counted()
    {
        await using var other = await RegistryServer.StartAsync();
        var baseName = $"{other.Host}/debian:12";
        await _old.WriteAsync(_store, baseName, Token);
        await _new.WriteAsync(_store, baseName, Token);
        await AppBuilder(_old).BasedOn(baseName, _old.Digest).Build().WriteAsync(_store, App, Token);

        var first = await _world.UpdateAsync(App);
        var again = await _world.UpdateAsync(App, new BaseImageUpdateOptions { Tag = "again" });

        // All but the manifest is there the second time.
        var image = await _world.ReadAsync(first.NewImage);
        Assert.Equal(image.Root.Size, again.BytesUploaded);
        Assert.Equal(_new.Layers.Sum(l => (long)l.Content.Length) + image.Platforms[0].Manifest.Config.Size
            + image.Root.Size, first.BytesUploaded);
        Assert.Equal(AppBuilder(_old).Build().Layers[1].Content.Length, first.BytesReused);
    }

    [Fact]
    public async Task A_registry_that_does_not_mount_gets_the_layers_and_keeps_them()
    {
        await using var other = await RegistryServer.StartAsync(new RegistryServerOptions { Mounts = false });
        var (baseName, app) = ($"{other.Host}/debian:12", $"{other.Host}/shop/web:1.4");
        await _old.WriteAsync(_store, baseName, Token);
        await _new.WriteAsync(_store, baseName, Token);
        await AppBuilder(_old).BasedOn(baseName, _old.Digest).Build().WriteAsync(_store, app, Token);

        var update = await _world.UpdateAsync(app);

        Assert.Equal(UpdateStatus.Updated, update.Status);
        Assert.True(update.BytesUploaded > _new.Layers.Sum(l => (long)l.Content.Length));
    }

    [Theory]
    [InlineData("config")]
    [InlineData("manifest")]
    public async Task Killed_before_the_tag_there_is_no_tag_and_a_repeat_goes_on_from_there(string before)
    {
        await PushAsync();
        var plan = await _world.PlanAsync(App);
        var killed = new BaseImageUpdater(new KilledStore(_store, before), new ImageResolver(_store), _world.Layers, null,
            _world.Images.Clock);
        var doomed = await killed.PlanAsync(UpdateTarget.From(ImageReference.Parse(App)), new BaseImageUpdateOptions(), _world.Images,
            Token);

        await Assert.ThrowsAsync<KilledException>(() => killed.ApplyAsync(doomed, _world.Images, Token));

        Assert.Equal(["1.4"], _registry.Content["shop/web"].Tags.Keys);
        var update = await _world.UpdateAsync(App);
        Assert.Equal(plan.Preview.NewDigest, update.NewDigest);
        Assert.Equal(before == "manifest", update.BytesUploaded == (await _world.ReadAsync(update.NewImage)).Root.Size);
    }

    [Theory]
    [InlineData("config", "Failed", "did not end")]
    [InlineData("manifest", "Failed", "did not end")]
    [InlineData("read-back", "Unverified", "was not verified")]
    public async Task An_update_that_fails_midway_is_recorded_as_what_is_known_of_it(string before, string outcome, string detail)
    {
        await PushAsync();
        var updater = new BaseImageUpdater(new KilledStore(_store, before), new ImageResolver(_store), _world.Layers, null,
            _world.Images.Clock, _world.History);
        var target = UpdateTarget.From(ImageReference.Parse(App));
        var plan = await updater.PlanAsync(target, new BaseImageUpdateOptions(), _world.Images, Token);

        await Assert.ThrowsAsync<KilledException>(() => updater.ApplyAsync(plan, _world.Images, Token));

        var record = Assert.Single(await _world.ReadHistoryAsync());
        Assert.Equal((PatchRecordKind.Update, App, plan.Preview.Digest, outcome),
            (record.Kind, record.Image, record.OldDigest, record.Outcome));
        Assert.Equal(before == "read-back" ? plan.Preview.NewDigest : string.Empty, record.NewDigest);
        Assert.Contains(plan.Preview.NewImage, record.Detail, StringComparison.Ordinal);
        Assert.Contains(detail, record.Detail, StringComparison.Ordinal);
        Assert.Empty(record.Findings);
    }

    [Fact]
    public async Task An_update_that_is_cancelled_after_its_tag_was_written_is_recorded()
    {
        await PushAsync();
        using var cancel = new CancellationTokenSource();
        var scanner = new CancellingScanner(cancel);
        var updater = _world.Updater(scanner);
        var target = UpdateTarget.From(ImageReference.Parse(App));
        var plan = await updater.PlanAsync(target, new BaseImageUpdateOptions(), _world.Images, Token);
        scanner.IsArmed = true;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => updater.ApplyAsync(plan, _world.Images, cancel.Token));

        var record = Assert.Single(await _world.ReadHistoryAsync());
        Assert.Equal(("Unverified", plan.Preview.NewDigest), (record.Outcome, record.NewDigest));
        Assert.Contains("cancelled", record.Detail, StringComparison.Ordinal);
        Assert.Equal(plan.Preview.NewDigest, (await _world.ReadAsync(plan.Preview.NewImage)).Digest.ToString());
    }

    [Fact]
    public async Task An_index_is_written_with_its_tag_last()
    {
        var (oldArm, newArm) = (BaseImage("3.0.9-1", "linux/arm64"), BaseImage("3.0.11-1", "linux/arm64"));
        var before = await new TestIndex(_old, oldArm).WriteAsync(_store, Base, Token);
        await new TestIndex(_new, newArm).WriteAsync(_store, Base, Token);
        await new TestIndex(AppBuilder(_old).Build(), AppBuilder(oldArm).Build()).BasedOn(Base, before.Digest).WriteAsync(_store, App,
            Token);
        _registry.ClearRequests();

        var update = await _world.UpdateAsync(App);

        Assert.Equal(UpdateStatus.Updated, update.Status);
        Assert.EndsWith($"/manifests/{ImageReference.Parse(update.NewImage).Tag}", _registry.Requests.Last(r => r.Method is "PUT").Path,
            StringComparison.Ordinal);
        Assert.Equal(2, (await _world.ReadAsync(update.NewImage)).Platforms.Count);
    }

    private sealed class KilledException : Exception;

    /// <summary>Cancels in the middle of the scan, once it is armed.</summary>
    private sealed class CancellingScanner(CancellationTokenSource cancel) : IImageScanner
    {
        public bool IsArmed { get; set; }

        public string Name => "Cancelling";

        public async IAsyncEnumerable<ImageScanResult> ScanAsync(ScanTarget target, IProgress<PatchNotice> notices,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            if (IsArmed)
            {
                await cancel.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }

            yield break;
        }
    }

    /// <summary>A process that ends at a point of its writing.</summary>
    private sealed class KilledStore(IImageStore store, string before) : IImageStore
    {
        private bool _isWritten;

        public Task<Descriptor> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
            store.ResolveAsync(reference, cancellationToken);

        public Task<StoredManifest> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
            _isWritten ? throw new KilledException() : store.ReadManifestAsync(reference, cancellationToken);

        public Task<Stream> OpenBlobAsync(ImageReference repository, Descriptor descriptor,
            CancellationToken cancellationToken = default) =>
            store.OpenBlobAsync(repository, descriptor, cancellationToken);

        public Task<bool> BlobExistsAsync(ImageReference repository, Descriptor descriptor,
            CancellationToken cancellationToken = default) =>
            store.BlobExistsAsync(repository, descriptor, cancellationToken);

        public IAsyncEnumerable<string> ListTagsAsync(ImageReference repository, CancellationToken cancellationToken = default) =>
            store.ListTagsAsync(repository, cancellationToken);

        public IAsyncEnumerable<Descriptor> ListUntaggedAsync(ImageReference repository, CancellationToken cancellationToken = default) =>
            store.ListUntaggedAsync(repository, cancellationToken);

        public Task<bool> TryMountBlobAsync(ImageReference target, Descriptor descriptor, ImageReference source,
            CancellationToken cancellationToken = default) =>
            store.TryMountBlobAsync(target, descriptor, source, cancellationToken);

        public Task WriteBlobAsync(ImageReference target, Descriptor descriptor, Stream content,
            CancellationToken cancellationToken = default) =>
            before == "config" ? throw new KilledException() : store.WriteBlobAsync(target, descriptor, content, cancellationToken);

        public async Task<Descriptor> WriteManifestAsync(ImageReference target, string mediaType, ReadOnlyMemory<byte> content,
            CancellationToken cancellationToken = default)
        {
            if (before != "read-back")
            {
                throw new KilledException();
            }

            var written = await store.WriteManifestAsync(target, mediaType, content, cancellationToken);
            _isWritten = true;
            return written;
        }

        public IAsyncEnumerable<string> ListRepositoriesAsync(CancellationToken cancellationToken = default) =>
            store.ListRepositoriesAsync(cancellationToken);
    }
}
