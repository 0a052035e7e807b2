using System.Text.RegularExpressions;

namespace PatchContainers.Cli.Tests.Demo;

/// <summary>The demo from end to end, by the real executable in a folder of its own.</summary>
public sealed partial class DemoTests(DemoRun run) : IClassFixture<DemoRun>
{
    [Fact]
    public void The_demo_shows_what_it_promises()
    {
        Assert.Equal((ExitCode.Done, string.Empty), (run.Result.ExitCode, run.Result.Error));
        var output = run.Result.Output;
        Assert.True(output.IndexOf("What is not:", StringComparison.Ordinal) < output.IndexOf("$ ", StringComparison.Ordinal),
            "What is not real is said before the first command.");
        Assert.Contains("4 images: 2 stale, 1 fresh, 1 unknown.", output, StringComparison.Ordinal);
        Assert.Contains("https://security-tracker.debian.org/tracker/CVE-2023-5363", output, StringComparison.Ordinal);
        Assert.Matches(@"shop/web:1\.4 +Updated +registry\.demo\.example/shop/web:1\.4-patched-[0-9a-f]{8} ", output);
        Assert.Matches(@"shop/reports:2\.0 +Refused", output);
        Assert.Contains("apt-get install", output, StringComparison.Ordinal);
        Assert.Matches(@"deploy is  [0-9a-f]{64}, as before", output);
        Assert.Matches(@"8 of 1\d\d lines differ, in 4 of 6 files", output);
        Assert.Matches(@"\(process \d+ was killed with SIGKILL: [2-8] of 8 references are written, \d+ steps are done in the journal\)",
            output);
        Assert.Matches(@"The files are equal to\s+those of the run that nothing interrupted: [0-9a-f]{64}", output);
        Assert.Contains("GateFailed", output, StringComparison.Ordinal);
        Assert.Contains("(exit code 4)", output, StringComparison.Ordinal);
        Assert.Matches(@"production before ([0-9a-f]{64})\n +after  \1 \(equal\)", output);
        Assert.Matches(@"Byte \d+ of \S+history\.jsonl, in record (\d+): '\d' becomes '\d'\.\n"
            + @"\$ [^\n]+verify[^\n]*\nINTACT[^\n]*\nno +\d+ +\1 ", output);
    }

    [Fact]
    public async Task The_demo_can_be_run_again_in_its_own_folder()
    {
        using var folder = new TemporaryFolder();
        var first = await CliProcess.RunAsync(folder.Path, "demo", "--prepare");

        var again = await CliProcess.RunAsync(folder.Path, "demo");

        Assert.Equal((ExitCode.Done, ExitCode.Done), (first.ExitCode, again.ExitCode));
        Assert.Equal(Comparable(run.Result.Output), Comparable(again.Output));
    }

    [Fact]
    public async Task The_last_commands_work_as_they_are_printed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The lines are run by sh.");
        var folder = run.Folder;
        var commands = Commands(run.Result.Output[run.Result.Output.IndexOf("Now you.", StringComparison.Ordinal)..]);
        Assert.True(commands.Count >= 5);

        foreach (var command in commands.Where(c => !c.Contains("docker-archive:", StringComparison.Ordinal)))
        {
            var result = await CliProcess.ShellAsync(folder.Path, command);

            Assert.Equal(command.Contains("--fail-on", StringComparison.Ordinal) ? ExitCode.Findings : ExitCode.Done, result.ExitCode);
            Assert.NotEmpty(result.Output);
        }

        var archive = Assert.Single(commands, c => c.Contains("docker-archive:my-image.tar", StringComparison.Ordinal));
        await File.WriteAllBytesAsync(folder["my-image.tar"],
            DockerArchive.OfDebian(File.ReadAllText(folder["patchcontainers-demo", "data", "packages", "base-2023-07.status"])),
            TestContext.Current.CancellationToken);
        var scan = await CliProcess.ShellAsync(folder.Path, archive);
        Assert.Equal((ExitCode.Done, string.Empty), (scan.ExitCode, scan.Error));
        Assert.Contains("CVE-2023-5363", scan.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_advisory_and_another_version_change_what_is_shown()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(ExitCode.Done, (await CliProcess.RunAsync(folder.Path, "demo", "--prepare")).ExitCode);
        Directory.Move(folder["patchcontainers-demo", "data"], folder["data"]);
        // An advisory with an id that nobody else has, and a package that was patched in time.
        var advisory = folder["data", "advisories", "2023-12", "CVE-2023-5363.json"];
        await File.WriteAllTextAsync(advisory, (await File.ReadAllTextAsync(advisory, TestContext.Current.CancellationToken))
            .Replace("CVE-2023-5363", "CVE-2099-0001", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var packages = folder["data", "packages", "base-2023-07.status"];
        await File.WriteAllTextAsync(packages, (await File.ReadAllTextAsync(packages, TestContext.Current.CancellationToken))
            .Replace("7.88.1-10+deb12u1", "7.88.1-10+deb12u4", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var usual = run.Result;
        var altered = await CliProcess.RunAsync(folder.Path, "demo", "--path", "other", "--data", "data");

        Assert.Equal((ExitCode.Done, string.Empty), (altered.ExitCode, altered.Error));
        Assert.Contains("CVE-2099-0001", altered.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("CVE-2023-38545", altered.Output, StringComparison.Ordinal);
        Assert.Contains("CVE-2023-38545", usual.Output, StringComparison.Ordinal);
        Assert.NotEqual(Findings().Match(usual.Output).Value, Findings().Match(altered.Output).Value);
        Assert.NotEqual(Fixed().Match(usual.Output).Value, Fixed().Match(altered.Output).Value);
    }

    [Fact]
    public async Task A_folder_that_no_demo_made_is_refused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["mine"]);
        await File.WriteAllTextAsync(folder["mine", "file"], "mine", TestContext.Current.CancellationToken);

        var result = await CliProcess.RunAsync(folder.Path, "demo", "--path", "mine");

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.StartsWith("error: AlreadyExists ", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    // What differs from run to run: times, ids, the images' ages, process ids, hashes over times, and how far the killed process came, which
    // the numbers of the history's records tell. All other figures are the same.
    private static string Comparable(string output) => Changing().Replace(output, "*");

    private static List<string> Commands(string text)
    {
        var commands = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                commands.Add(line[2..]);
            }
            else if (commands.Count > 0 && commands[^1].EndsWith('|'))
            {
                commands[^1] += "\n" + line;
            }
        }

        return commands;
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ|\b\d{8}-[0-9a-z-]+|\b[0-9a-f]{64}\b|sha256:[0-9a-f]+|process \d+|\d+ steps|"
        + @"\d+ of them from|\d+ of 8 references|Byte \d+ |record \d+:|'\d'|"
        + @"(?<=(?:Annotation|LayerPrefix|  -) +)\d{4}\b|"
        + @"(?<=history head: )\d+|^ *\d+(?=  \d{4}-)|^SEQ +TIME|(?<=^(?:yes|no) +)\d+.*|Records? (?:1 to )?\d+|line at byte \d+|[ ]+$",
        RegexOptions.Multiline)]
    private static partial Regex Changing();

    [GeneratedRegex(@"\d+ findings in \d+ packages")]
    private static partial Regex Findings();

    [GeneratedRegex(@"\d+ vulnerabilities fixed")]
    private static partial Regex Fixed();
}
