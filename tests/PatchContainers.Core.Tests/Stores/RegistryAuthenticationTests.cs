using System.Text;
using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class RegistryAuthenticationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestImage _image = RandomImages.Create(1);
    private readonly FakeClock _clock = new();
    private readonly NoticeList _notices = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(RegistryAuthentication.Basic)]
    [InlineData(RegistryAuthentication.Token)]
    public async Task With_credentials_images_are_pushed_and_pulled(RegistryAuthentication authentication)
    {
        await using var server = await Start(authentication);
        using var store = Store(server);
        await _image.WriteAsync(store, $"{server.Host}/app:1", Token);
        Assert.Equal(_image.Digest, (await store.ResolveAsync(ImageReference.Parse($"{server.Host}/app:1"), Token)).Digest);
        Assert.True(await store.TryMountBlobAsync(ImageReference.Parse($"{server.Host}/other"), _image.Layers[0].Descriptor,
            ImageReference.Parse($"{server.Host}/app"), Token));
    }

    [Fact]
    public async Task A_challenge_is_answered_once_and_a_token_kept_until_it_expires()
    {
        await using var server = await Start(RegistryAuthentication.Token);
        using var store = Store(server);
        await _image.WriteAsync(store, $"{server.Host}/app:1", Token);
        Assert.Equal(2, server.Count("GET", "/token"));
        server.ClearRequests();
        for (var i = 0; i < 5; i++)
        {
            await store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token);
        }

        Assert.Equal((5, 0), (server.Requests.Count, server.Count("GET", "/token")));
        _clock.Advance(server.Options.TokenLifetime);
        await store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token);
        Assert.Equal(1, server.Count("GET", "/token"));
    }

    [Fact]
    public async Task A_token_server_that_hesitates_is_asked_again_and_then_given_up()
    {
        await using var server = await Start(RegistryAuthentication.Token);
        using var store = Store(server);
        server.Lies.UnavailableTokens = 1;
        await _image.WriteAsync(store, $"{server.Host}/app:1", Token);
        server.Lies.UnavailableTokens = int.MaxValue;
        _clock.Advance(server.Options.TokenLifetime);
        var e = await Assert.ThrowsAsync<PatchException>(() => store.ResolveAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
        Assert.Contains("token server", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\r\nX-Header: 1")]
    [InlineData("\ud83d\ude00")]
    public async Task A_token_that_is_none_is_an_error(string token)
    {
        await using var server = await Start(RegistryAuthentication.Token);
        server.Lies.FalseToken = token;
        using var store = Store(server);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Equal(PatchErrorCode.ProtocolError, e.Code);
    }

    [Fact]
    public async Task Anybody_may_pull_with_a_token_for_nobody()
    {
        await using var server = await Start(RegistryAuthentication.Token, anonymousPull: true);
        await _image.WriteAsync(Store(server), $"{server.Host}/app:1", Token);
        server.ClearRequests();
        using var store = new RegistryStore(new ImageStoreOptions { LoginFile = LoginFile("{}"), TimeProvider = _clock });
        Assert.Equal(_image.Digest, (await store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token)).Descriptor.Digest);
        Assert.DoesNotContain(server.Requests, r => r.Authorization.StartsWith("Basic", StringComparison.Ordinal));
        var e = await Assert.ThrowsAsync<PatchException>(() => RandomImages.Create(2).WriteAsync(store, $"{server.Host}/app:2", Token));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains($"docker login {server.Host}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RegistryAuthentication.Basic)]
    [InlineData(RegistryAuthentication.Token)]
    public async Task A_wrong_password_is_an_error_that_does_not_hold_it(RegistryAuthentication authentication)
    {
        await using var server = await Start(authentication);
        server.Lies.EchoAuthorization = true;
        using var store = new RegistryStore(new ImageStoreOptions { Credentials = Credentials(server.Host, "tester", "wr0ng-p4ssword"),
            TimeProvider = _clock });
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains("'tester'", e.Message, StringComparison.Ordinal);
        AssertNoSecret(e, "wr0ng-p4ssword", Convert.ToBase64String("tester:wr0ng-p4ssword"u8));
    }

    [Fact]
    public async Task A_registry_that_repeats_what_it_was_sent_does_not_get_it_into_an_error()
    {
        await using var server = await Start(RegistryAuthentication.Basic);
        using var store = Store(server);
        await _image.WriteAsync(store, $"{server.Host}/app:1", Token);
        (server.Lies.EchoAuthorization, server.Lies.Unavailable) = (true, int.MaxValue);
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Contains("Basic ***", e.Message, StringComparison.Ordinal);
        AssertNoSecret(e, server.Options.Password,
            Convert.ToBase64String(Encoding.UTF8.GetBytes($"{server.Options.User}:{server.Options.Password}")));
    }

    [Fact]
    public async Task A_secret_is_taken_out_before_a_long_message_is_cut()
    {
        await using var server = await Start(RegistryAuthentication.Basic);
        var password = new string('p', 400);
        using var store = new RegistryStore(new ImageStoreOptions { Credentials = Credentials(server.Host, "tester", password),
            TimeProvider = _clock });
        server.Lies.EchoAuthorization = true;
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        AssertNoSecret(e, Convert.ToBase64String(Encoding.UTF8.GetBytes($"tester:{password}"))[..20]);
    }

    [Fact]
    public async Task Credentials_go_to_no_other_host()
    {
        await using var server = await Start(RegistryAuthentication.Basic);
        await using var other = await Start(RegistryAuthentication.Basic);
        using var store = new RegistryStore(new ImageStoreOptions { Credentials = Credentials(server.Host), LoginFile = LoginFile("{}"),
            TimeProvider = _clock });
        await Assert.ThrowsAsync<PatchException>(() => store.ResolveAsync(ImageReference.Parse($"{other.Host}/app:1"), Token));
        Assert.All(other.Requests, r => Assert.Equal(string.Empty, r.Authorization));
    }

    [Fact]
    public async Task Credentials_go_to_a_token_server_elsewhere_only_when_that_is_allowed()
    {
        // The token server issues tokens that the registry knows: it is the registry under another name.
        await using var tokens = await Start(RegistryAuthentication.Token);
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { Authentication = RegistryAuthentication.Token,
            TokenRealm = $"http://{tokens.Host}/token" });
        using var refused = new RegistryStore(new ImageStoreOptions { Credentials = Credentials(server.Host), TimeProvider = _clock });
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            refused.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains(tokens.Host, e.Message, StringComparison.Ordinal);
        Assert.Empty(tokens.Requests);

        using var allowed = new RegistryStore(new ImageStoreOptions { Credentials = Credentials(server.Host),
            AllowedTokenHosts = [tokens.Host], TimeProvider = _clock });
        await Assert.ThrowsAsync<PatchException>(() => allowed.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.StartsWith("Basic ", Assert.Single(tokens.Requests).Authorization, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://tokens.example/token")]
    [InlineData("http://registry.example/token")]
    public async Task A_token_server_without_TLS_is_not_asked_at_all(string realm)
    {
        await using var server = await RegistryServer.StartAsync(new RegistryServerOptions { Authentication = RegistryAuthentication.Token,
            TokenRealm = realm });
        using var store = new RegistryStore(new ImageStoreOptions { LoginFile = LoginFile("{}"), TimeProvider = _clock });
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains("without TLS", e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, bool> TokenHosts => new()
    {
        { "registry.example", "https://registry.example/token", true },
        { "registry.example:5000", "https://registry.example:5000/token", true },
        { "registry.example", "https://registry.example:8443/token", false },
        { "registry.example", "http://registry.example/token", false },
        { "registry.example", "https://evil.example/token", false },
        { "registry.example", "https://registry.example.evil.example/token", false },
        { "registry.example", "https://registry.example@evil.example/token", false },
        { "registry.example", "https://example/token", false },
        { "registry.example", "https://auth.docker.io/token", false },
        { "docker.io", "https://auth.docker.io/token", true },
        { "docker.io", "http://auth.docker.io/token", false },
        { "docker.io", "https://auth.docker.io.evil.example/token", false },
        { "registry.example", "https://allowed.example/token", true },
        { "registry.example", "http://allowed.example/token", false },
        { "registry.example", "https://allowed.example:444/token", false },
    };

    [Theory]
    [MemberData(nameof(TokenHosts))]
    public void Credentials_are_for_the_registry_its_known_token_server_and_what_is_allowed(string registry, string realm, bool may) =>
        Assert.Equal(may, new RegistryHosts([], ["allowed.example"]).MayGetCredentials(registry, new Uri(realm)));

    public static TheoryData<string, string> Addresses => new()
    {
        { "registry.example", "https://registry.example/v2/" },
        { "registry.example:5000", "https://registry.example:5000/v2/" },
        { "docker.io", "https://registry-1.docker.io/v2/" },
        { "localhost", "http://localhost/v2/" },
        { "localhost:5000", "http://localhost:5000/v2/" },
        { "127.0.0.1:5000", "http://127.0.0.1:5000/v2/" },
        { "127.8.9.1:5000", "http://127.8.9.1:5000/v2/" },
        { "[::1]:5000", "http://[::1]:5000/v2/" },
        { "127.0.0.1:443", "https://127.0.0.1/v2/" },
        { "10.0.0.1:5000", "https://10.0.0.1:5000/v2/" },
        { "localhost.example:5000", "https://localhost.example:5000/v2/" },
        { "insecure.example:5000", "http://insecure.example:5000/v2/" },
        { "insecure.example", "https://insecure.example/v2/" },
    };

    [Theory]
    [MemberData(nameof(Addresses))]
    public void Only_this_machine_and_registries_listed_as_insecure_are_asked_without_TLS(string registry, string address) =>
        Assert.Equal(address, new RegistryHosts(["insecure.example:5000"], []).ApiOf(registry).AbsoluteUri);

    [Fact]
    public async Task A_login_of_docker_or_podman_is_used()
    {
        await using var server = await Start(RegistryAuthentication.Token);
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{server.Options.User}:{server.Options.Password}"));
        foreach (var entry in new[] { $$"""{"auth":"{{auth}}"}""",
            $$"""{"username":"{{server.Options.User}}","password":"{{server.Options.Password}}"}""",
            $$"""{"auth":"{{Convert.ToBase64String("<token>:"u8)}}","identitytoken":"{{server.Options.Password}}"}""" })
        {
            using var store = new RegistryStore(
                new ImageStoreOptions { LoginFile = LoginFile($$$"""{"auths":{"{{{server.Host}}}":{{{entry}}}}}"""),
                TimeProvider = _clock });
            await _image.WriteAsync(store, $"{server.Host}/app:1", Token);
        }
    }

    [Fact]
    public async Task A_credential_helper_is_named_and_not_started()
    {
        await using var server = await Start(RegistryAuthentication.Basic);
        using var store = new RegistryStore(new ImageStoreOptions { LoginFile = LoginFile("""{"credsStore":"desktop"}"""),
            TimeProvider = _clock, Notices = _notices });
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            store.ReadManifestAsync(ImageReference.Parse($"{server.Host}/app:1"), Token));
        Assert.Contains("'desktop'", e.Message, StringComparison.Ordinal);
        Assert.Contains("'desktop'", Assert.Single(_notices.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry")]
    [InlineData("https://registry.example")]
    [InlineData("registry.example/team")]
    public void A_credential_for_something_that_is_no_host_is_an_error_without_the_password(string host)
    {
        var e = Assert.Throws<PatchException>(() => new RegistryStore(new ImageStoreOptions { Credentials = Credentials(host) }));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
        AssertNoSecret(e, "s3cret-p4ssword");
    }

    [Fact]
    public void A_credential_prints_its_user_alone() =>
        Assert.Equal("user = tester", $"user = {new RegistryCredential("tester", "s3cret") { IdentityToken = "t0ken" }}");

    private static void AssertNoSecret(Exception e, params string[] secrets) =>
        Assert.All(secrets, s => Assert.DoesNotContain(s, e.ToString(), StringComparison.Ordinal));

    private static Dictionary<string,
        RegistryCredential> Credentials(string host, string user = "tester", string password = "s3cret-p4ssword") =>
        new() { [host] = new(user, password) };

    private Task<RegistryServer> Start(RegistryAuthentication authentication, bool anonymousPull = false) =>
        RegistryServer.StartAsync(new RegistryServerOptions { Authentication = authentication, AnonymousPull = anonymousPull,
            TimeProvider = _clock });

    private RegistryStore Store(RegistryServer server) =>
        new(new ImageStoreOptions { Credentials = Credentials(server.Host), TimeProvider = _clock });

    private string LoginFile(string json)
    {
        var path = _folder["config.json"];
        File.WriteAllText(path, json);
        return path;
    }
}
