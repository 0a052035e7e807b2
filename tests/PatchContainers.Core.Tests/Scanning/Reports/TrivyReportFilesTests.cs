using System.Text.Json;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Reports;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Reports;

/// <summary>Reports that Trivy and those who use it have published: what we read must be what stands in them.</summary>
public sealed class TrivyReportFilesTests
{
    private static readonly string[] OtherFormats =
    [
        "conda-cyclonedx.json.golden", "conda-environment-cyclonedx.json.golden", "conda-spdx.json.golden", "npm-cyclonedx.json.golden",
        "fluentd-multiple-lockfiles-short.cdx.json.golden", "fluentd-multiple-lockfiles.cdx.json.golden", "julia-spdx.json.golden",
        "pom-cyclonedx.json.golden",
    ];

    public static TheoryData<string, string> Goldens => TrivyReading.Files("goldens", "*.json.golden", OtherFormats);

    public static TheoryData<string, string> Converted => TrivyReading.Files("fixtures-convert", "*.golden");

    public static TheoryData<string, string> DefectDojo => TrivyReading.Files(
        "real-reports-defectdojo", "*.json", "kubernetes.json", "issue_9170.json", "issue_10991.json", "legacy_no_vuln.json");

    public static TheoryData<string, string> Copacetic => TrivyReading.Files("copacetic-reports", "*.json", "invalid.json");

    [Theory]
    [MemberData(nameof(Goldens))]
    [MemberData(nameof(Converted))]
    [MemberData(nameof(DefectDojo))]
    [MemberData(nameof(Copacetic))]
    public void Findings_and_their_counts_are_those_of_the_file(string folder, string file)
    {
        var path = Conformance.Path("trivy", folder, file);
        using var raw = JsonDocument.Parse(File.ReadAllBytes(path));
        var targets = raw.RootElement.ValueKind == JsonValueKind.Array ? [.. raw.RootElement.EnumerateArray()]
            : raw.RootElement.List("Results").ToArray();
        if (targets.Length > 0 && targets.All(t => t.TryGetProperty("Class", out var c) && c.GetString() is not ("os-pkgs" or "lang-pkgs")))
        {
            Assert.Contains("does not say that Trivy looked for vulnerabilities", TrivyReading.Fault(File.ReadAllText(path)));
            return;
        }

        var result = Assert.Single(TrivyReading.Read(path));

        var vulnerabilities = targets.SelectMany(t => t.List("Vulnerabilities")).ToArray();
        Assert.Equal(TrivyReading.Count(vulnerabilities, "Severity", "FixedVersion"), TrivyReading.Count([result]));
        Assert.Equal(targets.Sum(t => t.List("ExperimentalModifiedFindings").Count()), result.Findings.Count(f => f.Suppressed.Length > 0));
        Assert.Equal(
            vulnerabilities.Select(v =>
                $"{v.Text("VulnerabilityID") ?? v.Text("Title") ?? "unnamed"} {v.Text("PkgName")} {v.Text("InstalledVersion")}").Order(),
            result.Findings.Where(f => f.Suppressed.Length == 0).Select(f => $"{f.Id} {f.Package} {f.Version}").Order());
        Assert.Equal(targets.Sum(t => t.List("Packages").Count()), result.PackageCount);
        Assert.All(result.Findings, f => Assert.NotEmpty(f.Type));
        Assert.NotEmpty(result.Image);
        Assert.Equal("Trivy", result.Scanner.Name);
    }

    [Fact]
    public void An_archive_is_named_by_what_is_in_it()
    {
        var result = Assert.Single(TrivyReading.Read(Conformance.Path("trivy", "goldens", "alpine-310.json.golden")));

        Assert.Equal("ghcr.io/aquasecurity/trivy-test-images:alpine-310", result.Image);
        Assert.Equal(string.Empty, result.Digest);
        Assert.Equal("linux/amd64", result.Platform);
        Assert.Equal(new ScannedOs { Family = "alpine", Version = "3.10.2", EndOfLife = true }, result.Os);
        Assert.Equal("dev", result.Scanner.Version);
        Assert.Equal(new DateTimeOffset(2021, 8, 25, 12, 20, 30, TimeSpan.Zero), result.ScannedAt);
    }

    [Fact]
    public void Every_status_is_told_apart()
    {
        var result = Assert.Single(TrivyReading.Read(Conformance.Path("trivy", "real-reports-defectdojo", "all_statuses.json")));

        var states = result.Findings.ToDictionary(f => f.Id, f => f.FixState);
        Assert.Equal(FixState.Unknown, states["CVE-2011-3374"]);
        Assert.Equal(FixState.NotAffected, states["CVE-2019-18276"]);
        Assert.Equal(FixState.NotFixed, states["TEMP-0841856-B18BAF"]);
        Assert.Equal(FixState.Unknown, states["CVE-2018-1000876"]);
        Assert.Equal(FixState.Unknown, states["CVE-2018-12697"]);
        Assert.Equal(FixState.WontFix, states["CVE-2018-12698"]);
        Assert.Equal(FixState.NotFixed, states["CVE-2018-12699"]);
        Assert.Equal(FixState.WontFix, states["CVE-2018-12934"]);
    }

    [Fact]
    public void A_finding_that_a_statement_dismisses_is_kept_with_the_statement()
    {
        var result = Assert.Single(TrivyReading.Read(Conformance.Path("trivy", "fixtures-convert", "npm-with-suppressed.json.golden")));

        var dismissed = Assert.Single(result.Findings, f => f.Suppressed.Length > 0);
        Assert.Equal("CVE-2017-16137", dismissed.Id);
        Assert.Equal("not_affected: vulnerable_code_not_in_execute_path (./vex.json)", dismissed.Suppressed);
        Assert.Equal("2.6.9, 3.1.0, 3.2.7, 4.3.1", dismissed.FixedVersion);
        Assert.Equal("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L", dismissed.Cvss);
        Assert.Equal("package-lock.json", dismissed.Path);
    }

    [Fact]
    public void What_was_written_before_there_was_a_schema_names_the_image_in_its_target()
    {
        var result = Assert.Single(TrivyReading.Read(Conformance.Path("trivy", "real-reports-defectdojo", "legacy_trivy_mix.json")));

        Assert.Equal("trivy-ci-test", result.Image);
        Assert.Equal(new ScannedOs { Family = "alpine", Version = "3.7.1" }, result.Os);
        Assert.Contains(result.Findings, f => f.Path == "node-app/package-lock.json" && f.Type == "npm");
        Assert.Contains(result.Findings, f => f.Path.Length == 0 && f.Type == "apk");
    }

    [Fact]
    public void Null_is_a_report_only_of_a_scanner_and_an_image_that_are_named()
    {
        var path = Conformance.Path("trivy", "real-reports-defectdojo", "legacy_no_vuln.json");

        Assert.Contains("empty JSON", Assert.Throws<PatchException>(() => TrivyReading.Read(path)).Message);
        Assert.Contains("does not name the image",
            Assert.Throws<PatchException>(() => TrivyReading.Read(path, new ScanReportOptions { Scanner = "Trivy" })).Message);
        var result = Assert.Single(TrivyReading.Read(path, new ScanReportOptions { Scanner = "trivy", Image = "app:1" }));
        Assert.Equal("app:1", result.Image);
        Assert.Empty(result.Findings);
    }

    [Fact]
    public void What_is_no_json_is_refused_by_its_name_and_line()
    {
        var path = Conformance.Path("trivy", "copacetic-reports", "invalid.json");
        var error = Assert.Throws<PatchException>(() => TrivyReading.Read(path));

        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Contains($"'{path}' line 1 is no valid JSON", error.Message);
    }
}
