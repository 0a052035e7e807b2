using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

/// <summary>Registries that lie, hesitate and break off.</summary>
public sealed class RegistryFaultTests : IAsyncLifetime
{
    private readonly FakeClock _clock = new();
    private readonly TestImage _image = RandomImages.Create(1, layers: 2, layerBytes: 300_000);
    private RegistryServer _server = null!;
    private RegistryStore _store = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ImageReference Reference => ImageReference.Parse($"{_server.Host}/app:1");

    public async ValueTask InitializeAsync()
    {
        _server = await RegistryServer.StartAsync();
        _store = new RegistryStore(new ImageStoreOptions { TimeProvider = _clock });
        await _image.WriteAsync(_store, Reference, Token);
        _server.ClearRequests();
    }

    public async ValueTask DisposeAsync()
    {
        _store.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_manifest_with_other_bytes_than_its_digest_is_refused()
    {
        _server.Lies.WrongManifests = true;
        foreach (var reference in new[] { Reference, Reference.AtDigest(_image.Digest) })
        {
            var e = await Assert.ThrowsAsync<PatchException>(() => _store.ReadManifestAsync(reference, Token));
            Assert.Equal(PatchErrorCode.DigestMismatch, e.Code);
            Assert.Contains(_image.Digest.ToString(), e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_digest_in_the_header_that_is_not_the_manifests_is_refused()
    {
        _server.Lies.WrongDigestHeader = true;
        Assert.Equal(PatchErrorCode.DigestMismatch,
            (await Assert.ThrowsAsync<PatchException>(() => _store.ReadManifestAsync(Reference, Token))).Code);
        Assert.Equal(PatchErrorCode.DigestMismatch,
            (await Assert.ThrowsAsync<PatchException>(() => _store.ResolveAsync(Reference.AtDigest(_image.Digest), Token))).Code);
    }

    [Fact]
    public async Task A_blob_with_other_bytes_than_its_digest_is_refused_at_its_end()
    {
        _server.Lies.WrongBlobs = true;
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            RegistryStoreTests.ReadAsync(_store, Reference, _image.Layers[0].Descriptor));
        Assert.Equal(PatchErrorCode.DigestMismatch, e.Code);
    }

    [Fact]
    public async Task A_blob_whose_length_is_not_the_announced_is_refused()
    {
        var layer = _image.Layers[0].Descriptor;
        foreach (var size in new[] { layer.Size - 1, layer.Size + 1 })
        {
            var e = await Assert.ThrowsAsync<PatchException>(() =>
                RegistryStoreTests.ReadAsync(_store, Reference, layer with { Size = size }));
            Assert.Contains(e.Code, new[] { PatchErrorCode.DigestMismatch, PatchErrorCode.Unreachable, PatchErrorCode.ProtocolError });
        }
    }

    [Fact]
    public async Task A_manifest_without_end_is_refused_long_before_it()
    {
        _server.Lies.ManifestPadding = long.MaxValue / 2;
        var e = await Assert.ThrowsAsync<PatchException>(() => _store.ReadManifestAsync(Reference, Token));
        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_blob_that_breaks_off_is_read_on_from_there(int times)
    {
        _server.Lies.TruncatedBlobs = times;
        Assert.Equal(_image.Layers[0].Content, await RegistryStoreTests.ReadAsync(_store, Reference, _image.Layers[0].Descriptor));
        Assert.Equal(times + 1, _server.Requests.Count(r => r.IsBlobRead));
        Assert.Equal(times, _server.Requests.Count(r => r.Status == 206));
    }

    [Fact]
    public async Task A_blob_that_always_breaks_off_is_given_up()
    {
        _server.Lies.TruncatedBlobs = int.MaxValue;
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            RegistryStoreTests.ReadAsync(_store, Reference, _image.Layers[0].Descriptor));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
    }

    [Fact]
    public async Task Too_many_requests_are_waited_out_as_long_as_the_registry_says()
    {
        (_server.Lies.TooManyRequests, _server.Lies.RetryAfter) = (2, "7");
        Assert.Equal(_image.Digest, (await _store.ResolveAsync(Reference, Token)).Digest);
        Assert.Equal([7, 7], _clock.Waits.Select(w => w.TotalSeconds));
    }

    [Fact]
    public async Task A_date_to_come_again_is_understood()
    {
        (_server.Lies.TooManyRequests, _server.Lies.RetryAfter) = (1, (_clock.GetUtcNow() + TimeSpan.FromSeconds(30)).ToString("R"));
        await _store.ResolveAsync(Reference, Token);
        Assert.Equal([30], _clock.Waits.Select(w => w.TotalSeconds));
    }

    [Fact]
    public async Task A_wait_of_an_hour_is_an_error_instead()
    {
        (_server.Lies.TooManyRequests, _server.Lies.RetryAfter) = (int.MaxValue, "3600");
        var e = await Assert.ThrowsAsync<PatchException>(() => _store.ReadManifestAsync(Reference, Token));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task A_server_error_is_tried_again_with_growing_waits_and_then_reported()
    {
        _server.Lies.Unavailable = 2;
        await _store.ReadManifestAsync(Reference, Token);
        Assert.Equal(2, _clock.Waits.Count);
        Assert.True(_clock.Waits[1] > _clock.Waits[0]);

        _server.Lies.Unavailable = int.MaxValue;
        var e = await Assert.ThrowsAsync<PatchException>(() => _store.ReadManifestAsync(Reference, Token));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
        Assert.Contains("503", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirected_blobs_are_read_without_telling_the_other_host_who_asks()
    {
        await using var storage = await RegistryServer.StartAsync();
        await using var front = await RegistryServer.StartAsync(new RegistryServerOptions { Authentication = RegistryAuthentication.Basic,
            RedirectBlobsTo = $"http://{storage.Host.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}/" });
        using var store = new RegistryStore(new ImageStoreOptions { Credentials = new Dictionary<string,
            RegistryCredential> { [front.Host] = new(front.Options.User, front.Options.Password) } });
        await _image.WriteAsync(store, $"{front.Host}/app:1", Token);
        await _image.WriteAsync(new RegistryStore(new ImageStoreOptions()), $"{storage.Host}/app:1", Token);
        storage.ClearRequests();
        Assert.Equal(_image.Layers[0].Content,
            await RegistryStoreTests.ReadAsync(store, ImageReference.Parse($"{front.Host}/app:1"), _image.Layers[0].Descriptor));
        Assert.Equal(string.Empty, Assert.Single(storage.Requests).Authorization);
        Assert.Contains(front.Requests, r => r.Authorization.StartsWith("Basic ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_away_from_TLS_or_in_a_circle_is_not_followed()
    {
        await using var plain = await RegistryServer.StartAsync(new RegistryServerOptions { RedirectBlobsTo = "http://storage.example/" });
        await _image.WriteAsync(_store, $"{plain.Host}/app:1", Token);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            RegistryStoreTests.ReadAsync(_store, ImageReference.Parse($"{plain.Host}/app:1"), _image.Layers[0].Descriptor));
        Assert.Equal(PatchErrorCode.ProtocolError, e.Code);
        Assert.Contains("without TLS", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        await using var storage = await RegistryServer.StartAsync(new RegistryServerOptions { SelfSignedTls = true });
        await using var front = await RegistryServer.StartAsync(new RegistryServerOptions { RedirectBlobsTo = $"https://{storage.Host}/" });
        await _image.WriteAsync(_store, $"{front.Host}/app:1", Token);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            RegistryStoreTests.ReadAsync(_store, ImageReference.Parse($"{front.Host}/app:1"), _image.Layers[0].Descriptor));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
        Assert.IsType<System.Security.Authentication.AuthenticationException>(e.InnerException?.InnerException);
        Assert.Empty(storage.Requests);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task A_refused_push_says_what_the_registry_said_without_control_characters()
    {
        _server.Lies.EchoAuthorization = true;
        _server.Lies.Unavailable = int.MaxValue;
        var (content, descriptor) = RegistryStoreTests.RandomBlob(10);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            _store.WriteBlobAsync(Reference, descriptor, new MemoryStream(content), Token));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }
}
