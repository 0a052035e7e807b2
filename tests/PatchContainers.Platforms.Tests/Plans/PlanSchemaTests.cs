using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Plans;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Plans;
using Xunit;
using YamlDotNet.Core;

namespace PatchContainers.Platforms.Tests.Plans;

/// <summary>docs/patch-plan.schema.json says of plans what the reader says, as far as a schema can.</summary>
public sealed partial class PlanSchemaTests : IDisposable
{
    // What stands in two places, in the zones of this machine, or twice in one mapping.
    private static readonly string[] BeyondSchemas =
    [
        "name: staging", "gates: [polcy]", "Europe/Atlantis", "2028-12-20", "batch: 25%\n    batch: 3",
    ];

    private static readonly string Root = FindRoot();
    private static readonly JsonNode Source = JsonNode.Parse(File.ReadAllText(Path.Combine(Root, "docs", "patch-plan.schema.json")))!;
    private static readonly SchemaChecker Schema = new(Source);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("schema");

    public static TheoryData<string, string> Broken { get; } = new(typeof(PlanReaderTests)
        .GetMethod(nameof(PlanReaderTests.A_fault_has_its_line_and_its_key))!.GetCustomAttributes<InlineDataAttribute>()
        .Select(row => ((string)row.Data[0]!, (string)row.Data[1]!)).Where(row => !BeyondSchemas.Contains(row.Item2)));

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_whole_plan_is_valid() => Assert.Empty(FaultsOf(PlanReaderTests.Whole));

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_the_reader_refuses_is_not_valid(string from, string to) =>
        Assert.NotEmpty(FaultsOf(PlanReaderTests.Whole.Replace(from, to, StringComparison.Ordinal)));

    [Theory]
    [InlineData("batch: 25%", "batch: 3")]
    [InlineData("batch: 25%", "batch: 100%")]
    [InlineData("soak: 1d", "soak: 1h30m")]
    [InlineData("soak: 1d", "soak: 0s")]
    [InlineData("soak: 1d", "soak: P1DT2H")]
    [InlineData("approval: true", "approval: false")]
    [InlineData("url: [https://a.example/, https://b.example/]", "url: https://a.example/health?x=1@2")]
    [InlineData("url: [https://a.example/, https://b.example/]", "url: 'https://{{workload}}.example'")]
    [InlineData("header: { X-Scope-OrgID: shop }", "header.X-Scope-OrgID: shop")]
    [InlineData("header: { X-Scope-OrgID: shop }", "headerEnv: { Authorization: TOKEN }")]
    [InlineData("header: { X-Scope-OrgID: shop }", "maxIncrease: 20% or 0.005")]
    [InlineData("success: \"> 0\"", "success: '>= 0.9 and < 1.1'")]
    [InlineData("severity: high", "severity: negligible")]
    [InlineData("blackouts: [2026-12-20..2027-01-06]", "blackouts: ['xmas=2026-12-24 UTC']")]
    [InlineData("Sat,Sun 02:00 +4h Europe/Berlin", "night=Mon-Fri 23:00 +90m UTC")]
    [InlineData("Sat,Sun 02:00 +4h Europe/Berlin", "2026-11-28 02:00 +4h Europe/Berlin")]
    [InlineData("context: prod", "context: in-cluster")]
    [InlineData("parallelism: 2", "monitor: PT90S")]
    [InlineData("maxFailureRatio: 0.1", "maxFailureRatio: 1")]
    [InlineData("host: lab", "host: tcp://engine.example:2376, selector: '!old'")]
    public void What_the_reader_takes_is_valid(string from, string to)
    {
        var text = PlanReaderTests.Whole.Replace(from, to, StringComparison.Ordinal);
        Assert.Empty(Read(text).Faults);
        Assert.Empty(FaultsOf(text));
    }

    [Fact]
    public void Every_plan_in_the_documentation_is_one_and_is_valid()
    {
        var blocks = Documents().SelectMany(file => Block().Matches(File.ReadAllText(file)).Select(m => (file, Text: m.Groups["text"].Value)));
        var plans = 0;
        foreach (var (file, text) in blocks)
        {
            var isGate = GateStart().IsMatch(text);
            if (!isGate && !text.Contains("\nrings:", StringComparison.Ordinal))
            {
                continue;
            }

            plans++;
            var plan = !isGate ? text : "name: a\nrings:\n- name: r\n  targets: [{ path: x }]\n  gates:\n  - "
                + text.TrimEnd().ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal);
            Assert.True(Read(plan).Faults is [], $"{file}: {string.Join(' ', Read(plan).Faults)}\n{plan}");
            Assert.True(FaultsOf(plan) is [], $"{file}: {string.Join(' ', FaultsOf(plan))}\n{plan}");
        }

        Assert.True(plans >= 14);
    }

    [Fact]
    public void Its_keys_are_the_reader_s()
    {
        Assert.Equal(PlanKeys.Plan.Order(), Keys(Source));
        Assert.Equal(PlanKeys.Ring.Order(), Keys(Definition("ring")));
        Assert.Equal(PlanKeys.Canary.Order(), Keys(Definition("ring")["properties"]!["canary"]!));
        Assert.Equal(PlanKeys.Target.Order(), Keys(Definition("target")));
        Assert.Equal(PlanKeys.Kubernetes.Order(), Keys(Definition("target")["properties"]!["kubernetes"]!));
        Assert.Equal(PlanKeys.Docker.Order(), Keys(Definition("target")["properties"]!["docker"]!));
        Assert.Equal(PlanKeys.Compose.Order(), Keys(Definition("target")["properties"]!["compose"]!));
        Assert.Equal(PlanKeys.Swarm.Order(), Keys(Definition("target")["properties"]!["swarm"]!));
        Assert.Equal(PlanKeys.SwarmUpdate.Order(), Keys(SwarmUpdate));
        Assert.Equal(GateFactory.Kinds.Order(), Strings(Definition("gate")["properties"]!["kind"]!["enum"]!));
        Assert.Equal(RingTarget.ChangeableKinds.Order(),
            Strings(Definition("target")["properties"]!["kubernetes"]!["properties"]!["kinds"]!["items"]!["enum"]!));
        foreach (var kind in GateFactory.Kinds)
        {
            Assert.Equal(PlanKeys.Gate.Concat(GateFactory.SettingsOf(kind).Select(s => s.TrimEnd('.'))).Order(), Keys(Definition(kind)));
        }
    }

    [Fact]
    public void Its_words_are_the_reader_s()
    {
        Assert.Equal(Words<FailureAction>(), Strings(Source["properties"]!["onFailure"]!["enum"]!));
        Assert.Equal(Words<InconclusiveAction>(), Strings(Source["properties"]!["onInconclusive"]!["enum"]!));
        Assert.Equal(TargetReader.Orders.Keys.Order(), Strings(SwarmUpdate["properties"]!["order"]!["enum"]!));
        Assert.Equal(Words<RollbackScope>(), Strings(Source["properties"]!["rollbackScope"]!["enum"]!));
        Assert.Equal(Words<Scanning.Severity>(), Strings(Definition("policy")["properties"]!["severity"]!["enum"]!));
    }

    private static JsonNode SwarmUpdate => Definition("target")["properties"]!["swarm"]!["properties"]!["update"]!;

    private static JsonNode Definition(string name) => Source["$defs"]![name]!;

    private static IEnumerable<string> Keys(JsonNode schema) => schema["properties"]!.AsObject().Select(p => p.Key).Order();

    private static IEnumerable<string> Strings(JsonNode list) => list.AsArray().Select(s => (string)s!).Order();

    private static IEnumerable<string> Words<T>()
        where T : struct, Enum => Enum.GetNames<T>().Select(n => n.ToLowerInvariant()).Order();

    private static IReadOnlyList<string> FaultsOf(string yaml)
    {
        try
        {
            var root = YamlReader.Read(SourceText.Decode("plan.yaml", System.Text.Encoding.UTF8.GetBytes(yaml)), PlanReader.Limits)[0].Root;
            return Schema.Check(ToJson(root));
        }
        catch (PatchException e)
        {
            return [e.Message];
        }
    }

    // As the core schema of YAML 1.2 has it, which editors read by.
    private static JsonNode? ToJson(YamlNode node) => node.Resolved switch
    {
        YamlMapping mapping => new JsonObject(mapping.Effective.Select(e => KeyValuePair.Create(e.Key!, ToJson(e.Value)))),
        YamlSequence sequence => new JsonArray([.. sequence.Items.Select(ToJson)]),
        YamlScalar { IsNull: true } => null,
        YamlScalar { Style: ScalarStyle.Plain, Value: "true" or "True" or "TRUE" } => JsonValue.Create(true),
        YamlScalar { Style: ScalarStyle.Plain, Value: "false" or "False" or "FALSE" } => JsonValue.Create(false),
        YamlScalar { Style: ScalarStyle.Plain, Value: var text }
            when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        YamlScalar { Style: ScalarStyle.Plain, Value: var text }
            when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        YamlScalar scalar => JsonValue.Create(scalar.Value),
        _ => throw new InvalidOperationException($"{node.GetType()} is no node of a plan."),
    };

    private static IEnumerable<string> Documents() => Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
        .Append(Path.Combine(Root, "README.md"));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PatchContainers.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not lie below the solution.");
        }

        return folder.FullName;
    }

    private PatchPlanFile Read(string text)
    {
        var path = Path.Combine(_folder.FullName, "plan.yaml");
        File.WriteAllText(path, text);
        return new PlatformProvider().ReadPlan(path);
    }

    [GeneratedRegex(@"```yaml\r?\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    [GeneratedRegex(@"\A(?:#[^\n]*\n)?name: \S+\r?\nkind: \w+\r?\n")]
    private static partial Regex GateStart();
}
