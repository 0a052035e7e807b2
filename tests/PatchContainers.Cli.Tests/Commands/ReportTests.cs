using PatchContainers.History;
using PatchContainers.Scanning;
using PatchContainers.TestKit;

namespace PatchContainers.Cli.Tests.Commands;

/// <summary>Reports of other scanners, from <c>scan</c> and <c>compare</c>.</summary>
public sealed class ReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CliRunner _cli = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_report_is_a_result_that_gates_and_stands_in_the_history()
    {
        var result = await RunAsync("scan", "--report", Trivy("trivy.json", "HIGH"), "--fail-on", "high");
        Assert.Equal(ExitCode.Findings, result.ExitCode);
        var scan = Assert.Single(result.Records<ImageScanResult>());
        Assert.Equal(("web:1.4", "Trivy", "0.57.0", 1, 1), (scan.Image, scan.Scanner.Name, scan.Scanner.Version, scan.HighCount, scan.FixableCount));
        Assert.Equal(ExitCode.Done, (await RunAsync("scan", "--report", Trivy("trivy.json", "HIGH"), "--fail-on", "critical")).ExitCode);

        var record = (await RunAsync("history", "list")).Records<PatchRecord>()[0];
        Assert.Equal((PatchRecordKind.Scan, "web:1.4"), (record.Kind, record.Image));
        Assert.Contains("Read from trivy.json, made 2024-11-01 00:00:00Z.", record.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_of_one_image_become_one_result_or_stay_apart_and_are_compared()
    {
        string[] reports = ["--report", Trivy("a.json", "HIGH"), "--report", Clair("b.json"), "--image", "web:1.4"];
        var merged = Assert.Single((await RunAsync(["scan", .. reports])).Records<ImageScanResult>());
        Assert.Equal(("Trivy, Clair", 1), (merged.Scanner.Name, merged.Findings.Count));
        Assert.Equal(["Trivy", "Clair"], merged.Findings[0].Scanners);

        var apart = await RunAsync(["scan", "--separate", .. reports]);
        Assert.Equal(2, apart.Records<ImageScanResult>().Count);
        var comparison = Assert.Single((await RunAsync(["compare", .. reports])).Records<ImageScanComparison>());
        Assert.Equal((1, 1, "Severity: Trivy High, Clair Medium."), (comparison.TotalCount, comparison.CommonCount, Assert.Single(comparison.Differences).Detail));
        Assert.Equal(1, Assert.Single((await _cli.PipeAsync(apart.Output, "compare")).Records<ImageScanComparison>()).Agreement);
    }

    [Fact]
    public async Task A_report_that_cannot_be_read_spoils_the_result_unless_it_may_be_partial()
    {
        string[] reports = ["--report", Trivy("a.json", "LOW"), "--report", Write("b.json", "{\"matches\": [")];
        var result = await RunAsync(["scan", .. reports]);
        Assert.Equal((ExitCode.Failed, 0), (result.ExitCode, result.Records<ImageScanResult>().Count));
        Assert.Contains("b.json' line 1 is no valid JSON", result.Errors[0], StringComparison.Ordinal);

        var partial = await RunAsync(["scan", "--allow-partial", "--fail-on", "high", .. reports]);
        Assert.Equal(ExitCode.Partly, partial.ExitCode);
        Assert.Contains("b.json", Assert.Single(Assert.Single(partial.Records<ImageScanResult>()).FailedScanners), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "is empty JSON, which does not tell what was scanned")]
    [InlineData("{\"a\": 1}", "is no report of a form that is known. Its top has 'a'.")]
    [InlineData("", "it is empty")]
    public async Task What_is_no_report_is_an_error_that_says_so(string text, string fault)
    {
        var result = await RunAsync("scan", "--report", Write("r.json", text));
        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.Contains(fault, Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scanner_that_is_not_known_is_an_error_and_reports_have_one()
    {
        Assert.Contains("'Nobody' is no scanner that can be asked here. They are: Embedded, Trivy, Grype",
            Assert.Single((await RunAsync("scan", "--image", "web:1", "--scanner", "Nobody")).Errors), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await RunAsync("scan", "--report", Trivy("a.json", "LOW"), "--scanner", "Trivy,Grype")).ExitCode);
        Assert.Contains("'Nobody' is no scanner whose reports are read.",
            Assert.Single((await RunAsync("scan", "--report", Trivy("a.json", "LOW"), "--scanner", "Nobody")).Errors), StringComparison.Ordinal);
    }

    private Task<CliResult> RunAsync(params string[] arguments) => _cli.RunAsync([.. arguments, "--state-path", _folder["state"]]);

    private string Trivy(string name, string severity) => Write(name, $$"""
        {"SchemaVersion": 2, "Trivy": {"Version": "0.57.0"}, "CreatedAt": "2024-11-01T00:00:00Z", "ArtifactName": "web:1.4", "ArtifactType": "container_image",
         "Results": [{"Target": "web:1.4 (debian 12.1)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [
           {"VulnerabilityID": "CVE-2024-0001", "PkgName": "curl", "InstalledVersion": "7.88.1-1", "FixedVersion": "7.88.1-2", "Severity": "{{severity}}", "SeveritySource": "nvd"}]}]}
        """);

    private string Clair(string name) => Write(name, """
        {"image": "web:1.4", "unapproved": ["CVE-2024-0001"], "vulnerabilities": [{"featurename": "curl", "featureversion": "7.88.1-1", "vulnerability": "CVE-2024-0001",
          "namespace": "debian:12", "description": "", "link": "https://example.com", "severity": "Medium", "fixedby": "7.88.1-2"}]}
        """);

    private string Write(string name, string text)
    {
        var path = _folder[name];
        File.WriteAllText(path, text);
        return path;
    }
}
