using System.Runtime.CompilerServices;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using Xunit;
using static PatchContainers.Core.Tests.Rollout.RolloutWorld;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class PolicyGateTests
{
    private static readonly Finding Fixable = new() { Id = "CVE-1", Package = "openssl", Version = "1", FixedVersion = "2",
        FixState = FixState.Fixed, Severity = Severity.High };

    private readonly FakeScanner _scanner = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_finding_that_counts_passes_and_each_digest_is_scanned_once_pinned()
    {
        _scanner.Findings[NewDigest] = [Fixable with { Severity = Severity.Medium }, Fixable with { FixState = FixState.NotFixed }];
        var result = await EvaluateAsync(Change("a", NewDigest), Change("b", NewDigest));
        Assert.Equal(GateVerdict.Passed, result.Verdict);
        Assert.Equal([NewImage], _scanner.Scanned);
        Assert.Empty(result.Digests);
    }

    [Fact]
    public async Task A_fixable_finding_at_the_severity_fails_and_names_its_digest()
    {
        _scanner.Findings[NewDigest] = [Fixable];
        _scanner.Findings[OtherDigest] = [];
        var result = await EvaluateAsync(Change("a", NewDigest), Change("b", OtherDigest));
        Assert.Equal(GateVerdict.Failed, result.Verdict);
        Assert.Equal([NewDigest], result.Digests);
        Assert.Contains("CVE-1", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scan_that_fails_is_inconclusive_unless_another_image_fails_the_policy()
    {
        _scanner.Findings[OtherDigest] = [];
        var result = await EvaluateAsync(Change("a", NewDigest), Change("b", OtherDigest));
        Assert.Equal(GateVerdict.Inconclusive, result.Verdict);
        Assert.Equal([NewDigest], result.Digests);
        Assert.Contains("no such image there", result.Detail, StringComparison.Ordinal);

        _scanner.Findings[OtherDigest] = [Fixable];
        Assert.Equal(GateVerdict.Failed, (await EvaluateAsync(Change("a", NewDigest), Change("b", OtherDigest))).Verdict);
    }

    [Fact]
    public async Task Without_a_scanner_or_an_image_it_cannot_say()
    {
        Assert.Equal(GateVerdict.Inconclusive, (await EvaluateAsync()).Verdict);
        var gate = new GateFactory(null, TimeProvider.System).Create(PolicyGate.Define(Severity.High));
        Assert.Equal(GateVerdict.Inconclusive, (await gate.EvaluateAsync(Context(Change("a", NewDigest)), Token)).Verdict);
    }

    [Theory]
    [InlineData("policy", "severity", "high", null)]
    [InlineData("policy", "severity", "Critical", null)]
    [InlineData("policy", "severity", "7", "severity")]
    [InlineData("policy", "severity", "Terrible", "severity")]
    [InlineData("policy", "other", "High", "'other'")]
    [InlineData("horoscope", "severity", "High", "horoscope")]
    public void A_gate_of_a_plan_is_made_or_an_error_that_names_it(string kind, string setting, string value, string? fault)
    {
        var gate = new RolloutGate("mine", kind, new Dictionary<string, string> { [setting] = value });
        var factory = new GateFactory(_ => _scanner, TimeProvider.System);
        if (fault is null)
        {
            Assert.Equal("mine", factory.Create(gate).Name);
            return;
        }

        var e = Assert.Throws<PatchException>(() => factory.Create(gate));
        Assert.Equal((PatchErrorCode.InvalidArgument, "mine"), (e.Code, e.Target));
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("trivy", "trivy")]
    [InlineData("Trivy, Clair", "Trivy|Clair")]
    public async Task A_gate_scans_with_those_that_it_names_and_warnings_go_with_the_verdict(string names, string expected)
    {
        var asked = new List<ScannerChoice>();
        _scanner.Findings[NewDigest] = [];
        _scanner.Warning = "The report tells no digest.";
        var settings = new Dictionary<string, string> { ["severity"] = "High" };
        if (names.Length > 0)
        {
            settings["scanner"] = names;
        }

        var result = await new GateFactory(choice =>
        {
            asked.Add(choice);
            return _scanner;
        }, TimeProvider.System).Create(new RolloutGate("mine", "policy", settings)).EvaluateAsync(Context(Change("a", NewDigest)), Token);
        Assert.Equal(expected, string.Join('|', Assert.Single(asked).Names));
        Assert.Equal(GateVerdict.Passed, result.Verdict);
        Assert.EndsWith("No finding is High or worse with a fix. The report tells no digest.", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scanner_that_is_none_is_a_fault_of_the_plan()
    {
        var fault = GateFactory.Check(new RolloutGate("mine", "policy", new Dictionary<string, string> { ["severity"] = "high", ["scanner"] = "Trivy, Snake" }));
        Assert.Equal("scanner", fault!.Setting);
        Assert.Contains("names 'Snake', which is no scanner. They are: Embedded, Trivy,", fault.Message, StringComparison.Ordinal);
    }

    private static RolloutChange Change(string name, string digest) => new()
    {
        Workload = name,
        Platform = "Text",
        Ring = "staging",
        OldImage = OldImage,
        NewImage = $"registry.example/web:1.4-patched@{digest}",
        NewDigest = digest,
    };

    private Task<GateResult> EvaluateAsync(params RolloutChange[] changes) =>
        new PolicyGate("policy", Severity.High, _scanner, TimeProvider.System).EvaluateAsync(Context(changes), Token);

    private static GateContext Context(params RolloutChange[] changes) => new() { Ring = "staging", Changes = changes };

    private sealed class FakeScanner : IImageScanner
    {
        public Dictionary<string, Finding[]> Findings { get; } = [];

        public List<string> Scanned { get; } = [];

        public string? Warning { get; set; }

        public string Name => "Fake";

        public async IAsyncEnumerable<ImageScanResult> ScanAsync(
            ScanTarget target, IProgress<PatchNotice> notices, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            Scanned.Add(target.Image.ToString());
            if (Warning is not null)
            {
                notices.Report(new PatchNotice.Warning(Warning));
            }

            yield return new ImageScanResult
            {
                Image = target.Name,
                Digest = target.Image.Digest.ToString(),
                Platform = "linux/amd64",
                ManifestDigest = target.Image.Digest.ToString(),
                Scanner = new ScannerInfo { Name = Name },
                Findings = Findings.TryGetValue(target.Image.Digest.ToString(), out var findings)
                    ? findings
                    : throw new PatchException(PatchErrorCode.NotFound, target.Name, "There is no such image there."),
            };
        }
    }
}
