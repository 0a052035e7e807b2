using PatchContainers.Health;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;
using static PatchContainers.Core.Tests.Health.GateMaker;

namespace PatchContainers.Core.Tests.Health;

public sealed class HttpProbeGateTests
{
    private const string Other = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(200, "ok", "", GateVerdict.Passed, "answered 200.")]
    [InlineData(204, "", "", GateVerdict.Passed, "204")]
    [InlineData(500, "ok", "", GateVerdict.Failed, "which is not 200-299")]
    [InlineData(302, "", "", GateVerdict.Failed, "302")]
    [InlineData(302, "", "status: 200,302", GateVerdict.Passed, "302")]
    [InlineData(200, "ok", "status: 404", GateVerdict.Failed, "not 404")]
    [InlineData(200, "all is well", "contains: is well", GateVerdict.Passed, "200")]
    [InlineData(200, "all is not well", "contains: is well", GateVerdict.Failed, "'is well'")]
    [InlineData(200, """{"status":"UP"}""", "jsonPointer: /status\njsonEquals: UP", GateVerdict.Passed, "'UP'")]
    [InlineData(200, """{"status":"DOWN"}""", "jsonPointer: /status\njsonEquals: UP", GateVerdict.Failed, "'DOWN', not 'UP'")]
    [InlineData(200, """{"checks":[{"a/b":true}]}""", "jsonPointer: /checks/0/a~1b\njsonEquals: true", GateVerdict.Passed, "true")]
    [InlineData(200, """{"n":{"~":1.0}}""", "jsonPointer: /n/~0\njsonEquals: 1.0", GateVerdict.Passed, "1.0")]
    [InlineData(200, """{"checks":[]}""", "jsonPointer: /checks/0\njsonEquals: true", GateVerdict.Failed, "without /checks/0")]
    [InlineData(200, """{"checks":[1]}""", "jsonPointer: /checks/00\njsonEquals: 1", GateVerdict.Failed, "without")]
    [InlineData(200, "UP", "jsonPointer: /status\njsonEquals: UP", GateVerdict.Failed, "not JSON")]
    public async Task An_answer_is_judged(int status, string body, string settings, GateVerdict verdict, string detail)
    {
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(status, body, status == 302 ? "/login" : null));
        var result = await Gate("http", Settings($"url: {server.Url}/health?secret=1", settings)).EvaluateAsync(Context(), Token);
        Assert.Equal(verdict, result.Verdict);
        Assert.Contains(detail, result.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", result.Detail, StringComparison.Ordinal);
        Assert.Equal(("GET", "/health?secret=1"), (Assert.Single(server.Requests).Method, server.Requests[0].Target));
    }

    [Fact]
    public async Task HEAD_is_enough_where_only_the_status_counts()
    {
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(200));
        Assert.Equal(GateVerdict.Passed,
            (await Gate("http", Settings($"url: {server.Url}", "method: HEAD")).EvaluateAsync(Context(), Token)).Verdict);
        Assert.Equal("HEAD", Assert.Single(server.Requests).Method);
    }

    [Fact]
    public async Task A_body_that_is_too_long_to_look_into_is_inconclusive()
    {
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(200, new string('a', 1024 * 1024) + "well"));
        Assert.Equal(GateVerdict.Inconclusive,
            (await Gate("http", Settings($"url: {server.Url}", "contains: well")).EvaluateAsync(Context(), Token)).Verdict);
        Assert.Equal(GateVerdict.Passed, (await Gate("http", Settings($"url: {server.Url}")).EvaluateAsync(Context(), Token)).Verdict);
    }

    [Fact]
    public async Task A_service_that_refuses_or_is_too_slow_has_failed_unless_the_plan_says_otherwise()
    {
        var server = await StubServer.StartAsync(_ => new StubAnswer(200));
        var address = $"url: {server.Url}";
        var slow = await Gate("http", Settings(address, "timeout: 5s"), null, new FakeClock()).EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Failed, slow.Verdict);
        Assert.Contains("within 5s", slow.Detail, StringComparison.Ordinal);

        await server.DisposeAsync();
        Assert.Equal(GateVerdict.Failed, (await Gate("http", Settings(address)).EvaluateAsync(Context(), Token)).Verdict);
        Assert.Equal(GateVerdict.Inconclusive,
            (await Gate("http", Settings(address, "unreachable: inconclusive")).EvaluateAsync(Context(), Token)).Verdict);
    }

    [Fact]
    public async Task A_name_that_cannot_be_resolved_says_nothing_of_the_service()
    {
        // RFC 6761, section 6.4: a name that never resolves.
        var url = new Uri("http://service.invalid/");
        Assert.SkipUnless(HttpClient.DefaultProxy.GetProxy(url) is null, "A proxy would resolve the name.");
        Assert.Equal(GateVerdict.Inconclusive, (await Gate("http", Settings($"url: {url}")).EvaluateAsync(Context(), Token)).Verdict);
    }

    [Fact]
    public async Task Every_address_has_to_be_well()
    {
        await using var server = await StubServer.StartAsync(r => new StubAnswer(r.Target == "/b" ? 503 : 200));
        var result = await Gate("http", Settings($"url: {server.Url}/a  {server.Url}/b {server.Url}/c")).EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Failed, result.Verdict);
        Assert.Contains("/b answered 503", result.Detail, StringComparison.Ordinal);
        Assert.Equal(["/a", "/b", "/c"], server.Requests.Select(r => r.Target));
        Assert.Empty(result.Digests);
    }

    [Fact]
    public async Task An_address_with_a_workload_in_it_is_asked_for_each_and_blames_the_digest_of_the_one_that_fails()
    {
        await using var server = await StubServer.StartAsync(
            r => new StubAnswer(r.Target.Contains("api", StringComparison.Ordinal) ? 500 : 200));
        var gate = Gate("http", Settings($"url: {server.Url}/{{{{ namespace }}}}/{{{{workload}}}}?ring={{{{ring}}}}"));
        var result = await gate.EvaluateAsync(Context(null, Change("web"), Change("api", Other), Change("web")), Token);
        Assert.Equal(GateVerdict.Failed, result.Verdict);
        Assert.Equal([Other], result.Digests);
        Assert.Equal(["/shop/web?ring=staging", "/shop/api?ring=staging"], server.Requests.Select(r => r.Target));
        Assert.Equal(GateVerdict.Inconclusive, (await gate.EvaluateAsync(Context(null, []), Token)).Verdict);
    }

    [Fact]
    public async Task It_is_asked_as_often_as_the_plan_says()
    {
        var answers = 0;
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(++answers == 2 ? 500 : 200));
        var clock = new FakeClock { SkipsUpTo = TimeSpan.FromSeconds(5) };
        var gate = Gate("http", Settings($"url: {server.Url}\ncount: 4\ninterval: 5s\nfailureLimit: 1"), null, clock);
        var result = await gate.EvaluateAsync(Context(), Token);
        Assert.Equal((GateVerdict.Passed, 4), (result.Verdict, answers));
        Assert.StartsWith("3 of 4 measurements passed.", result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("url: /health", "url")]
    [InlineData("url: http://a/{{pod}}", "url")]
    [InlineData("url: https://{{workload}}.example/\ntokenEnv: T", "url")]
    [InlineData("url: http://me:you@a/", "url")]
    [InlineData("method: POST", "method")]
    [InlineData("method: HEAD\ncontains: a", "method")]
    [InlineData("status: ok", "status")]
    [InlineData("jsonPointer: status\njsonEquals: a", "jsonPointer")]
    [InlineData("jsonPointer: /a~2\njsonEquals: a", "jsonPointer")]
    [InlineData("jsonPointer: /a", "jsonPointer")]
    [InlineData("jsonEquals: a", "jsonEquals")]
    [InlineData("unreachable: pass", "unreachable")]
    [InlineData("query: up", "query")]
    [InlineData("contains: ", "contains")]
    public void A_setting_that_is_wrong_is_an_error_that_names_gate_and_setting(string lines, string setting)
    {
        var settings = Settings("url: https://there");
        foreach (var (name, value) in Settings(lines))
        {
            settings[name] = value;
        }

        var e = Assert.Throws<PatchException>(() => HttpProbeGate.Define("mine", settings));
        Assert.Equal((PatchErrorCode.InvalidArgument, "mine"), (e.Code, e.Target));
        Assert.Contains($"'{setting}'", e.Message, StringComparison.Ordinal);
    }
}
