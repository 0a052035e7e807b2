using PatchContainers.Rollout;
using PatchContainers.Rollout.Plans;
using Xunit;

namespace PatchContainers.Platforms.Tests.Plans;

public sealed class PlanReaderTests : IDisposable
{
    internal const string Whole = """
        name: shop
        onFailure: freeze
        onInconclusive: fail
        rollbackScope: ring
        gates:
          - name: errors
            kind: prometheus
            url: https://prometheus.example
            query: up{namespace="{{namespace}}"}
            success: "> 0"
            caFile: tls/ca.pem
            header: { X-Scope-OrgID: shop }
          - kind: policy
            severity: high
        rings:
          - name: staging
            targets:
              - path: deploy/staging
            gates: [policy]
          - name: production
            targets:
              - kubernetes: { context: prod, namespaces: [shop, web], selector: tier=front, kinds: [Deployment] }
              - path: /srv/deploy
            batch: 25%
            timeout: 15m
            canary: { size: 1, soak: PT5M }
            soak: 1d
            gates:
              - errors
              - name: front
                kind: http
                url: [https://a.example/, https://b.example/]
                consecutiveSuccess: 3
            approval: true
            trialJob: true
            windows: ["Sat,Sun 02:00 +4h Europe/Berlin"]
            blackouts: [2026-12-20..2027-01-06]
          - name: engines
            targets:
              - swarm: { host: default, selector: tier=web, update: { parallelism: 2, delay: 10s, order: start-first, maxFailureRatio: 0.1 } }
              - docker: { host: lab }
              - compose: { path: shop/compose.yaml, host: other, project: shop }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("plan");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_whole_plan_is_what_the_file_says()
    {
        var file = Read(Whole);
        Assert.Empty(file.Faults);
        Assert.Empty(file.Warnings);
        var plan = file.ToPlan();
        Assert.Equal(("shop", FailureAction.Freeze, InconclusiveAction.Fail, RollbackScope.Ring),
            (plan.Name, plan.OnFailure, plan.OnInconclusive, plan.RollbackScope));
        Assert.Equal(_folder.FullName, plan.Path);
        var (staging, production) = (plan.Rings[0], plan.Rings[1]);
        Assert.Equal(Path.Combine(_folder.FullName, "deploy", "staging"), Assert.Single(staging.Targets).Path);
        Assert.Equal((Portion.All, PatchRing.DefaultTimeout, TimeSpan.Zero, false),
            (staging.Batch, staging.Timeout, staging.Soak, staging.Approval));
        Assert.Equal(("policy", "policy"), (staging.Gates[0].Name, staging.Gates[0].Kind));
        Assert.Equal(["shop", "web"], production.Targets[0].Namespaces);
        Assert.Equal(("prod", "tier=front"), (production.Targets[0].Context, production.Targets[0].Selector));
        Assert.Equal(["Deployment"], production.Targets[0].Kinds);
        Assert.Equal("/srv/deploy", production.Targets[1].Path);
        Assert.Equal((Portion.Parse("25%"), Portion.Parse("1"), TimeSpan.FromMinutes(5), TimeSpan.FromDays(1), TimeSpan.FromMinutes(15)),
            (production.Batch, production.Canary, production.CanarySoak, production.Soak, production.Timeout));
        Assert.Equal(["errors", "front"], production.Gates.Select(g => g.Name));
        Assert.Equal("shop", production.Gates[0].Settings["header.X-Scope-OrgID"]);
        Assert.Equal(Path.Combine(_folder.FullName, "tls", "ca.pem"), production.Gates[0].Settings["caFile"]);
        Assert.Equal("https://a.example/ https://b.example/", production.Gates[1].Settings["url"]);
        Assert.True(production is { Approval: true, TrialJob: true });
        Assert.Equal(["Sat,Sun 02:00 +4h Europe/Berlin"], production.Windows);
        Assert.Equal(["2026-12-20..2027-01-06"], production.Freezes);
        var (swarm, docker) = (plan.Rings[2].Targets[0], plan.Rings[2].Targets[1]);
        Assert.Equal((RingTarget.Swarm, "default", "tier=web"), (swarm.Platform, swarm.Context, swarm.Selector));
        Assert.Equal(new SwarmUpdate { Parallelism = 2, Delay = TimeSpan.FromSeconds(10), Order = SwarmOrder.StartFirst, MaxFailureRatio = 0.1 },
            swarm.Update);
        var compose = plan.Rings[2].Targets[2];
        Assert.Equal((RingTarget.Compose, "other", "shop", Path.Combine(_folder.FullName, "shop", "compose.yaml"), true),
            (compose.Platform, compose.Context, compose.Project, compose.Path, compose.Runs));
        Assert.Equal((RingTarget.Docker, "lab", null), (docker.Platform, docker.Context, docker.Update));
    }

    [Theory]
    [InlineData("onFailure: freeze", "onFailure: explode", 2, "onFailure", "'explode' is not known. There are: rollback, freeze, continue.")]
    [InlineData("onFailure: freeze", "onFialure: freeze", 2, "onFialure", "Did you mean 'onFailure'?")]
    [InlineData("onFailure: freeze", "onFailure: [freeze]", 2, "onFailure", "a single value")]
    [InlineData("name: shop", "name: a shop", 1, "name", "is no name")]
    [InlineData("name: shop", "name: ../shop", 1, "name", "is no name")]
    [InlineData("name: shop\n", "", 1, "name", "is missing")]
    [InlineData("name: production", "name: staging", 20, "rings[1].name", "stands above already")]
    [InlineData("batch: 25%", "batch: 0", 24, "rings[1].batch", "neither a count")]
    [InlineData("batch: 25%", "batch: 120%", 24, "rings[1].batch", "neither a count")]
    [InlineData("batch: 25%", "bacth: 25%", 24, "rings[1].bacth", "Did you mean 'batch'?")]
    [InlineData("batch: 25%", "batch: 25%\n    batch: 3", 25, "", "is there twice in one mapping")]
    [InlineData("timeout: 15m", "timeout: 15 minutes", 25, "rings[1].timeout", "is no duration of at least 1s")]
    [InlineData("timeout: 15m", "timeout: 0s", 25, "rings[1].timeout", "is no duration of at least 1s")]
    [InlineData("soak: 1d", "soak: P1M", 27, "rings[1].soak", "is no duration")]
    [InlineData("soak: 1d", "soak: -1h", 27, "rings[1].soak", "is no duration")]
    [InlineData("soak: 1d", "soak:", 27, "rings[1].soak", "It is empty")]
    [InlineData("size: 1, ", "", 26, "rings[1].canary.size", "'size' is missing")]
    [InlineData("canary: { size: 1, soak: PT5M }", "canary: 1", 26, "rings[1].canary", "has to be a mapping with size, soak")]
    [InlineData("Sat,Sun 02:00", "Saturday", 36, "rings[1].windows[0]", "'Saturday +4h Europe/Berlin'")]
    [InlineData("Europe/Berlin", "Europe/Atlantis", 36, "rings[1].windows[0]", "Europe/Atlantis")]
    [InlineData("2026-12-20", "2028-12-20", 37, "rings[1].blackouts[0]", "2028-12-20..2027-01-06")]
    [InlineData("approval: true", "approval: yes", 34, "rings[1].approval", "true or false")]
    [InlineData("context: prod, ", "", 22, "rings[1].targets[0].kubernetes.context", "'context' is missing")]
    [InlineData("kinds: [Deployment]", "kinds: [Deploymnet]", 22, "rings[1].targets[0].kubernetes.kinds", "Did you mean 'Deployment'?")]
    [InlineData("kinds: [Deployment]", "kinds: [Job]", 22, "rings[1].targets[0].kubernetes.kinds", "no kind that can be changed")]
    [InlineData("namespaces: [shop, web]", "namespaces: shop", 22, "rings[1].targets[0].kubernetes.namespaces", "has to be a list")]
    [InlineData("- path: /srv/deploy", "- {}", 23, "rings[1].targets[1]", "is one of: a 'path'")]
    [InlineData("host: default, ", "", 40, "rings[2].targets[0].swarm.host", "'host' is missing")]
    [InlineData("parallelism: 2", "parallelism: 1.5", 40, "rings[2].targets[0].swarm.update.parallelism", "no whole number from 0 to")]
    [InlineData("maxFailureRatio: 0.1", "maxFailureRatio: 10", 40, "rings[2].targets[0].swarm.update.maxFailureRatio", "no number from 0 to 1")]
    [InlineData("delay: 10s", "delay: often", 40, "rings[2].targets[0].swarm.update.delay", "is no duration")]
    [InlineData("start-first", "start-frist", 40, "rings[2].targets[0].swarm.update.order", "Did you mean 'start-first'?")]
    [InlineData("path: shop/compose.yaml, host", "host", 42, "rings[2].targets[2].compose.path", "'path' is missing")]
    [InlineData("host: lab", "host: lab, update: {}", 41, "rings[2].targets[1].docker.update", "is not known here")]
    [InlineData("- path: /srv/deploy", "- path: ~/deploy", 23, "rings[1].targets[1].path", "'~' has no meaning")]
    [InlineData("gates: [policy]", "gates: [polcy]", 19, "rings[0].gates[0]", "Did you mean 'policy'?")]
    [InlineData("gates: [policy]", "gates: [policy, policy]", 19, "rings[0].gates[1]", "already")]
    [InlineData("kind: prometheus", "kind: promtheus", 7, "gates[0].kind", "Did you mean 'prometheus'?")]
    [InlineData("success: \"> 0\"", "success: much", 10, "gates[0].success", "The gate 'errors': the setting 'success' is 'much'")]
    [InlineData("success: \"> 0\"", "sucess: 1", 10, "gates[0].sucess", "Did you mean 'success'?")]
    [InlineData("    url: https://prometheus.example\n", "", 6, "gates[0]", "needs the setting 'url'")]
    [InlineData("severity: high", "severity: hgih", 14, "gates[1].severity", "it has to be one of")]
    [InlineData("header: { X-Scope-OrgID: shop }", "header: { Authorization: Bearer hunter2 }", 12, "gates[0].header.Authorization", "would put a secret where anyone may read it")]
    [InlineData("header: { X-Scope-OrgID: shop }", "token: hunter2", 12, "gates[0].token", "would put a secret into the plan")]
    [InlineData("header: { X-Scope-OrgID: shop }", "tokenEnv: hunter2.x", 12, "gates[0].tokenEnv", "name of an environment variable")]
    [InlineData("https://prometheus.example", "https://u:hunter2@prometheus.example", 8, "gates[0].url", "has a login in it")]
    [InlineData("soak: 1d", "password: hunter2", 27, "rings[1].password", "would put a secret into the plan")]
    public void A_fault_has_its_line_and_its_key(string from, string to, int line, string key, string message)
    {
        var text = Whole.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Whole, text);
        var file = Read(text);
        Assert.Null(file.Plan);
        var fault = Assert.Single(file.Faults);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.Equal((line, key), (fault.Line, fault.Key));
        var error = Assert.Throws<PatchException>(file.ToPlan);
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Contains(file.Path, error.Message, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"line {line}"), error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_told_at_once_in_the_order_of_the_lines()
    {
        var file = Read(Whole.Replace("freeze", "melt", StringComparison.Ordinal).Replace("25%", "many", StringComparison.Ordinal)
            .Replace("severity: high", "severity: awful", StringComparison.Ordinal).Replace("approval: true", "approve: true", StringComparison.Ordinal));
        Assert.Equal(["onFailure", "gates[1].severity", "rings[1].batch", "rings[1].approve"], file.Faults.Select(f => f.Key));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("- a\n- b\n", "has to be a mapping with name")]
    [InlineData("name: a\n---\nname: b\n", "several documents")]
    [InlineData("name: [a\n", "no valid YAML")]
    [InlineData("name: a\nrings: []\n", "at least one ring")]
    [InlineData("name: a\nrings:\n", "has to be a list")]
    [InlineData("name: a\nrings: [{name: x}]\n", "at least one target")]
    [InlineData("name: a\nrings: [staging]\n", "has to be a mapping with name")]
    [InlineData("name: a\u0000b\n", "control character")]
    public void What_is_no_plan_is_a_fault(string text, string message) =>
        Assert.Contains(message, Assert.Single(Read(text).Faults).Message, StringComparison.Ordinal);

    [Fact]
    public void A_gate_that_no_ring_asks_is_doubtful()
    {
        var file = Read(Whole.Replace("gates: [policy]", "gates: []", StringComparison.Ordinal));
        Assert.Equal((5, "gates"), (Assert.Single(file.Warnings).Line, file.Warnings[0].Key));
        Assert.Contains("'policy'", file.Warnings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anchors_and_merge_keys_mean_what_they_mean_elsewhere()
    {
        var plan = Read("""
            name: a
            rings:
              - &one { name: one, soak: 1h, targets: [{ path: one }] }
              - { <<: *one, name: two, targets: [{ path: two }] }
            """).ToPlan();
        Assert.Equal(TimeSpan.FromHours(1), plan.Rings[1].Soak);
        Assert.Equal("two", plan.Rings[1].Name);
    }

    [Fact]
    public void Many_faults_and_a_bomb_of_aliases_cost_little()
    {
        var many = Read("name: a\nrings:\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"  - {{ nme: r{i}, targets: [{{ path: x }}] }}\n")));
        Assert.InRange(many.Faults.Count, 100, 1000);
        var bomb = Read("a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat("bcdefgh".Select(c =>
            $"{c}: &{c} [{string.Join(',', Enumerable.Repeat("*" + (char)(c - 1), 10))}]\n")));
        Assert.Contains("nodes", Assert.Single(bomb.Faults).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none.yaml", PatchErrorCode.NotFound)]
    [InlineData(".", PatchErrorCode.InvalidArgument)]
    [InlineData("", PatchErrorCode.InvalidArgument)]
    public void A_file_that_is_none_is_an_error(string name, PatchErrorCode code) =>
        Assert.Equal(code, Assert.Throws<PatchException>(() => new PlatformProvider()
            .ReadPlan(name.Length == 0 ? name : Path.Combine(_folder.FullName, name))).Code);

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("1h30m", 5400)]
    [InlineData("1d", 86400)]
    [InlineData("PT90S", 90)]
    [InlineData("P1DT2H", 93600)]
    [InlineData("PT0.5S", 0.5)]
    public void Durations_have_both_forms(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds),
        Read($"name: a\nrings: [{{ name: x, soak: {text}, targets: [{{ path: x }}] }}]").ToPlan().Rings[0].Soak);

    private PatchPlanFile Read(string text)
    {
        var path = Path.Combine(_folder.FullName, "plan.yaml");
        File.WriteAllText(path, text);
        return new PlatformProvider().ReadPlan(path);
    }
}
