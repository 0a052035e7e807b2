using PatchContainers.Rollout;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;
using static PatchContainers.Core.Tests.Health.GateMaker;

namespace PatchContainers.Core.Tests.Health;

public sealed class PrometheusGateTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // The query's result, the settings, and what the gate says. Forms: prometheus.io/docs/prometheus/latest/querying/api.
    public static TheoryData<string, string, GateVerdict, string> Answers => new()
    {
        { Vector("0.005"), "success: < 0.01", GateVerdict.Passed, "{job=\"web\"} is 0.005" },
        { Vector("0.05"), "success: < 0.01", GateVerdict.Failed, "not '< 0.01'" },
        { Vector("0.05"), "failure: > 0.01", GateVerdict.Failed, "fails by '> 0.01'" },
        { Vector("0.005"), "failure: > 0.01", GateVerdict.Passed, "0.005" },
        { Vector("0.005"), "success: < 0.01\nfailure: > 0.1", GateVerdict.Passed, "0.005" },
        { Vector("0.05"), "success: < 0.01\nfailure: > 0.1", GateVerdict.Inconclusive, "neither" },
        { Vector("0.5"), "success: < 0.01\nfailure: > 0.1", GateVerdict.Failed, "0.5" },
        { Vector("+Inf"), "success: < 0.01", GateVerdict.Failed, "+Inf" },
        { Vector("-Inf"), "failure: > 0.01", GateVerdict.Passed, "-Inf" },
        { """{"resultType":"scalar","result":[1700000000.123,"7"]}""", "success: == 7", GateVerdict.Passed, "The value is 7" },
        { """{"resultType":"string","result":[1700000000.123,"seven"]}""", "success: == 7", GateVerdict.Inconclusive, "string" },

        // Nothing there is nothing known.
        { Vector(), "success: < 0.01", GateVerdict.Inconclusive, "no series" },
        { Vector(), "success: < 0.01\nempty: inconclusive", GateVerdict.Inconclusive, "no series" },
        { Vector(), "success: < 0.01\nempty: Pass", GateVerdict.Passed, "no series" },
        { Vector(), "success: < 0.01\nempty: fail", GateVerdict.Failed, "no series" },
        { Vector("NaN"), "success: < 0.01", GateVerdict.Inconclusive, "NaN" },
        { Vector("NaN"), "failure: > 0.01", GateVerdict.Inconclusive, "NaN" },
        { Vector("NaN"), "success: < 0.01\nnan: pass", GateVerdict.Passed, "NaN" },
        { Vector("NaN"), "success: < 0.01\nnan: fail", GateVerdict.Failed, "NaN" },
        { Vector("NaN"), "success: < 0.01\nnan: ignore", GateVerdict.Inconclusive, "no series with a number" },
        { Vector("NaN"), "success: < 0.01\nnan: ignore\nempty: pass", GateVerdict.Passed, "no series" },

        // Several series: every one, or any.
        { Vector("0.001", "0.002"), "success: < 0.01", GateVerdict.Passed, "0.002" },
        { Vector("0.001", "0.02"), "success: < 0.01", GateVerdict.Failed, "0.02" },
        { Vector("0.001", "0.02"), "success: < 0.01\nseries: all", GateVerdict.Failed, "0.02" },
        { Vector("0.001", "0.02"), "success: < 0.01\nseries: any", GateVerdict.Passed, "0.001" },
        { Vector("0.1", "0.02"), "success: < 0.01\nseries: any", GateVerdict.Failed, "0.1" },
        { Vector("0.001", "NaN"), "success: < 0.01", GateVerdict.Inconclusive, "NaN" },
        { Vector("0.001", "NaN"), "success: < 0.01\nnan: ignore", GateVerdict.Passed, "0.001" },
        { Vector("0.1", "NaN"), "success: < 0.01", GateVerdict.Failed, "0.1" },
        { Vector("0.1", "NaN"), "success: < 0.01\nseries: any", GateVerdict.Inconclusive, "NaN" },
        { Vector("1", "2", "3", "4", "5"), "success: < 1", GateVerdict.Failed, "And 2 more of 5 series." },

        // Ranges.
        { Matrix("1", "2", "9"), "success: < 5\nrange: 5m", GateVerdict.Passed, "is 4." },
        { Matrix("1", "2", "9"), "success: < 5\nrange: 5m\naggregate: max", GateVerdict.Failed, "is 9" },
        { Matrix("1", "2", "9"), "success: < 5\nrange: 5m\naggregate: p50", GateVerdict.Passed, "is 2" },
        { Matrix("1", "NaN", "9"), "success: < 5\nrange: 5m\naggregate: min", GateVerdict.Inconclusive, "NaN" },
        { Matrix("1", "NaN", "9"), "success: < 5\nrange: 5m\naggregate: min\nnan: ignore", GateVerdict.Passed, "is 1" },
        { """{"resultType":"matrix","result":[]}""", "success: < 5\nrange: 5m", GateVerdict.Inconclusive, "no series" },
        { """{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"6"}]}]}""", "success: < 5",
            GateVerdict.Inconclusive, "native histograms" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_is_judged(string data, string settings, GateVerdict verdict, string detail)
    {
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(200, $$"""{"status":"success","data":{{data}}}"""));
        var result = await Gate("prometheus", Settings($"url: {server.Url}\nquery: up", settings)).EvaluateAsync(Context(), Token);
        Assert.Equal((verdict, "mine"), (result.Verdict, result.Gate));
        Assert.Contains(detail, result.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, """{"status":"error","errorType":"bad_data","error":"parse error: unexpected end\nof input"}""", "parse error")]
    [InlineData(422, """{"status":"error","errorType":"execution","error":"many-to-many matching not allowed"}""", "many-to-many")]
    [InlineData(503, """{"status":"error","errorType":"timeout","error":"query timed out"}""", "timed out")]
    [InlineData(502, "<html>Bad gateway</html>", "502")]
    [InlineData(401, "Unauthorized\n", "credentials")]
    [InlineData(403, "{}", "credentials")]
    [InlineData(404, "404 page not found", "before /api/v1")]
    [InlineData(200, "", "200")]
    [InlineData(200, "{}", "no answer of Prometheus")]
    [InlineData(200, "[1,2]", "no answer of Prometheus")]
    [InlineData(200, """{"status":"success"}""", "no answer of Prometheus")]
    [InlineData(200, """{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}""", "no pair")]
    [InlineData(200, """{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}}""", "many")]
    [InlineData(200, """{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}}""", "no answer")]
    [InlineData(200, """{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}""", "no 'value'")]
    [InlineData(200, """{"status":"success","data":{"resultType":"vector","result":[{"metric":7,"value":[1,"2"]}]}}""", "no answer")]
    [InlineData(200, """{"status":"success","data":{"resultType":"tensor","result":[]}}""", "tensor")]
    [InlineData(500, """{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}""", "500")]
    public async Task What_is_no_good_answer_is_inconclusive_and_says_why(int status, string body, string detail)
    {
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(status, body));
        var result = await Gate("prometheus", Settings($"url: {server.Url}\nquery: up\nfailure: > 0\nempty: fail\nnan: fail"))
            .EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Contains(detail, result.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', result.Detail);
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_answers_without_end_or_too_late_is_inconclusive()
    {
        var server = await StubServer.StartAsync(_ => new StubAnswer(200, new string(' ', 9 * 1024 * 1024)));
        var gate = Gate("prometheus", Settings($"url: {server.Url}\nquery: up\nfailure: > 0"));
        var result = await gate.EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Contains("8,388,608 bytes", result.Detail, StringComparison.Ordinal);

        await server.DisposeAsync();
        result = await gate.EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Contains("does not answer", result.Detail, StringComparison.Ordinal);

        // A clock on which every wait is over at once.
        await using var late = await StubServer.StartAsync(_ => new StubAnswer(200));
        gate = Gate("prometheus", Settings($"url: {late.Url}\nquery: up\nfailure: > 0\ntimeout: 20s"), null, new FakeClock());
        result = await gate.EvaluateAsync(Context(), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Contains("within 20s", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queries_are_forms_below_the_servers_path()
    {
        await using var server = await StubServer.StartAsync(_ => Success(Vector("1")));
        await Gate("prometheus", Settings($"url: {server.Url}/tenants/a/", "query: up{ns=\"{{namespace}}\"} > 0 & x", "success: == 1",
            "header.X-Scope-OrgID: shop")).EvaluateAsync(Context(), Token);
        var request = Assert.Single(server.Requests);
        Assert.Equal(("POST", "/tenants/a/api/v1/query"), (request.Method, request.Target));
        Assert.Equal("application/x-www-form-urlencoded; charset=utf-8", request.Headers["Content-Type"]);
        Assert.Equal("query=up%7Bns%3D%22shop%22%7D%20%3E%200%20%26%20x&timeout=30s", request.Body);
        Assert.Equal("shop", request.Headers["X-Scope-OrgID"]);
        Assert.False(request.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task A_range_query_ends_now_and_its_step_follows_its_length()
    {
        await using var server = await StubServer.StartAsync(_ => Success(Matrix("1")));
        var clock = new FakeClock { SkipsUpTo = TimeSpan.FromSeconds(1) };
        await Gate("prometheus", Settings($"url: {server.Url}\nquery: up\nrange: 10m\nsuccess: == 1"), null, clock)
            .EvaluateAsync(Context(), Token);
        await Gate("prometheus", Settings($"url: {server.Url}\nquery: up\nrange: 10m\nstep: 500ms\nsuccess: == 1"), null, clock)
            .EvaluateAsync(Context(), Token);
        var end = clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal([$"query=up&start={end - 600}.000&end={end}.000&step=10&timeout=30s",
            $"query=up&start={end - 600}.000&end={end}.000&step=0.5&timeout=30s"], server.Requests.Select(r => r.Body));
        Assert.All(server.Requests, r => Assert.Equal("/api/v1/query_range", r.Target));
    }

    [Theory]
    [InlineData("", GateVerdict.Inconclusive)]
    [InlineData("warnings: accept", GateVerdict.Passed)]
    public async Task What_passes_with_a_warning_passes_only_where_warnings_are_accepted(string settings, GateVerdict verdict)
    {
        await using var server = await StubServer.StartAsync(_ => new StubAnswer(200,
            $$"""{"status":"success","warnings":["a store did not answer"],"infos":["not a counter"],"data":{{Vector("0")}}}"""));
        var result = await Gate("prometheus", Settings($"url: {server.Url}\nquery: up\nsuccess: == 0", settings))
            .EvaluateAsync(Context(), Token);
        Assert.Equal(verdict, result.Verdict);
        Assert.Contains("a store did not answer", result.Detail, StringComparison.Ordinal);
    }

    // Before, after, the settings, and the verdict. A series is labels=value.
    [Theory]
    [InlineData("0.10", "0.12", "maxIncrease: 20%", GateVerdict.Passed)]
    [InlineData("0.10", "0.13", "maxIncrease: 20%", GateVerdict.Failed)]
    [InlineData("0.10", "0.01", "maxIncrease: 20%", GateVerdict.Passed)]
    [InlineData("100", "70", "maxDecrease: 20%", GateVerdict.Failed)]
    [InlineData("100", "90", "maxDecrease: 20%", GateVerdict.Passed)]
    [InlineData("100", "130", "maxDecrease: 20%\nmaxIncrease: 25", GateVerdict.Failed)]
    [InlineData("0", "0.004", "maxIncrease: 20%", GateVerdict.Failed)]
    [InlineData("0", "0.004", "maxIncrease: 20% or 0.005", GateVerdict.Passed)]
    [InlineData("0.10", "0.11", "maxIncrease: 20%\nsuccess: < 0.05", GateVerdict.Failed)]
    [InlineData("0.10", "0.30", "maxIncrease: 20%\nsuccess: < 0.5", GateVerdict.Failed)]
    [InlineData("0.10", "+Inf", "maxIncrease: 20%", GateVerdict.Failed)]
    [InlineData("+Inf", "+Inf", "maxIncrease: 20%", GateVerdict.Inconclusive)]
    [InlineData("NaN", "0.10", "maxIncrease: 20%", GateVerdict.Inconclusive)]
    [InlineData("0.10", "NaN", "maxIncrease: 20%", GateVerdict.Inconclusive)]
    [InlineData("", "0.10", "maxIncrease: 20%", GateVerdict.Inconclusive)]
    [InlineData("0.10", "", "maxIncrease: 20%", GateVerdict.Inconclusive)]
    [InlineData("0.10", "", "maxIncrease: 20%\nempty: pass", GateVerdict.Passed)]
    [InlineData("0.1 0.2", "0.1 0.2", "maxIncrease: 20%", GateVerdict.Passed)]
    [InlineData("0.1 0.2", "0.1 0.3", "maxIncrease: 20%", GateVerdict.Failed)]
    [InlineData("0.1", "0.1 0.3", "maxIncrease: 20%", GateVerdict.Inconclusive)]
    [InlineData("0.1 0.2", "0.1", "maxIncrease: 20%", GateVerdict.Inconclusive)]
    public async Task What_is_measured_is_compared_with_what_was_before_the_change(
        string before, string after, string settings, GateVerdict verdict)
    {
        var data = Vector(before.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await using var server = await StubServer.StartAsync(_ => Success(data));
        var gate = Gate("prometheus", Settings($"url: {server.Url}\nquery: up\ninterval: 1s", settings));
        var context = Context();
        var baseline = await gate.MeasureBaselineAsync("staging", context.Changes, Token);
        data = Vector(after.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        // Another process goes on.
        gate = Gate("prometheus", Settings($"url: {server.Url}\nquery: up\ninterval: 1s", settings));
        var result = await gate.EvaluateAsync(Context(baseline), Token);
        Assert.True(verdict == result.Verdict, $"{result.Verdict}: {result.Detail}");
    }

    [Fact]
    public async Task A_baseline_is_tried_thrice_and_why_there_is_none_is_said_later()
    {
        var failures = 2;
        await using var server = await StubServer.StartAsync(_ => failures-- > 0 ? new StubAnswer(503, "busy") : Success(Vector("1")));
        var clock = new FakeClock { SkipsUpTo = TimeSpan.FromSeconds(5) };
        var gate = Gate("prometheus", Settings($"url: {server.Url}\nquery: up\nmaxIncrease: 20%"), null, clock);
        var baseline = await gate.MeasureBaselineAsync("staging", Context().Changes, Token);
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal("""{"series":{"{job=\"web\"}":"1"}}""", baseline);

        failures = int.MaxValue;
        baseline = await gate.MeasureBaselineAsync("staging", Context().Changes, Token);
        Assert.Equal(6, server.Requests.Count);
        failures = 0;
        var result = await gate.EvaluateAsync(Context(baseline), Token);
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Contains("503", result.Detail, StringComparison.Ordinal);

        foreach (var other in new[] { null, "", "null", "{}", "[]", """{"series":{"a":"many"}}""", """{"other":1}""" })
        {
            result = await gate.EvaluateAsync(Context(other), Token);
            Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
            Assert.Contains("no baseline", result.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_gate_that_compares_nothing_measures_no_baseline()
    {
        var gate = Gate("prometheus", Settings("url: http://127.0.0.1:1\nquery: up\nsuccess: < 1"));
        Assert.Null(await gate.MeasureBaselineAsync("staging", Context().Changes, Token));
    }

    internal static StubAnswer Success(string data) => new(200, $$"""{"status":"success","data":{{data}}}""");

    internal static string Vector(params string[] values) => "{\"resultType\":\"vector\",\"result\":[" + string.Join(',',
        values.Select((v, i) => $$"""{"metric":{"job":"web{{(i == 0 ? "" : i)}}"},"value":[1700000000.123,"{{v}}"]}""")) + "]}";

    private static string Matrix(params string[] values) => "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":["
        + string.Join(',', values.Select((v, i) => $"[{1700000000 + i},\"{v}\"]")) + "]}]}";
}
