using System.Diagnostics;
using PatchContainers.TestKit.Advisories;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>
/// The engines, registries and images that <c>tests/real/up.sh</c> made, read from the file that <c>PATCHCONTAINERS_REAL</c> names.
/// Every test asks for it first, and is skipped with the reason where it is not there.
/// </summary>
internal sealed class RealEngines
{
    private const string Variable = "PATCHCONTAINERS_REAL";

    private readonly Dictionary<string, string> _values;

    private RealEngines(Dictionary<string, string> values) => _values = values;

    public string Folder => _values["DIR"];

    public string Registry => _values["REGISTRY"];

    public string LockedRegistry => _values["LOCKED_REGISTRY"];

    /// <summary>The digest that the base's tag named when the applications were built.</summary>
    public string OldBase => _values["OLD_BASE"];

    /// <summary>The digest that the base's tag names now.</summary>
    public string NewBase => _values["NEW_BASE"];

    /// <summary>A Prometheus without a login.</summary>
    public string Prometheus => _values["PROMETHEUS"];

    /// <summary>Where that one reads its targets: one JSON file each.</summary>
    public string PrometheusTargets => _values["PROMETHEUS_TARGETS"];

    /// <summary>A Prometheus with TLS and a path, which asks for a client certificate and a password.</summary>
    public string LockedPrometheus => _values["PROMETHEUS_LOCKED"];

    /// <summary>The folder of that one's certificates.</summary>
    public string PrometheusTls => _values["PROMETHEUS_TLS"];

    public string Pushgateway => _values["PUSHGATEWAY"];

    public string BaseName => $"{Registry}/debian:12";

    /// <summary>The base as a user names it who knows what it was: <c>NAME=OLDREF</c>.</summary>
    public string KnownBase => $"{BaseName}={Registry}/debian@{OldBase}";

    public string App(string name) => $"{Registry}/apps/{name}:1.0";

    public static RealEngines Require()
    {
        var file = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(file))
        {
            Assert.Skip($"{Variable} is not set: run export {Variable}=$(tests/real/up.sh) for a container engine, registries and real images.");
        }

        return new RealEngines(File.ReadAllLines(file)
            .Select(line => line.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal));
    }

    /// <summary>What the upgrade of the old base to the new one fixed, from the packages' own changelogs.</summary>
    public IReadOnlyList<ChangelogFix> Fixes() => ChangelogFix.Read(Path.Combine(Folder, "fixes.tsv"));

    public Task<string> DockerAsync(params string[] arguments) => RunAsync(_values["DOCKER"], arguments);

    public Task<string> SkopeoAsync(params string[] arguments) => RunAsync("skopeo", arguments);

    /// <summary>Runs a program and gives its standard output; a failure is the test's failure, with what the program said.</summary>
    private async Task<string> RunAsync(string program, string[] arguments)
    {
        var result = await Run.ProgramAsync(program, arguments, input: null, new() { ["DOCKER_HOST"] = _values["DOCKER_HOST"] });
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.Error}{result.Output}");
        return result.Output;
    }
}

/// <summary>A program run to its end.</summary>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    public static async Task<Run> ProgramAsync(string program, string[] arguments, string? input, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input ?? string.Empty);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Run(process.ExitCode, await output, await error);
    }

    /// <summary>Runs <c>patchcontainers</c> as a user does, with JSON lines on a pipe.</summary>
    public static Task<Run> PatchContainersAsync(string[] arguments, string? input = null, Dictionary<string, string>? environment = null) =>
        ProgramAsync(Cli, arguments, input, environment);

    private static string Cli => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "patchcontainers.exe" : "patchcontainers");
}
