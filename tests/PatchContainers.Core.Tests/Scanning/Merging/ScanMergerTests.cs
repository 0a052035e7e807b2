using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Merging;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Merging;

public sealed class ScanMergerTests
{
    private static readonly DateTimeOffset s_time = new(2024, 5, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_several_policies_the_strictest_stays()
    {
        ImageScanResult[] results = [.. new[] { null, "go", "stop", "other", "warn" }.Select((action, i) =>
            Result($"S{i}") with { Policy = action is null ? null : new ScannerPolicy { Action = action } })];
        Assert.Equal("stop", Assert.Single(ScanMerger.Merge(results)).Policy!.Action);
        Assert.Equal("other", Assert.Single(ScanMerger.Merge([.. results.Where(r => r.Policy?.Action != "stop")])).Policy!.Action);
    }

    [Fact]
    public void A_flaw_that_two_scanners_call_differently_is_one_finding_with_what_each_of_them_knows()
    {
        var merged = Assert.Single(ScanMerger.Merge(
        [
            Result("Trivy", Finding("CVE-2024-0001", "lodash", "4.17.0") with { Severity = Severity.Medium, SeveritySource = "nvd", Aliases = ["GHSA-a"], Path = "app/package-lock.json" }),
            Result("Grype", Finding("GHSA-a", "lodash", "4.17.0") with
            {
                Severity = Severity.High, SeveritySource = "github", FixedVersion = "4.17.21", FixState = FixState.Fixed, Epss = 0.5, KnownExploited = true, Risk = 12,
                Path = "/app/package-lock.json",
            }),
        ]));
        var finding = Assert.Single(merged.Findings);
        Assert.Equal(("CVE-2024-0001", Severity.High, "github", "4.17.21", FixState.Fixed), (finding.Id, finding.Severity, finding.SeveritySource, finding.FixedVersion, finding.FixState));
        Assert.Equal(["GHSA-a"], finding.Aliases);
        Assert.Equal(["Trivy", "Grype"], finding.Scanners);
        Assert.Equal((0.5, true, 12.0, "app/package-lock.json, /app/package-lock.json"), (finding.Epss, finding.KnownExploited, finding.Risk, finding.Path));
        Assert.Equal(("Trivy, Grype", "1, 2", s_time), (merged.Scanner.Name, merged.Scanner.Version, merged.Scanner.DatabaseTime));
        Assert.Equal((1, 1), (merged.HighCount, merged.FixableCount));
    }

    // The package of the first and of the second finding; whether they are one.
    [Theory]
    [InlineData("curl", "7.88.1-1", "curl", "7.88.1-1", true)]
    [InlineData("curl", "7.88.1-1", "libcurl4", "7.88.1-1", false)]
    [InlineData("curl", "7.88.1-1", "curl", "7.88.1-2", false)]
    [InlineData("bind-libs", "32:9.11.4", "bind-libs", "9.11.4", true)]
    [InlineData("org.apache.logging.log4j:log4j-core", "2.14.0", "log4j-core", "2.14.0", true)]
    [InlineData("golang.org/x/net", "v0.1.0", "golang.org/x/net", "0.1.0", true)]
    public void Findings_are_of_one_package_in_one_version(string package, string version, string otherPackage, string otherVersion, bool isSame)
    {
        var merged = Assert.Single(ScanMerger.Merge([Result("Trivy", Finding("CVE-2024-0001", package, version)), Result("Grype", Finding("CVE-2024-0001", otherPackage, otherVersion))]));
        Assert.Equal(isSame ? 1 : 2, merged.Findings.Count);
    }

    [Fact]
    public void An_advisory_s_id_joins_no_flaws()
    {
        var one = Finding("CVE-2024-0001", "openssl", "3.0") with { Aliases = ["DSA-1-1"] };
        var merged = Assert.Single(ScanMerger.Merge([Result("Embedded", one, one with { Id = "CVE-2024-0002" }), Result("Trivy", one with { Aliases = [] })]));
        Assert.Equal([("CVE-2024-0001", 2), ("CVE-2024-0002", 1)], merged.Findings.Select(f => (f.Id, f.Scanners.Count)));
    }

    [Fact]
    public void A_finding_of_a_whole_advisory_is_one_of_each_flaw_that_another_scanner_knows()
    {
        var advisory = Finding("RHSA-2024:1", "openssl", "1:3.0") with { Aliases = ["CVE-2024-0001", "CVE-2024-0002"], FixedVersion = "3.1", FixState = FixState.Fixed };
        var both = Assert.Single(ScanMerger.Merge(
            [Result("Clair", advisory), Result("Trivy", Finding("CVE-2024-0001", "openssl", "3.0"), Finding("CVE-2024-0002", "openssl", "3.0"))]));
        Assert.Equal(2, both.Findings.Count);
        Assert.All(both.Findings, f => Assert.Equal((2, "RHSA-2024:1", FixState.Fixed), (f.Scanners.Count, Assert.Single(f.Aliases), f.FixState)));

        // One of them nobody else knows: nothing is lost.
        var one = Assert.Single(ScanMerger.Merge([Result("Clair", advisory), Result("Trivy", Finding("CVE-2024-0001", "openssl", "3.0"))]));
        Assert.Equal(["CVE-2024-0001", "RHSA-2024:1"], one.Findings.Select(f => f.Id).Order());
    }

    [Fact]
    public void Ids_that_a_later_finding_shows_to_be_one_flaw_s_are_joined()
    {
        var merged = Assert.Single(ScanMerger.Merge(
        [
            Result("A", Finding("GHSA-a", "x", "1")), Result("B", Finding("CVE-2024-0001", "x", "1")),
            Result("C", Finding("GHSA-a", "x", "1") with { Aliases = ["CVE-2024-0001"] }),
        ]));
        Assert.Equal(["A", "B", "C"], Assert.Single(merged.Findings).Scanners);
    }

    [Fact]
    public void What_one_scanner_suppresses_or_does_not_assess_still_counts()
    {
        var suppressed = Finding("CVE-2024-0001", "x", "1") with { Suppressed = "not_affected", FixState = FixState.NotAffected };
        var merged = Assert.Single(ScanMerger.Merge(
        [
            Result("A", suppressed) with { Unassessed = [new UnassessedPackage("rpmdb", string.Empty, "unknown form")] },
            Result("B", Finding("CVE-2024-0001", "x", "1") with { FixState = FixState.NotFixed }) with { FailedScanners = ["C: down"] },
        ]));
        Assert.Equal((string.Empty, FixState.NotFixed), (merged.Findings[0].Suppressed, merged.Findings[0].FixState));
        Assert.Equal("A: unknown form", Assert.Single(merged.Unassessed).Reason);
        Assert.Equal(["C: down"], merged.FailedScanners);
        Assert.Equal("not_affected", Assert.Single(Assert.Single(ScanMerger.Merge([Result("A", suppressed), Result("B", suppressed)])).Findings).Suppressed);
    }

    [Fact]
    public void A_scanner_that_failed_lets_no_policy_pass()
    {
        var partial = Result("A") with { FailedScanners = ["B: down"] };
        var verdict = new ScanPolicy(Severity.High, OnlyFixable: false).Evaluate(partial);
        Assert.Equal((PolicyVerdict.Inconclusive, "No finding is High or worse, but a scanner failed: B: down."), (verdict.Verdict, verdict.Detail));
    }

    // Image, platform and digest of the second result beside web, linux/amd64, sha256:1 and the same for linux/arm64.
    [Theory]
    [InlineData("web", "linux/amd64", "sha256:1", 2)]
    [InlineData("web", "linux/amd64", "", 2)]
    [InlineData("web", "linux/amd64", "sha256:2", 3)]
    [InlineData("api", "linux/amd64", "sha256:1", 3)]
    [InlineData("web", "", "sha256:1", 3)]
    public void Results_are_merged_where_nothing_says_that_they_are_of_something_else(string image, string platform, string digest, int count)
    {
        var (amd64, arm64) = (Result("A"), Result("A") with { Platform = "linux/arm64", ManifestDigest = "sha256:5" });
        Assert.Equal(count, ScanMerger.Merge([amd64, arm64, Result("B") with { Image = image, Platform = platform, Digest = digest, ManifestDigest = string.Empty }]).Count);
    }

    [Fact]
    public void Digests_that_differ_are_of_different_images_where_no_manifest_is_named()
    {
        var one = Result("A") with { ManifestDigest = string.Empty };
        Assert.Equal(2, ScanMerger.Merge([one, one with { Digest = "sha256:2", Scanner = new ScannerInfo { Name = "B" } }]).Count);
    }

    [Fact]
    public void A_platform_that_is_not_named_is_the_only_one_that_there_is()
    {
        var merged = Assert.Single(ScanMerger.Merge([Result("B") with { Platform = string.Empty, Digest = string.Empty }, Result("A")]));
        Assert.Equal(("linux/amd64", "sha256:1", "B, A"), (merged.Platform, merged.Digest, merged.Scanner.Name));
    }

    [Fact]
    public void A_result_that_only_tells_good_from_bad_stays_apart()
    {
        ImageScanResult[] results = [Result("A"), Result("Trivy") with { IsGateOnly = true }, Result("B")];
        Assert.Equal(["A, B", "Trivy"], ScanMerger.Merge(results).Select(r => r.Scanner.Name));

        // Whatever is compared with it.
        Assert.All(new[] { results, results[..2], results[1..2] }, compared => Assert.Contains(
            "SARIF and evaluations of policies are not compared", Assert.Throws<PatchException>(() => ScanComparer.Compare(compared)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_comparison_says_who_found_what()
    {
        var comparison = Assert.Single(ScanComparer.Compare(
        [
            Result("A", Finding("CVE-2024-0001", "x", "1"), Finding("CVE-2024-0002", "x", "1") with { Severity = Severity.High }, Finding("CVE-2024-0003", "x", "1")),
            Result("B", Finding("CVE-2024-0001", "x", "1"), Finding("CVE-2024-0003", "x", "1") with { Severity = Severity.Low, FixedVersion = "2", FixState = FixState.Fixed },
                Finding("CVE-2024-0004", "x", "1") with { Suppressed = "ignored" }),
        ]));
        Assert.Equal((3, 2), (comparison.TotalCount, comparison.CommonCount));
        Assert.Equal(2.0 / 3, comparison.Agreement);
        Assert.Equal(["A", "B"], comparison.Scanners.Select(s => s.Name));
        Assert.Equal([("CVE-2024-0002", "A", "B", ""), ("CVE-2024-0003", "A,B", "", "Severity: A Medium, B Low. Fix: A Unknown, B 2.")],
            comparison.Differences.Select(d => (d.Id, string.Join(',', d.FoundBy), string.Join(',', d.MissedBy), d.Detail)));
    }

    [Fact]
    public void One_scanner_s_results_are_no_comparison()
    {
        Assert.Contains("only A scanned it", Assert.Throws<PatchException>(() => ScanComparer.Compare([Result("A")])).Message, StringComparison.Ordinal);
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => ScanComparer.Compare([])).Code);
        Assert.Equal(1, Assert.Single(ScanComparer.Compare([Result("A"), Result("B")])).Agreement);
    }

    [Fact]
    public void A_merged_result_is_no_comparison_and_the_error_says_what_it_is()
    {
        var merged = ScanMerger.Merge([Result("A"), Result("B")]);
        Assert.Equal("There is nothing to compare of web linux/amd64: the results of A, B are merged into one. Scan again, and keep the scanners' results separate.",
            Assert.Throws<PatchException>(() => ScanComparer.Compare(merged)).Message);
    }

    // The scanners' packages, in their order (a Purl after a blank), and how many findings they come to.
    [Theory]
    [InlineData("org.a:util,org.b:util", "other", 3)]
    [InlineData("org.a:util,org.b:util", "util", 2)]
    [InlineData("util", "org.a:util,org.b:util", 2)]
    [InlineData("util,org.a:util", "util", 2)]
    [InlineData("org.a:util", "org.b:util", 2)]
    [InlineData("util pkg:maven/org.a/util@1,util pkg:maven/org.b/util@1", "other", 3)]
    [InlineData("util pkg:maven/org.a/util@1,util pkg:maven/org.b/util@1", "org.b:util", 2)]
    [InlineData("util pkg:maven/guessed/util@1", "org.b:util", 1)]
    [InlineData("util pkg:maven/guessed/util@1", "util pkg:maven/org.b/util@1", 1)]
    public void One_scanner_s_packages_of_different_groups_stay_apart(string one, string other, int count)
    {
        ImageScanResult[] results = [Result("Trivy", Findings(one)), Result("Grype", Findings(other))];
        Assert.Equal(count, Assert.Single(ScanMerger.Merge(results)).Findings.Count);
        Assert.Equal(count, Assert.Single(ScanComparer.Compare(results)).TotalCount);

        static Finding[] Findings(string packages) => [.. packages.Split(',').Select(p => p.Split(' '))
            .Select(p => Finding("CVE-2024-0001", p[0], "1") with { Purl = p.Length > 1 ? p[1] : string.Empty })];
    }

    [Fact]
    public void A_finding_is_of_the_package_whose_group_its_own_is()
    {
        var merged = Assert.Single(ScanMerger.Merge(
        [
            Result("Trivy", Finding("CVE-2024-0001", "org.a:util", "1"), Finding("CVE-2024-0001", "org.b:util", "1")),
            Result("Grype", Finding("CVE-2024-0001", "util", "1") with { Purl = "pkg:maven/org.b/util@1" }),
        ]));
        Assert.Equal([("org.a:util", 1), ("org.b:util", 2)], merged.Findings.Select(f => (f.Package, f.Scanners.Count)).Order());
    }

    private static Finding Finding(string id, string package, string version) => new() { Id = id, Package = package, Version = version, Severity = Severity.Medium };

    private static ImageScanResult Result(string scanner, params Finding[] findings) => new()
    {
        Image = "web",
        Digest = "sha256:1",
        Platform = "linux/amd64",
        ManifestDigest = "sha256:1",
        Scanner = new ScannerInfo { Name = scanner, Version = scanner == "Grype" ? "2" : "1", DatabaseTime = s_time },
        Findings = findings,
        ScannedAt = s_time,
    };
}
