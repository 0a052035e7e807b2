using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using PatchContainers.Health;
using PatchContainers.Rollout;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Http;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>Gates against a real Prometheus that scrapes a real service.</summary>
public sealed partial class PrometheusTests(MeasuredService service) : IClassFixture<MeasuredService>
{
    public const string OldDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    public const string NewDigest = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    public const string ErrorRatio = """
        sum(rate(http_requests_total{namespace="{{namespace}}",code=~"5.."}[4s]))
        / sum(rate(http_requests_total{namespace="{{namespace}}"}[4s]))
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gate_passes_a_healthy_version_and_fails_one_that_raises_the_error_rate()
    {
        var real = RealEngines.Require();
        var application = await service.AddAsync(real);
        var context = Context(application.Namespace);
        var absolute = Prometheus(real, "query: " + ErrorRatio, "success: < 1%", "count: 3", "interval: 500ms");
        var range = Prometheus(real, "query: " + ErrorRatio, "range: 3s", "step: 1s", "aggregate: max", "nan: ignore", "failure: > 1%");
        var compared = Prometheus(real, "query: " + ErrorRatio, "maxIncrease: 20%");
        await service.ScrapedAsync(4);

        await AssertAsync(GateVerdict.Passed, absolute, context);
        await AssertAsync(GateVerdict.Passed, range, context);
        var baseline = await compared.MeasureBaselineAsync(context.Ring, context.Changes, Token);
        await AssertAsync(GateVerdict.Passed, compared, context with { Baseline = baseline });

        application.Sicken();
        await service.ScrapedAsync(3);
        var detail = await AssertAsync(GateVerdict.Failed, absolute, context);
        Assert.Contains("The value is 0.", detail, StringComparison.Ordinal);
        await AssertAsync(GateVerdict.Failed, range, context);
        detail = await AssertAsync(GateVerdict.Failed, compared, context with { Baseline = baseline });
        Assert.Contains("was 0.002 before the change: it rose by more than 20%", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no_such_metric", "", GateVerdict.Inconclusive, "no series")]
    [InlineData("no_such_metric", "empty: pass", GateVerdict.Passed, "no series")]
    [InlineData("vector(0) / vector(0)", "", GateVerdict.Inconclusive, "NaN")]
    [InlineData("vector(0) / vector(0)", "nan: fail", GateVerdict.Failed, "NaN")]
    [InlineData("vector(0) / vector(0)", "range: 10s", GateVerdict.Inconclusive, "NaN")]
    [InlineData("no_such_metric", "range: 10s", GateVerdict.Inconclusive, "no series")]
    [InlineData("vector(1) / vector(0)", "", GateVerdict.Failed, "+Inf")]
    [InlineData("-1 / 0", "", GateVerdict.Passed, "-Inf")]
    [InlineData("scalar(vector(0.5))", "", GateVerdict.Passed, "The value is 0.5")]
    [InlineData("\"text\"", "", GateVerdict.Inconclusive, "string")]
    [InlineData("sum(", "", GateVerdict.Inconclusive, "parse error")]
    [InlineData("vector(1) + on(a) group_left vector(2) / sum by (a)", "", GateVerdict.Inconclusive, "parse error")]
    [InlineData("""label_replace(vector(0), "quoted", "a\"b\\c\n", "", "")""", "", GateVerdict.Passed, """{quoted="a\"b\\c\n"} is 0""")]
    public async Task What_Prometheus_answers_is_understood(string query, string settings, GateVerdict verdict, string detail)
    {
        var real = RealEngines.Require();
        Assert.Contains(detail, await AssertAsync(verdict, Prometheus(real, "query: " + query, "success: < 1", settings), Context("any")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_that_are_filled_in_mean_themselves_to_Prometheus()
    {
        var real = RealEngines.Require();
        var gate = Prometheus(real, """query: label_replace(vector(1), "ring", "{{ring}}", "", "")""", "success: == 1");
        var strange = Context("any") with { Ring = "a\"b\\c\n{}`'" };
        Assert.Contains("""{ring="a\"b\\c\n{}`'"} is 1""", await AssertAsync(GateVerdict.Passed, gate, strange), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Prometheus_that_was_stopped_is_inconclusive()
    {
        var real = RealEngines.Require();
        using var folder = new TemporaryFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString();
        listener.Stop();
        await File.WriteAllTextAsync(folder["prometheus.yml"], "scrape_configs: []\n", Token);
        using var server = Process.Start(new ProcessStartInfo("prometheus", ["--config.file", folder["prometheus.yml"],
            "--storage.tsdb.path", folder["data"], "--web.listen-address", address!, "--log.level", "error"]))!;
        try
        {
            // Up as soon as it answers: the gate itself waits for it.
            string[] settings = [$"url: http://{address}", "query: vector(1)"];
            await AssertAsync(GateVerdict.Passed, Prometheus(real, [.. settings, "success: == 1", "count: 200", "interval: 200ms",
                "inconclusiveLimit: 199", "consecutiveSuccess: 1"]), Context("any"));
            server.Kill();
            await server.WaitForExitAsync(Token);
            var detail = await AssertAsync(GateVerdict.Inconclusive,
                Prometheus(real, [.. settings, "failure: == 1", "empty: fail", "nan: fail"]), Context("any"));
            Assert.Contains("does not answer", detail, StringComparison.Ordinal);
        }
        finally
        {
            if (!server.HasExited)
            {
                server.Kill();
            }
        }
    }

    [Fact]
    public async Task A_Prometheus_behind_TLS_a_client_certificate_a_password_and_a_path_is_asked_and_says_what_is_missing()
    {
        var real = RealEngines.Require();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["password"], "correct horse\n", Token);
        await File.WriteAllTextAsync(folder["wrong"], "wrong horse\n", Token);
        string[] server = [$"url: {real.LockedPrometheus}", "query: vector(1)", "success: == 1"];
        var ca = $"caFile: {real.PrometheusTls}/ca.pem";
        string[] certificate = [$"certFile: {real.PrometheusTls}/client.pem", $"keyFile: {real.PrometheusTls}/client.key"];
        string[] login = ["user: tester", $"passwordFile: {folder["password"]}"];

        await AssertAsync(GateVerdict.Passed, Prometheus(real, [.. server, ca, .. certificate, .. login]), Context("any"));
        Assert.Contains("401", await AssertAsync(GateVerdict.Inconclusive, Prometheus(real, [.. server, ca, .. certificate]),
            Context("any")), StringComparison.Ordinal);
        Assert.Contains("401", await AssertAsync(GateVerdict.Inconclusive, Prometheus(real, [.. server, ca, .. certificate, "user: tester",
            $"passwordFile: {folder["wrong"]}"]), Context("any")), StringComparison.Ordinal);
        Assert.Contains("does not answer", await AssertAsync(GateVerdict.Inconclusive, Prometheus(real, [.. server, ca, .. login]),
            Context("any")), StringComparison.Ordinal);
        Assert.Contains("caFile", await AssertAsync(GateVerdict.Inconclusive, Prometheus(real, [.. server, .. certificate, .. login]),
            Context("any")), StringComparison.Ordinal);
    }

    // Every example of the cookbook, as it stands there but for addresses and waiting times: it passes what is well, and fails what is not.
    [Fact]
    public async Task The_cookbooks_queries_pass_a_healthy_application_and_fail_a_sick_one()
    {
        var real = RealEngines.Require();
        var application = await service.AddAsync(real);
        var ring = application.Namespace;
        var isUp = true;
        await using var web = await StubServer.StartAsync(r =>
            new StubAnswer(r.Target == "/web/health" ? 200 : 404, isUp ? """{"status":"UP"}""" : """{"status":"DOWN"}"""));
        var gates = Cookbook().Select(g =>
        {
            g["url"] = g["kind"] == "prometheus" ? real.Prometheus
                : g["url"].Replace("https://{{workload}}.example", web.Url + "/{{workload}}", StringComparison.Ordinal);
            var settings = g.Where(s => s.Key is not ("name" or "kind")).ToDictionary();
            settings["interval"] = "100ms";
            return new GateFactory(null, TimeProvider.System).Create(new RolloutGate(g["name"], g["kind"], settings));
        }).ToList();
        Assert.True(gates.Count >= 12);
        await PushAsync(real, ring, 1);
        await service.ScrapedAsync(5);
        var baselines = new Dictionary<string, string?>();
        foreach (var gate in gates)
        {
            var context = Context(application.Namespace, ring);
            baselines[gate.Name] = await gate.MeasureBaselineAsync(ring, context.Changes, Token);
            await AssertAsync(GateVerdict.Passed, gate, context with { Baseline = baselines[gate.Name] });
        }

        application.Sicken();
        isUp = false;
        await PushAsync(real, ring, 0);
        await service.ScrapedAsync(3);
        foreach (var gate in gates)
        {
            var context = Context(application.Namespace, ring) with { Baseline = baselines[gate.Name] };

            // It is sick with more traffic than before; that no new image runs leaves nothing to count.
            await AssertAsync(gate.Name switch
            {
                "traffic" => GateVerdict.Passed,
                "runs-the-new-image" => GateVerdict.Inconclusive,
                _ => GateVerdict.Failed,
            }, gate, context);
        }
    }

    private static async Task PushAsync(RealEngines real, string ring, int success)
    {
        using var client = new HttpClient();
        using var response = await client.PutAsync(new Uri($"{real.Pushgateway}/metrics/job/smoke/ring/{ring}"),
            new StringContent($"smoke_test_success {success}\n"), Token);
        Assert.True(response.IsSuccessStatusCode);
    }

    // The page's YAML is of one simple kind: a scalar a line, or a folded one below it.
    private static List<Dictionary<string, string>> Cookbook()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PatchContainers.sln")))
        {
            folder = folder.Parent!;
        }

        var page = File.ReadAllText(Path.Combine(folder.FullName, "docs", "rollout.md"));
        var cookbook = page[page.IndexOf("### Cookbook", StringComparison.Ordinal)..page.IndexOf("## Windows", StringComparison.Ordinal)];
        return [.. Block().Matches(cookbook).Select(m => Setting().Matches(m.Groups[1].Value).ToDictionary(s => s.Groups[1].Value,
            s => s.Groups[2].Value is ">-" ? Spaces().Replace(s.Groups[3].Value.Trim(), " ") : s.Groups[2].Value.Trim('\'')))];
    }

    private static IHealthGate Prometheus(RealEngines real, params string[] lines)
    {
        var settings = new Dictionary<string, string> { ["url"] = real.Prometheus };
        foreach (var line in lines.Where(l => l.Length > 0).Select(l => l.Split(": ", 2)))
        {
            settings[line[0]] = line[1];
        }

        return new GateFactory(null, TimeProvider.System).Create(PrometheusGate.Define("gate", settings));
    }

    private static async Task<string> AssertAsync(GateVerdict verdict, IHealthGate gate, GateContext context)
    {
        var result = await gate.EvaluateAsync(context, Token);
        Assert.True(verdict == result.Verdict, $"{gate.Name}: {result.Verdict}, not {verdict}: {result.Detail}");
        return result.Detail;
    }

    private static GateContext Context(string space, string ring = "staging") => new()
    {
        Ring = ring,
        Changes =
        [
            new RolloutChange
            {
                Workload = $"kubernetes://test/{space}/Deployment/web#app",
                Platform = "Kubernetes",
                Ring = ring,
                OldImage = $"registry.example/web@{OldDigest}",
                NewImage = $"registry.example/web@{NewDigest}",
                NewDigest = NewDigest,
            },
        ],
    };

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^([A-Za-z]+): (.+)\n((?:  .*\n)*)", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
