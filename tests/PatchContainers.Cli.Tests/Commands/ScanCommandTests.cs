using PatchContainers.Packages;
using PatchContainers.Scanning;

namespace PatchContainers.Cli.Tests.Commands;

public sealed class ScanCommandTests
{
    [Fact]
    public async Task There_is_one_record_for_each_platform_with_the_base_known_from_the_record_before()
    {
        using var world = await World.CreateAsync();
        var stale = await world.Cli.RunAsync("stale", "--image", World.Web);

        var scans = (await world.Cli.PipeAsync(stale.Output, "scan")).Records<ImageScanResult>();

        Assert.Equal(["linux/amd64", "linux/arm64"], scans.Select(s => s.Platform));
        Assert.All(scans, s => Assert.Equal(World.Web, s.Image));
        Assert.All(scans, s => Assert.Equal("debian", s.Os.Family));
        Assert.All(scans.SelectMany(s => s.Findings), f => Assert.Equal(FindingOrigin.Base, f.Origin));
        Assert.Contains(scans[0].Findings, f =>
            f is { Id: "CVE-2023-5363", Package: "libssl3", FixedVersion: "3.0.11-1~deb12u2", Severity: Severity.High,
            FixState: FixState.Fixed });
        Assert.Contains(scans[0].Findings, f =>
            f is { Id: "CVE-2023-45853", Package: "zlib1g", Severity: Severity.Critical, FixState: not FixState.Fixed });
    }

    [Fact]
    public async Task The_records_of_several_platforms_of_one_image_are_one_image()
    {
        using var world = await World.CreateAsync();
        var scans = await world.Cli.RunAsync("scan", "--image", World.Web);

        var again = await world.Cli.PipeAsync(scans.Output, "scan");

        Assert.Equal(2, again.Records<ImageScanResult>().Count);
    }

    [Theory]
    [InlineData("critical", ExitCode.Findings)]
    [InlineData("low", ExitCode.Findings)]
    [InlineData(null, ExitCode.Done)]
    public async Task A_finding_at_or_above_the_severity_is_exit_code_3(string? severity, int exitCode)
    {
        using var world = await World.CreateAsync();

        var result = await world.Cli.RunAsync(["scan", "--image", World.Web, "--platform", "linux/arm64", .. severity is null
            ? Array.Empty<string>() : ["--fail-on", severity]]);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal("linux/arm64", Assert.Single(result.Records<ImageScanResult>()).Platform);
    }

    [Fact]
    public async Task A_line_that_is_no_record_is_named_with_its_number_and_the_rest_goes_on()
    {
        using var world = await World.CreateAsync();
        var stale = await world.Cli.RunAsync("stale", "--image", World.Web);

        var result = await world.Cli.PipeAsync(stale.Output + "{ \"Image\": \n\n{\"Image\":\"a:1\"}\n" + stale.Output, "scan");

        Assert.Equal(ExitCode.Partly, result.ExitCode);
        Assert.Equal(2, result.Records<ImageScanResult>().Count);
        Assert.Equal(2, result.Errors.Length);
        Assert.StartsWith("error: InvalidData standard input, line 2: ", result.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith("error: InvalidData standard input, line 4: ", result.Errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_pipe_is_nothing_to_do()
    {
        using var world = await World.CreateAsync();

        var result = await world.Cli.PipeAsync(string.Empty, "scan");

        Assert.Equal(new CliResult(ExitCode.Done, string.Empty, string.Empty), result);
    }

    [Fact]
    public async Task Details_show_each_finding_with_its_link()
    {
        using var world = await World.CreateAsync();

        var result = await world.Terminal.RunAsync("scan", "--image", World.Web, "--platform", "linux/amd64", "--details");

        var line = Assert.Single(result.Lines, l => l.Contains("CVE-2023-38545", StringComparison.Ordinal)
            && l.Contains("libcurl4", StringComparison.Ordinal));
        Assert.Contains("fixed in 7.88.1-10+deb12u4", line, StringComparison.Ordinal);
        Assert.EndsWith("https://security-tracker.debian.org/tracker/CVE-2023-38545", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_advisories_nothing_is_called_clean()
    {
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await world.Cli.RunAsync("scan", "--image", World.Web, "--strict");

        Assert.NotEqual(ExitCode.Done, result.ExitCode);
        Assert.All(result.Records<ImageScanResult>(), s => Assert.NotEmpty(s.Unassessed));
    }

    [Fact]
    public void A_policy_that_had_nothing_to_judge_is_not_passed()
    {
        var outcome = new RunOutcome(isStrict: false, Severity.Critical);
        outcome.Observe(new ImageScanResult
        {
            Image = "a:1",
            Digest = string.Empty,
            Platform = "linux/amd64",
            ManifestDigest = string.Empty,
            Scanner = new ScannerInfo { Name = "Embedded" },
            PackageCount = 1,
            Unassessed = [new UnassessedPackage("curl", "x", "Its version cannot be read.")],
        });

        Assert.Equal(ExitCode.Partly, outcome.ToExitCode(failures: 0));
    }
}
