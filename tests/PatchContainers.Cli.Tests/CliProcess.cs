using System.Diagnostics;

namespace PatchContainers.Cli.Tests;

/// <summary>Runs the real executable, or a shell that does.</summary>
internal static class CliProcess
{
    /// <summary>The executable, which lies beside the tests.</summary>
    public static string Executable { get; } = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "patchcontainers.exe"
        : "patchcontainers");

    public static Task<CliResult> RunAsync(string folder, params string[] args) => RunAsync(folder, Executable, args);

    /// <summary>Runs a line of sh in which <c>$cli</c> is the executable.</summary>
    public static Task<CliResult> ShellAsync(string folder, string line) => RunAsync(folder, "/bin/sh", ["-c", line]);

    public static Process Start(string folder, string file, params string[] args)
    {
        var start = new ProcessStartInfo(file)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["cli"] = Executable;
        foreach (var arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    private static async Task<CliResult> RunAsync(string folder, string file, string[] args)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var process = Start(folder, file, args);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return new CliResult(process.ExitCode, await output, await error);
    }
}
