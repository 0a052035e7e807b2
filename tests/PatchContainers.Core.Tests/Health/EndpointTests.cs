using System.Text;
using PatchContainers.Health;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;
using static PatchContainers.Core.Tests.Health.GateMaker;

namespace PatchContainers.Core.Tests.Health;

public sealed class EndpointTests : IDisposable
{
    private const string Secret = "correct-horse-battery";

    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificates _certificates = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _certificates.Dispose();
    }

    [Fact]
    public async Task Credentials_come_from_files_and_variables_as_they_are_when_it_measures()
    {
        await using var server = await StartAsync();
        var file = Write("token", Secret + "\n");
        var gate = Gate("prometheus", Query(server.Url, $"tokenFile: {file}"));
        await gate.EvaluateAsync(Context(), Token);
        Write("token", "another");
        await gate.EvaluateAsync(Context(), Token);
        await Gate("prometheus", Query(server.Url, "tokenEnv: TOKEN"), new() { ["TOKEN"] = "third" }).EvaluateAsync(Context(), Token);
        await Gate("prometheus", Query(server.Url, $"user: tester\npasswordFile: {file}")).EvaluateAsync(Context(), Token);
        await Gate("prometheus", Query(server.Url, "user: tester\npasswordEnv: PASSWORD"), new() { ["PASSWORD"] = "a:ö" })
            .EvaluateAsync(Context(), Token);
        Assert.Equal([$"Bearer {Secret}", "Bearer another", "Bearer third", Basic("tester:another"), Basic("tester:a:ö")],
            server.Requests.Select(r => r.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_secret_header_comes_from_a_file_or_a_variable()
    {
        await using var server = await StartAsync();
        await Gate("prometheus", Query(server.Url, $"headerFile.X-Api-Key: {Write("key", Secret)}\nheaderEnv.Cookie: COOKIE"),
            new() { ["COOKIE"] = "a=b" }).EvaluateAsync(Context(), Token);
        var request = Assert.Single(server.Requests);
        Assert.Equal((Secret, "a=b"), (request.Headers["X-Api-Key"], request.Headers["Cookie"]));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n", "is empty")]
    [InlineData("two\nlines", "several lines")]
    [InlineData("an\0other", "several lines")]
    public async Task What_is_no_secret_is_inconclusive_and_never_shown(string content, string fault)
    {
        await using var server = await StartAsync();
        var result = await Gate("prometheus", Query(server.Url, $"tokenFile: {Write("token", content)}")).EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Contains(fault, result.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("other", result.Detail, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_secret_that_is_not_there_names_its_place()
    {
        await using var server = await StartAsync();
        var result = await Gate("prometheus", Query(server.Url, $"tokenFile: {_folder.Path}/none")).EvaluateAsync(Context(), Token);
        Assert.Contains($"{_folder.Path}/none", result.Detail, StringComparison.Ordinal);
        result = await Gate("prometheus", Query(server.Url, "tokenEnv: NONE")).EvaluateAsync(Context(), Token);
        Assert.Contains("NONE", result.Detail, StringComparison.Ordinal);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_redirect_to_another_server_gets_neither_login_nor_headers_and_one_to_the_same_gets_both()
    {
        await using var other = await StartAsync();
        await using var server = await StubServer.StartAsync(r => r.Target.StartsWith("/old", StringComparison.Ordinal)
            ? new StubAnswer(301, Location: "/new/api/v1/query") : new StubAnswer(307, Location: other.Url + "/api/v1/query"));
        var result = await Gate("prometheus", Query(server.Url + "/old", "tokenEnv: TOKEN\nheader.X-Scope-OrgID: shop"),
            new() { ["TOKEN"] = Secret }).EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Passed, result.Verdict);
        Assert.Equal(2, server.Requests.Count);
        Assert.All(server.Requests,
            r => Assert.Equal(($"Bearer {Secret}", "shop"), (r.Headers["Authorization"], r.Headers["X-Scope-OrgID"])));
        var request = Assert.Single(other.Requests);
        Assert.Equal(("POST", "query=up&timeout=30s"), (request.Method, request.Body));
        Assert.False(request.Headers.ContainsKey("Authorization") || request.Headers.ContainsKey("X-Scope-OrgID"));
    }

    [Fact]
    public async Task Redirects_without_end_or_target_are_not_followed()
    {
        await using var circle = await StubServer.StartAsync(_ => new StubAnswer(302, Location: "/again"));
        var result = await Gate("prometheus", Query(circle.Url)).EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Equal(6, circle.Requests.Count);
        await using var nowhere = await StubServer.StartAsync(_ => new StubAnswer(302));
        Assert.Contains("nowhere", (await Gate("prometheus", Query(nowhere.Url)).EvaluateAsync(Context(), Token)).Detail,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_not_compressed_as_it_says_is_inconclusive()
    {
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(200, "not a gzip", ContentEncoding: "gzip"));
        var probe = Gate("http", Settings($"url: {server.Url}\nunreachable: inconclusive"));
        foreach (var gate in new[] { Gate("prometheus", Query(server.Url)), probe })
        {
            var result = await gate.EvaluateAsync(Context(), Token);
            Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
            Assert.Contains("compressed", result.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_authority_of_ones_own_is_trusted_where_it_is_named_and_only_for_the_right_name()
    {
        using var certificate = _certificates.Server();
        await using var server = await StartAsync(certificate);
        var ca = Write("ca.pem", _certificates.AuthorityPem);
        Assert.Equal(GateVerdict.Passed,
            (await Gate("prometheus", Query(server.Url, $"caFile: {ca}")).EvaluateAsync(Context(), Token)).Verdict);

        var result = await Gate("prometheus", Query(server.Url)).EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Contains("caFile", result.Detail, StringComparison.Ordinal);

        using var others = new TestCertificates();
        var wrong = Write("other.pem", others.AuthorityPem);
        Assert.Equal(GateVerdict.Inconclusive,
            (await Gate("prometheus", Query(server.Url, $"caFile: {wrong}")).EvaluateAsync(Context(), Token)).Verdict);

        using var foreign = _certificates.Server("elsewhere.example");
        await using var elsewhere = await StartAsync(foreign);
        Assert.Equal(GateVerdict.Inconclusive,
            (await Gate("prometheus", Query(elsewhere.Url, $"caFile: {ca}")).EvaluateAsync(Context(), Token)).Verdict);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task A_client_certificate_goes_to_its_server_and_not_where_that_redirects()
    {
        using var certificate = _certificates.Server();
        await using var other = await StubServer.StartAsync(_ => PrometheusGateTests.Success(PrometheusGateTests.Vector("1")), certificate,
            asksForCertificate: true);
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(308, Location: other.Url + "/api/v1/query"), certificate,
            asksForCertificate: true);
        var (own, key) = _certificates.Client("patcher");
        var result = await Gate("prometheus", Query(server.Url, $"caFile: {Write("ca.pem", _certificates.AuthorityPem)}",
            $"certFile: {Write("own.pem", own)}", $"keyFile: {Write("own.key", key)}")).EvaluateAsync(Context(), Token);
        Assert.True(result.Verdict == GateVerdict.Passed, result.Detail);
        Assert.Equal("CN=patcher", Assert.Single(server.Requests).ClientCertificate);
        Assert.Null(Assert.Single(other.Requests).ClientCertificate);
    }

    [Fact]
    public async Task Certificates_that_cannot_be_used_are_errors_that_name_the_file_and_never_its_content()
    {
        var (own, key) = _certificates.Client("patcher");
        var (_, foreign) = _certificates.Client("other");
        var cert = Write("own.pem", own);
        foreach (var (content, fault) in new[]
        {
            (foreign, "is not its key"), ("nothing", "is not its key"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n", "password"),
        })
        {
            var file = Write("own.key", content);
            var result = await Gate("prometheus", Query("https://127.0.0.1:1", $"certFile: {cert}\nkeyFile: {file}"))
                .EvaluateAsync(Context(), Token);
            Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
            Assert.Contains(file, result.Detail, StringComparison.Ordinal);
            Assert.Contains(fault, result.Detail, StringComparison.Ordinal);
        }

        var ca = Write("ca.pem", key);
        var none = await Gate("prometheus", Query("https://127.0.0.1:1", $"caFile: {ca}")).EvaluateAsync(Context(), Token);
        Assert.Contains($"no valid certificate in PEM in {ca}", none.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("url: ftp://there", "url")]
    [InlineData("url: prometheus:9090", "url")]
    [InlineData("url: https://me:correct-horse-battery@there", "url")]
    [InlineData("url: https://there/?tenant=a", "url")]
    [InlineData("url: http://there\ntokenEnv: TOKEN", "url")]
    [InlineData("url: http://there\nheaderEnv.X-Key: KEY", "url")]
    [InlineData("tokenFile: token", "tokenFile")]
    [InlineData("tokenFile: /token\ntokenEnv: TOKEN", "tokenFile")]
    [InlineData("user: me", "user")]
    [InlineData("user: me:too\npasswordEnv: P", "user")]
    [InlineData("user: me\npasswordEnv: P\ntokenEnv: T", "user")]
    [InlineData("passwordEnv: P", "passwordEnv")]
    [InlineData("certFile: /cert", "certFile")]
    [InlineData("keyFile: /key", "keyFile")]
    [InlineData("caFile: ca.pem", "caFile")]
    [InlineData("timeout: 1h", "timeout")]
    [InlineData("header.Authorization: Bearer correct-horse-battery", "header.Authorization")]
    [InlineData("header.Cookie: correct-horse-battery", "header.Cookie")]
    [InlineData("header.Host: there", "header.Host")]
    [InlineData("header.Content-Length: 1", "header.Content-Length")]
    [InlineData("header.a b: c", "header.a b")]
    [InlineData("header.X-A: ö", "header.X-A")]
    [InlineData("header.: c", "header.")]
    [InlineData("token: correct-horse-battery", "token")]
    [InlineData("query: up{a=\"b}", "query")]
    [InlineData("success: 0.01", "success")]
    [InlineData("failure: often", "failure")]
    [InlineData("maxIncrease: some", "maxIncrease")]
    [InlineData("maxDecrease: -1", "maxDecrease")]
    [InlineData("range: 1m\nstep: 1ms", "step")]
    [InlineData("range: 31d\nstep: 1s", "step")]
    [InlineData("step: 1m", "step")]
    [InlineData("aggregate: avg", "aggregate")]
    [InlineData("range: 1m\naggregate: mean", "aggregate")]
    [InlineData("empty: ignore", "empty")]
    [InlineData("empty: 1", "empty")]
    [InlineData("nan: skip", "nan")]
    [InlineData("series: some", "series")]
    [InlineData("warnings: ignore", "warnings")]
    [InlineData("count: 3\nfailureLimit: 3", "failureLimit")]
    public void A_setting_that_is_wrong_is_an_error_that_names_gate_and_setting_and_no_secret(string lines, string setting)
    {
        var settings = Settings("url: https://there", "query: up", "success: < 1");
        foreach (var (name, value) in Settings(lines))
        {
            settings[name] = value;
        }

        var e = Assert.Throws<PatchException>(() => PrometheusGate.Define("mine", settings));
        Assert.Equal((PatchErrorCode.InvalidArgument, "mine"), (e.Code, e.Target));
        Assert.Contains("'mine'", e.Message, StringComparison.Ordinal);
        Assert.Contains($"'{setting}'", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("query: up\nsuccess: < 1", "'url'")]
    [InlineData("url: https://there\nsuccess: < 1", "'query'")]
    [InlineData("url: https://there\nquery: up", "'success'")]
    public void What_a_gate_needs_is_named(string lines, string named) => Assert.Contains(named,
        Assert.Throws<PatchException>(() => PrometheusGate.Define("mine", Settings(lines))).Message, StringComparison.Ordinal);

    private static string Basic(string login) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(login));

    private static Dictionary<string, string> Query(string url, params string[] lines) =>
        Settings(["url: " + url, "query: up", "success: == 1", .. lines]);

    private static Task<StubServer> StartAsync(System.Security.Cryptography.X509Certificates.X509Certificate2? certificate = null) =>
        StubServer.StartAsync(_ => PrometheusGateTests.Success(PrometheusGateTests.Vector("1")), certificate);

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, content);
        return path;
    }
}
