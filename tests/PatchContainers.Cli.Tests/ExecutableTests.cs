using System.Diagnostics;
using PatchContainers.Rollout;

namespace PatchContainers.Cli.Tests;

/// <summary>What only a real process shows: pipes, exit codes, signals.</summary>
public sealed class ExecutableTests
{
    [Fact]
    public async Task The_verbs_compose_through_pipes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The line is written for sh.");
        using var world = await World.CreateAsync();

        var result = await CliProcess.ShellAsync(world.Root,
            "export PATCHCONTAINERS_HOME=$PWD/state; $cli stale --path deploy | $cli scan | $cli update "
            + "| $cli rollout start --path deploy --ring staging,production");

        Assert.Equal(ExitCode.Done, result.ExitCode);
        var rollout = Assert.Single(result.Records<PatchRollout>());
        Assert.Equal(RolloutStatus.Succeeded, rollout.Status);
    }

    [Fact]
    public async Task A_reader_that_went_away_ends_the_work_with_the_code_that_shells_know()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The code is that of Unix shells.");
        var cancellationToken = TestContext.Current.CancellationToken;
        using var world = await World.CreateAsync(withAdvisories: false);
        using var process = CliProcess.Start(world.Root, CliProcess.Executable, "stale", "--all", "--state-path", "other");
        process.StandardOutput.Close();
        // It writes when it has read this, and by then nobody listens.
        await process.StandardInput.WriteAsync("{\"Image\":\"oci:registry/shop/web:1.4\",\"SuggestedImage\":\"\"}\n");
        process.StandardInput.Close();

        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);

        Assert.Equal(ExitCode.OutputClosed, process.ExitCode);
        Assert.DoesNotContain("error:", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_an_error_and_no_success()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full.");
        using var world = await World.CreateAsync(withAdvisories: false);

        var result = await CliProcess.ShellAsync(world.Root, "$cli stale --path deploy --state-path state > /dev/full");

        Assert.Equal(ExitCode.Failed, result.ExitCode);
        Assert.StartsWith("error: FileError standard output: ", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_commands_may_write_to_one_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The line is written for sh.");
        using var world = await World.CreateAsync(withAdvisories: false);

        await CliProcess.ShellAsync(world.Root,
            "{ $cli stale --path deploy --state-path state; $cli stale --path deploy --state-path state; } > both.jsonl");

        Assert.Equal(6,
            (await File.ReadAllLinesAsync(Path.Combine(world.Root, "both.jsonl"), TestContext.Current.CancellationToken)).Length);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_stops_a_command_that_waits_for_its_input(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        var cancellationToken = TestContext.Current.CancellationToken;
        using var world = await World.CreateAsync(withAdvisories: false);
        // A job that a script started in the background ignores SIGINT, and hands that on to what it starts.
        string[] command = [CliProcess.Executable, "scan", "--state-path", "state", "--verbose"];
        using var process = OperatingSystem.IsLinux()
            ? CliProcess.Start(world.Root, "env", ["--default-signal", .. command])
            : CliProcess.Start(world.Root, command[0], command[1..]);
        // It has read a line, so it listens; then it waits for the next one.
        await process.StandardInput.WriteAsync("{}\n");
        await process.StandardInput.FlushAsync(cancellationToken);
        Assert.StartsWith("error: InvalidData", await process.StandardError.ReadLineAsync(cancellationToken), StringComparison.Ordinal);

        using (var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(cancellationToken);
        }

        await process.WaitForExitAsync(cancellationToken);
        Assert.Equal(signal == "INT" ? ExitCode.Interrupted : 143, process.ExitCode);
    }

    [Fact]
    public async Task The_version_is_the_assemblys()
    {
        using var folder = new TemporaryFolder();

        var result = await CliProcess.RunAsync(folder.Path, "--version");

        Assert.Equal(ExitCode.Done, result.ExitCode);
        Assert.StartsWith(typeof(PatchState).Assembly.GetName().Version!.ToString(3), result.Output, StringComparison.Ordinal);
    }
}
