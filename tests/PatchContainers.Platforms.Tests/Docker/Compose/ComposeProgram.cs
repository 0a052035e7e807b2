using System.Diagnostics;
using Xunit;

namespace PatchContainers.Platforms.Tests.Docker.Compose;

/// <summary>Debian's docker-compose.</summary>
internal static class ComposeProgram
{
    private const string Program = "/usr/bin/docker-compose";

    /// <summary>Skips the test where it is not there.</summary>
    public static void Require() => Assert.SkipUnless(File.Exists(Program), $"{Program} is not there: apt-get install docker-compose.");

    /// <summary>Runs it; returns what it said.</summary>
    public static async Task<string> RunAsync(RealEngine engine, string project, string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, ["-p", project, "-f", file, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOCKER_HOST"] = engine.Host },
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"docker-compose {string.Join(' ', arguments)}: {await error}");
        return output + await error;
    }
}
