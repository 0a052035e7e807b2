using PatchContainers.Records;
using PatchContainers.Scanning;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>
/// The executables of scanners, on an image of a real registry: PATCHCONTAINERS_TEST_TRIVY and PATCHCONTAINERS_TEST_GRYPE name them, with a
/// database that they can load. They are tried nowhere else as themselves, but through a stand-in.
/// </summary>
public sealed class ScannerProgramTests
{
    [Theory]
    [InlineData("Trivy")]
    [InlineData("Grype")]
    public async Task A_real_scanner_finds_what_the_outdated_base_lacks(string scanner)
    {
        var variable = $"PATCHCONTAINERS_TEST_{scanner.ToUpperInvariant()}";
        var program = Environment.GetEnvironmentVariable(variable);
        Assert.SkipWhen(string.IsNullOrEmpty(program), $"{variable} names no executable of {scanner}.");
        var real = RealEngines.Require();
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["PATCHCONTAINERS_HOME"] = folder.Path };
        await File.WriteAllTextAsync(folder["settings.json"], $$"""{"scanners": {"{{scanner}}": {"command": "{{program}}"} } }""",
            TestContext.Current.CancellationToken);

        var stale = await Run.PatchContainersAsync(["stale", "--image", real.App("copy"), "--base-image", real.KnownBase], null, environment);
        Assert.True(stale.ExitCode == 0, stale.Error);
        var scan = await Run.PatchContainersAsync(["scan", "--scanner", scanner], stale.Output, environment);
        Assert.True(scan.ExitCode == 0, scan.Error);

        var result = RecordJson.Read<ImageScanResult>(scan.Output.Trim(), "patchcontainers");
        Assert.Equal(scanner, result.Scanner.Name);
        Assert.NotEmpty(result.Scanner.Version);
        Assert.NotNull(result.Scanner.DatabaseTime);
        Assert.Equal("debian", result.Os.Family);
        var found = result.Findings.Where(f => f.FixState == FixState.Fixed).SelectMany(f => f.Aliases.Prepend(f.Id)).ToHashSet(StringComparer.Ordinal);

        // Not all: a scanner may know one under another name, or leave out what was withdrawn.
        var fixes = real.Fixes().Select(f => f.Cve).Distinct(StringComparer.Ordinal).ToArray();
        Assert.InRange(fixes.Count(found.Contains), fixes.Length * 8 / 10, fixes.Length);
        Assert.All(result.Findings, f => Assert.Equal(FindingOrigin.Base, f.Origin));
    }
}
