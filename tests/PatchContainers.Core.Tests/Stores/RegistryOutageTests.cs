using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

/// <summary>Hosts that are not there, and answers that do not arrive.</summary>
public sealed class RegistryOutageTests
{
    private readonly FakeClock _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_is_not_there_is_tried_a_few_times_for_one_reference_and_not_for_the_next()
    {
        var host = await AbsentHostAsync();
        using var store = Store();
        var e = await FailAsync(store, $"{host}/app:1");
        Assert.Equal($"{host}/app:1: reading the manifest: Connection refused ({host}). Check the network, a proxy, and the registry.", e.Message);
        Assert.Equal(4, _clock.Waits.Count);

        e = await FailAsync(store, $"{host}/other:2");
        Assert.Equal($"{host}/other:2", e.Target);
        Assert.Contains($"not asked again within 60 s of the last try: Connection refused ({host}).", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PatchException>(() => store.ListTagsAsync(ImageReference.Parse($"{host}/app"), Token).ToListAsync(Token).AsTask());
        Assert.Equal(4, _clock.Waits.Count);

        _clock.Advance(RegistryOutages.Duration);
        await FailAsync(store, $"{host}/app:1");
        Assert.Equal(8, _clock.Waits.Count);
    }

    [Fact]
    public async Task A_name_that_nobody_has_is_not_looked_up_twice()
    {
        using var store = Store();
        var first = await FailAsync(store, "nobody.invalid/app:1");
        Assert.Contains("(nobody.invalid:443)", first.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("(nobody.invalid)", first.Message, StringComparison.Ordinal);
        Assert.Contains("not asked again", (await FailAsync(store, "nobody.invalid/app:2")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_host_is_asked_all_the_same()
    {
        var absent = await AbsentHostAsync();
        await using var server = await RegistryServer.StartAsync();
        using var store = Store();
        await FailAsync(store, $"{absent}/app:1");
        var image = RandomImages.Create(1);
        await image.WriteAsync(store, $"{server.Host}/app:1", Token);
        Assert.Equal(image.Digest, (await store.ResolveAsync(ImageReference.Parse($"{server.Host}/app:1"), Token)).Digest);
    }

    [Fact]
    public async Task A_registry_whose_storage_is_not_there_still_tells_of_its_manifests()
    {
        var storage = await AbsentHostAsync();
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { RedirectBlobsTo = $"http://{storage}/" });
        using var store = Store();
        var image = RandomImages.Create(1);
        var reference = ImageReference.Parse($"{server.Host}/app:1");
        await image.WriteAsync(store, reference, Token);
        for (var i = 0; i < 2; i++)
        {
            var e = await Assert.ThrowsAsync<PatchException>(() => store.OpenBlobAsync(reference, image.Layers[0].Descriptor, Token));
            Assert.Equal(PatchErrorCode.Unreachable, e.Code);
            Assert.Contains($"({storage})", e.Message, StringComparison.Ordinal);
            Assert.Equal(image.Digest, (await store.ReadManifestAsync(reference, Token)).Descriptor.Digest);
        }
    }

    [Fact]
    public async Task A_push_to_a_host_that_is_not_there_is_given_up_after_the_tries_of_one_request()
    {
        var host = await AbsentHostAsync();
        using var store = Store();
        var (content, descriptor) = RegistryStoreTests.RandomBlob(10);
        await Assert.ThrowsAsync<PatchException>(() =>
            store.WriteBlobAsync(ImageReference.Parse($"{host}/app"), descriptor, new MemoryStream(content), Token));
        Assert.Equal(4, _clock.Waits.Count);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(0, 1)]
    public async Task A_blob_whose_commit_is_lost_is_not_sent_again(int unavailable, int lost)
    {
        await using var server = await RegistryServer.StartAsync();
        using var store = Store();
        (server.Lies.UnavailableCommits, server.Lies.LostCommits) = (unavailable, lost);
        var (content, descriptor) = RegistryStoreTests.RandomBlob((2 * RegistryUpload.PieceSize) + 5);
        await store.WriteBlobAsync(ImageReference.Parse($"{server.Host}/app"), descriptor, new MemoryStream(content), Token);
        Assert.Equal(content, server.Content["app"].Blobs[descriptor.Digest]);
        Assert.Equal((1, 3), (server.Count("POST"), server.Count("PATCH")));
    }

    [Fact]
    public async Task A_mount_that_becomes_an_upload_is_no_mount_even_if_the_upload_cannot_be_cancelled()
    {
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { Mounts = false });
        using var store = Store();
        server.Lies.LostCancels = true;
        Assert.False(await store.TryMountBlobAsync(ImageReference.Parse($"{server.Host}/app"), RandomImages.Create(1).Layers[0].Descriptor,
            ImageReference.Parse($"{server.Host}/base"), Token));
    }

    [Theory]
    [InlineData("</v2/app/tags/list?last=b>; rel=\"next\"", "/v2/app/tags/list?last=b")]
    [InlineData("<https://registry.example/v2/app/tags/list?last=b>; rel=next", "/v2/app/tags/list?last=b")]
    [InlineData("</v2/app/tags/list?last=a>; rel=\"prev\", </v2/app/tags/list?last=b>; title=\"a, b\"; rel=\"last Next\"", "/v2/app/tags/list?last=b")]
    [InlineData("<?last=b&x=1,2>;rel=next", "/v2/app/tags/list?last=b&x=1,2")]
    [InlineData("</v2/app/tags/list?last=next>; rel=\"prev\"", null)]
    [InlineData("</v2/app/tags/list?last=b>", null)]
    [InlineData("</v2/app/tags/list", null)]
    [InlineData("", null)]
    public void The_next_page_is_the_link_that_says_so(string links, string? expected) =>
        Assert.Equal(expected, TagPage.NextOf(links, new Uri("https://registry.example/v2/app/tags/list"))?.PathAndQuery);

    private static async Task<string> AbsentHostAsync()
    {
        var server = await RegistryServer.StartAsync();
        await server.DisposeAsync();
        return server.Host;
    }

    private static async Task<PatchException> FailAsync(RegistryStore store, string reference)
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => store.ResolveAsync(ImageReference.Parse(reference), Token));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
        return e;
    }

    private RegistryStore Store() => new(new ImageStoreOptions { TimeProvider = _clock });
}
