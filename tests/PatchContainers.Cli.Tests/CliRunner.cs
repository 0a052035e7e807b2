using PatchContainers.Records;

namespace PatchContainers.Cli.Tests;

/// <summary>What a command line did.</summary>
internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    /// <summary>The records that were written as JSON lines.</summary>
    public IReadOnlyList<T> Records<T>()
        where T : class => [.. Lines.Select(line => RecordJson.Read<T>(line, "output"))];

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] Errors => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs command lines in this process, as in a pipe or as in a terminal.</summary>
internal sealed class CliRunner
{
    public string? StatePath { get; init; }

    /// <summary>Whether output goes to a terminal.</summary>
    public bool IsTerminal { get; init; }

    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>Runs a command line without piped input.</summary>
    public Task<CliResult> RunAsync(params string[] args) => RunAsync(null, args);

    /// <summary>Runs a command line on piped input.</summary>
    public Task<CliResult> PipeAsync(string input, params string[] args) => RunAsync(input, args);

    private async Task<CliResult> RunAsync(string? input, string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost
        {
            In = new StringReader(input ?? string.Empty),
            Out = output,
            Error = error,
            IsInputRedirected = input is not null,
            IsOutputRedirected = !IsTerminal,
            IsErrorRedirected = true,
            Environment = name => Environment.GetValueOrDefault(name),
        };
        string[] all = StatePath is null ? args : [.. args, "--state-path", StatePath];
        var code = await CliApplication.RunAsync(all, host, TestContext.Current.CancellationToken);
        return new CliResult(code, output.ToString(), error.ToString());
    }
}
