using PatchContainers.Packages;
using PatchContainers.Scanning;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning;

public sealed class ScanPolicyTests
{
    private static readonly ScanPolicy HighWithFix = new(Severity.High, OnlyFixable: true);
    private static readonly ScanPolicy High = new(Severity.High, OnlyFixable: false);

    public static TheoryData<Severity, FixState, string, bool, bool> Findings => new()
    {
        // Severity, fix, suppressed; fails "high", fails "high with a fix".
        { Severity.Critical, FixState.Fixed, "", true, true },
        { Severity.High, FixState.Fixed, "", true, true },
        { Severity.Medium, FixState.Fixed, "", false, false },
        { Severity.High, FixState.NotFixed, "", true, false },
        { Severity.High, FixState.WontFix, "", true, false },
        { Severity.High, FixState.Unknown, "", true, false },
        { Severity.High, FixState.NotAffected, "", false, false },
        { Severity.Critical, FixState.Fixed, "not in the execute path", false, false },
    };

    [Theory]
    [MemberData(nameof(Findings))]
    public void A_finding_breaks_the_rule_by_severity_fix_and_suppression(Severity severity, FixState fix, string suppressed, bool fails, bool failsWithFix)
    {
        var result = Result(Finding("CVE-2024-0001", severity, fix) with { Suppressed = suppressed });
        Assert.Equal(fails ? PolicyVerdict.Failed : PolicyVerdict.Passed, High.Evaluate(result).Verdict);
        Assert.Equal(failsWithFix ? PolicyVerdict.Failed : PolicyVerdict.Passed, HighWithFix.Evaluate(result).Verdict);
    }

    [Fact]
    public void Violations_are_named_once_worst_first_over_all_platforms()
    {
        var amd = Result(Finding("CVE-2024-0001", Severity.High, FixState.Fixed), Finding("CVE-2024-0002", Severity.Critical, FixState.Fixed));
        var arm = Result(Finding("CVE-2024-0001", Severity.High, FixState.Fixed) with { Purl = "pkg:deb/debian/a@1?arch=arm64" });
        var judged = HighWithFix.Evaluate(amd, arm);
        Assert.Equal(["CVE-2024-0002", "CVE-2024-0001"], judged.Violations.Select(f => f.Id));
        Assert.Equal("2 findings are High or worse with a fix: CVE-2024-0002 in a 1 (fixed in 2), CVE-2024-0001 in a 1 (fixed in 2).", judged.Detail);
    }

    [Fact]
    public void What_is_not_known_is_said_and_keeps_the_verdict_from_Passed()
    {
        var unassessed = Result() with { PackageCount = 2, Unassessed = [new UnassessedPackage("a", "1", "of no known distribution")] };
        var judged = HighWithFix.Evaluate(unassessed);
        Assert.Equal((PolicyVerdict.Inconclusive, 1, "No finding is High or worse with a fix, but 1 packages could not be assessed. a: of no known distribution"),
            (judged.Verdict, judged.UnassessedCount, judged.Detail));

        var unrated = Result(Finding("CVE-2024-0001", Severity.Unknown, FixState.Fixed));
        Assert.Equal("No finding is High or worse with a fix, but 1 findings have no severity.", HighWithFix.Evaluate(unrated).Detail);
        Assert.Equal(PolicyVerdict.Inconclusive, HighWithFix.Evaluate(unrated).Verdict);

        // Without a fix it could not break this rule, whatever its severity.
        var unfixed = Result(Finding("CVE-2024-0001", Severity.Unknown, FixState.NotFixed));
        Assert.Equal(PolicyVerdict.Passed, HighWithFix.Evaluate(unfixed).Verdict);
        Assert.Equal(PolicyVerdict.Inconclusive, High.Evaluate(unfixed).Verdict);
    }

    [Fact]
    public void A_violation_is_a_failure_whatever_else_is_not_known()
    {
        var result = Result(Finding("CVE-2024-0001", Severity.High, FixState.Fixed)) with { Unassessed = [new UnassessedPackage("b", "1", "broken")] };
        Assert.Equal(PolicyVerdict.Failed, HighWithFix.Evaluate(result).Verdict);
    }

    [Fact]
    public void Unknown_as_the_limit_means_any_finding()
    {
        Assert.Equal(PolicyVerdict.Failed, new ScanPolicy(Severity.Unknown, false).Evaluate(Result(Finding("X", Severity.Unknown, FixState.NotFixed))).Verdict);
        Assert.Equal(PolicyVerdict.Passed, new ScanPolicy(Severity.Unknown, false).Evaluate(Result()).Verdict);
    }

    [Theory]
    [InlineData("go", PolicyVerdict.Passed, "No finding is High or worse.")]
    [InlineData("warn", PolicyVerdict.Passed, "No finding is High or worse.")]
    [InlineData("STOP", PolicyVerdict.Failed, "No finding is High or worse, but the scanner's own policy p1 says STOP: a port is open.")]
    [InlineData("maybe", PolicyVerdict.Inconclusive, "No finding is High or worse, but the scanner's own policy p1 says 'maybe', which is not known here.")]
    public void What_the_scanners_own_policy_stops_has_failed(string action, PolicyVerdict verdict, string detail)
    {
        var result = Result() with { Policy = new ScannerPolicy { Id = "p1", Action = action, Detail = "a port is open." } };
        var judged = High.Evaluate(Result(), result);
        Assert.Equal((verdict, detail), (judged.Verdict, judged.Detail));
        judged = High.Evaluate(result with { Findings = [Finding("CVE-2024-0001", Severity.High, FixState.Fixed)] });
        Assert.Equal(PolicyVerdict.Failed, judged.Verdict);
    }

    [Fact]
    public void No_result_is_no_pass() => Assert.Equal(PolicyVerdict.Inconclusive, High.Evaluate().Verdict);

    [Fact]
    public void Findings_are_ordered_worst_first_fixable_first_and_then_by_name()
    {
        Finding[] sorted =
        [
            Finding("CVE-2", Severity.Critical, FixState.Fixed),
            Finding("CVE-1", Severity.Critical, FixState.NotFixed),
            Finding("CVE-3", Severity.High, FixState.Fixed),
            Finding("CVE-3", Severity.High, FixState.Fixed) with { Package = "b" },
            Finding("CVE-3", Severity.High, FixState.Fixed) with { Package = "b", Version = "2" },
            Finding("CVE-3", Severity.High, FixState.Fixed) with { Package = "b", Version = "2", Purl = "pkg:x" },
            Finding("CVE-9", Severity.Unknown, FixState.Fixed),
        ];
        Assert.Equal(sorted, sorted.Reverse().Order(FindingOrder.Instance));
    }

    private static Finding Finding(string id, Severity severity, FixState fix) =>
        new() { Id = id, Severity = severity, FixState = fix, Package = "a", Version = "1", FixedVersion = fix == FixState.Fixed ? "2" : string.Empty };

    private static ImageScanResult Result(params Finding[] findings) => new()
    {
        Image = "registry.example/app:1",
        Digest = "sha256:" + new string('a', 64),
        Platform = "linux/amd64",
        ManifestDigest = "sha256:" + new string('a', 64),
        Scanner = new ScannerInfo { Name = "Embedded" },
        Findings = findings,
    };
}
