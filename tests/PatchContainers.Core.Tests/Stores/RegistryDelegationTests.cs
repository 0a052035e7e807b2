using System.Net.Http.Headers;
using System.Text;
using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

/// <summary>What a third party is given that is to pull layers itself.</summary>
public sealed class RegistryDelegationTests
{
    private readonly TestImage _image = RandomImages.Create(1);
    private readonly FakeClock _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_else_gets_a_new_token_that_can_pull_from_the_one_repository_and_no_password()
    {
        await using var server = await Start(RegistryAuthentication.Token);
        using var store = Store(server);
        var reference = ImageReference.Parse($"{server.Host}/team/app:1");
        await _image.WriteAsync(store, reference.ToString(), Token);
        var (first, second) = (await store.DelegatePullAsync(reference, Token), await store.DelegatePullAsync(reference, Token));
        Assert.StartsWith("Bearer token-", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
        Assert.EndsWith("&scope=repository%3Ateam%2Fapp%3Apull", server.Requests.Last(r => r.Path.StartsWith("/token", StringComparison.Ordinal)).Path, StringComparison.Ordinal);
        Assert.Equal("his ***", store.Redact($"his {first!["Bearer ".Length..]}"));

        Assert.Equal(200, await Ask(HttpMethod.Get, store.AddressOf(reference, _image.Layers[0].Descriptor.Digest), first));
        Assert.Equal(401, await Ask(HttpMethod.Post, new Uri($"http://{server.Host}/v2/team/app/blobs/uploads/"), first));
        Assert.Equal(401, await Ask(HttpMethod.Get, new Uri($"http://{server.Host}/v2/other/manifests/1"), first));
    }

    [Fact]
    public async Task Somebody_else_gets_the_login_where_the_registry_takes_nothing_else_and_nothing_where_anybody_may_pull()
    {
        await using var server = await Start(RegistryAuthentication.Basic);
        using var store = Store(server);
        await _image.WriteAsync(store, $"{server.Host}/app:1", Token);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{server.Options.User}:{server.Options.Password}")),
            await store.DelegatePullAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));

        await using var open = await Start(RegistryAuthentication.None);
        await _image.WriteAsync(store, $"{open.Host}/app:1", Token);
        Assert.Null(await store.DelegatePullAsync(ImageReference.Parse($"{open.Host}/app:1"), Token));
        await using var closed = await Start(RegistryAuthentication.Basic);
        var e = await Assert.ThrowsAsync<PatchException>(() => store.DelegatePullAsync(ImageReference.Parse($"{closed.Host}/app:1"), Token));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains("asking for leave to pull", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_else_s_token_is_fetched_by_the_same_rules()
    {
        await using var tokens = await Start(RegistryAuthentication.Token);
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { Authentication = RegistryAuthentication.Token,
            TokenRealm = $"http://{tokens.Host}/token" });
        using var store = new RegistryStore(new ImageStoreOptions { Credentials = Credentials(server.Host), TimeProvider = _clock });
        var e = await Assert.ThrowsAsync<PatchException>(() => store.DelegatePullAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains("allowedTokenHosts", e.Message, StringComparison.Ordinal);
        Assert.Empty(tokens.Requests);

        await using var slow = await Start(RegistryAuthentication.Token, anonymousPull: true);
        (slow.Lies.UnavailableTokens, slow.Lies.TooManyRequests) = (1, 1);
        Assert.StartsWith("Bearer ", await store.DelegatePullAsync(ImageReference.Parse($"{slow.Host}/app:1"), Token), StringComparison.Ordinal);
    }

    private static Dictionary<string, RegistryCredential> Credentials(string host) => new() { [host] = new("tester", "s3cret-p4ssword") };

    private static async Task<int> Ask(HttpMethod method, Uri address, string? authorization)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization!);
        using var response = await client.SendAsync(request, Token);
        return (int)response.StatusCode;
    }

    private Task<RegistryServer> Start(RegistryAuthentication authentication, bool anonymousPull = false) =>
        RegistryServer.StartAsync(new RegistryServerOptions { Authentication = authentication, AnonymousPull = anonymousPull, TimeProvider = _clock });

    private RegistryStore Store(RegistryServer server) =>
        new(new ImageStoreOptions { Credentials = Credentials(server.Host), TimeProvider = _clock });
}
