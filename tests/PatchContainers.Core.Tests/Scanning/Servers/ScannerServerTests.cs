using System.Net;
using System.Text;
using PatchContainers.Endpoints;
using PatchContainers.Scanning.Reports;
using PatchContainers.Scanning.Servers;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Servers;

/// <summary>What all scanners' servers have in common: asking again, reading what is large, waiting, and errors.</summary>
public sealed class ScannerServerTests
{
    private static readonly ServerCall Report = new("web:1", HttpMethod.Get, "/v1/report?all=true");

    // Waits of up to 60 s are skipped; a request may take 2 minutes.
    private readonly FakeClock _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(0)]
    public async Task What_is_busy_or_away_is_asked_again(int status)
    {
        var asked = 0;
        await using var stub = await StubServer.StartAsync(_ => ++asked < 3 ? new StubAnswer(status, "later") { IsCut = status == 0 }
            : new StubAnswer(200, "{}"));
        using var server = await OpenAsync(stub);
        var answer = await server.SendAsync(Report, Token);
        Assert.Equal((HttpStatusCode.OK, 3), (answer.Status, asked));
        Assert.Equal([TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1)], _clock.Waits);
        Assert.All(stub.Requests, r => Assert.Equal("/anchore/v1/report?all=true", r.Target));
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Sat, 01 Jun 2024 12:00:30 GMT", 30)]
    [InlineData("Sat, 01 Jun 2024 11:00:00 GMT", 0)]
    public async Task It_is_asked_again_when_it_says(string after, int seconds)
    {
        var asked = 0;
        await using var stub = await StubServer.StartAsync(_ => ++asked > 1 ? new StubAnswer(200, "{}")
            : new StubAnswer(503) { Headers = new Dictionary<string, string> { ["Retry-After"] = after } });
        using var server = await OpenAsync(stub);
        await server.SendAsync(Report, Token);
        Assert.Equal((2, seconds), (asked, _clock.Waits.Sum(w => w.TotalSeconds)));
    }

    [Fact]
    public async Task Who_stays_busy_or_is_for_long_has_answered()
    {
        await using var stub = await StubServer.StartAsync(_ => new StubAnswer(503, "maintenance"));
        using var server = await OpenAsync(stub);
        var answer = await server.SendAsync(Report, Token);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 5), (answer.Status, stub.Requests.Count));
        var e = server.Refused(Report, answer);
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Equal($"web:1 was not scanned by Anchore: GET {stub.Url}/anchore/v1/report was answered 503: maintenance.", e.Message);

        await using var away = await StubServer.StartAsync(_ =>
            new StubAnswer(429) { Headers = new Dictionary<string, string> { ["Retry-After"] = "3600" } });
        using var other = await OpenAsync(away);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await other.SendAsync(Report, Token)).Status);
        Assert.Single(away.Requests);
    }

    [Fact]
    public async Task Nobody_there_is_Unreachable_and_names_image_and_scanner()
    {
        using var server = await OpenAsync("http://127.0.0.1:1");
        var e = await Assert.ThrowsAsync<PatchException>(() => server.SendAsync(Report, Token));
        Assert.Equal(PatchErrorCode.Unreachable, e.Code);
        Assert.StartsWith("web:1 was not scanned by Anchore: http://127.0.0.1:1/v1/report does not answer", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "is missing or wrong")]
    [InlineData(403, "is not allowed to do this")]
    public async Task A_login_that_is_refused_is_told_without_what_the_server_said(int status, string fault)
    {
        await using var stub = await StubServer.StartAsync(r => new StubAnswer(status, r.Headers["X-Key"]));
        using var server = await OpenAsync(stub);
        var call = Report with { Headers = () => [("X-Key", "s3cret")] };
        var e = server.Refused(call, await server.SendAsync(call, Token));
        Assert.Equal(PatchErrorCode.Unauthorized, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.Message, StringComparison.Ordinal);
        Assert.Equal("s3cret", stub.Requests[0].Headers["X-Key"]);
    }

    [Fact]
    public async Task What_is_large_is_read_as_it_comes_and_other_answers_are_given_as_they_are()
    {
        var items = string.Join(',', Enumerable.Range(0, 300_000).Select(i => $$"""{"id": {{i}}}"""));
        await using var stub = await StubServer.StartAsync(r => r.Target.Contains("none", StringComparison.Ordinal) ? new StubAnswer(404, "no such")
            : new StubAnswer(200, $"[{items}]"));
        using var server = await OpenAsync(stub);
        var (count, other) = await server.ReadAsync(Report, cursor => cursor.Values().Count().ToString(), Token);
        Assert.Equal(("300000", null), (count, other));
        (count, other) = await server.ReadAsync(Report with { Path = "/none" }, cursor => cursor.Values().Count().ToString(), Token);
        Assert.Equal((null, "no such"), (count, Encoding.UTF8.GetString(other!.Body)));
    }

    [Theory]
    [InlineData("[{\"id\": 1}, {\"id\"", "is no valid JSON")]
    [InlineData("<html>", "is no valid JSON")]
    [InlineData("[] []", "is no valid JSON")]
    public async Task An_answer_that_breaks_off_or_is_something_else_is_no_result(string body, string fault)
    {
        await using var stub = await StubServer.StartAsync(_ => new StubAnswer(200, body));
        using var server = await OpenAsync(stub);
        var e = await Assert.ThrowsAsync<PatchException>(() => server.ReadAsync(Report, cursor => cursor.Values().Count().ToString(), Token));
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.StartsWith($"web:1 was not scanned by Anchore: ", e.Message, StringComparison.Ordinal);
        Assert.Contains($"the answer to GET {stub.Url}/anchore/v1/report", e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_takes_too_long_is_an_error_with_the_last_state()
    {
        await using var stub = await StubServer.StartAsync(_ => new StubAnswer(200, "{}"));
        using var server = await OpenAsync(stub);
        var asked = 0;
        var e = await Assert.ThrowsAsync<PatchException>(() => server.PollAsync<string>("web:1", TimeSpan.FromMinutes(2),
            _ => Task.FromResult<(string?, string)>((null, $"state {++asked}")), Token));
        Assert.Equal((PatchErrorCode.ScannerFailed, $"web:1 was not scanned by Anchore: it was not done within 2m: state {asked}."), (e.Code, e.Message));
        Assert.Equal(TimeSpan.FromSeconds(1), _clock.Waits[0]);
        Assert.Equal(TimeSpan.FromSeconds(15), _clock.Waits[^1]);
        Assert.InRange(_clock.Waits.Sum(w => w.TotalSeconds), 100, 120);
        Assert.Equal("done", await server.PollAsync("web:1", TimeSpan.FromMinutes(2), _ => Task.FromResult((++asked % 3 == 0 ? "done" : null, "")), Token));
    }

    [Fact]
    public async Task Whoever_cancels_ends_it_at_once()
    {
        using var stop = new CancellationTokenSource();
        await using var stub = await StubServer.StartAsync(_ =>
        {
            stop.Cancel();
            return new StubAnswer(503);
        });
        using var server = await OpenAsync(stub);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.SendAsync(Report, stop.Token));
        Assert.Single(stub.Requests);
    }

    private Task<ScannerServer> OpenAsync(StubServer stub) => OpenAsync(stub.Url + "/anchore/");

    private async Task<ScannerServer> OpenAsync(string url) => new("Anchore", new Uri(url), await EndpointClient.OpenAsync(
        new EndpointSettings { Timeout = TimeSpan.FromMinutes(2) }, _ => null, _clock, Token), _clock);
}
