namespace PatchContainers.Cli.Demo;

/// <summary>
/// Runs command lines as a shell would, each echoed before its output: the same command tree, in this process, one verb's JSON lines
/// the next verb's input.
/// </summary>
internal sealed class DemoShell(CliHost host, DemoProgram program, string statePath)
{
    private readonly string _program = program.ToShell();
    private readonly List<string> _surprises = [];

    /// <summary>What a pipeline did.</summary>
    /// <param name="ExitCode">The last verb's exit code, as a shell reports it.</param>
    /// <param name="Records">The records that the last verb wrote.</param>
    internal sealed record Result(int ExitCode, IReadOnlyList<object> Records)
    {
        public IEnumerable<T> Of<T>() => Records.OfType<T>();

        /// <summary>The only record, without which the story cannot go on.</summary>
        /// <exception cref="PatchException">The command above wrote none, and said why.</exception>
        public T Single<T>() => Records is [T record] ? record : throw new PatchException(PatchErrorCode.NotFound, "demo",
            $"The demo stops here: the last command wrote no {typeof(T).Name} (exit code {ExitCode}); its output above says why.");
    }

    /// <summary>What did not come out as the demo promises.</summary>
    public IReadOnlyList<string> Surprises => _surprises;

    /// <summary>Takes note where something did not come out as promised; the demo then fails at its end.</summary>
    public void Expect(bool holds, string promise)
    {
        if (!holds)
        {
            _surprises.Add(promise);
        }
    }

    /// <summary>Writes a line of the story.</summary>
    public void Say(string text) => host.Out.Write(text + "\n");

    /// <summary>Echoes a pipeline, runs it, and shows what its last verb writes.</summary>
    public async Task<Result> RunAsync(CancellationToken cancellationToken, params string[][] pipeline)
    {
        Echo(Line(pipeline));
        var input = string.Empty;
        for (var i = 0; i < pipeline.Length - 1; i++)
        {
            input = await CaptureAsync(pipeline[i], input, cancellationToken).ConfigureAwait(false);
        }

        var records = new List<object>();
        var inner = Inner(host.Out, input, pipeline.Length > 1) with { Observer = records.Add };
        var code = await CliApplication.RunAsync(WithState(pipeline[^1]), inner, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        Say($"(exit code {code})");
        Say(string.Empty);
        return new Result(code, records);
    }

    /// <summary>Runs a pipeline without its last verb, and returns what that would read.</summary>
    public async Task<string> CaptureAsync(string[][] pipeline, CancellationToken cancellationToken)
    {
        var input = string.Empty;
        foreach (var command in pipeline[..^1])
        {
            input = await CaptureAsync(command, input, cancellationToken).ConfigureAwait(false);
        }

        return input;
    }

    /// <summary>Writes a command line as it is typed.</summary>
    public void Echo(string line) => Say("$ " + line);

    /// <summary>A pipeline as it is typed. A pipe at a line's end goes on in the next one, in sh as in PowerShell.</summary>
    public string Line(params string[][] pipeline) =>
        string.Join(" |\n    ", pipeline.Select(c => $"{_program} {string.Join(' ', WithState(c).Select(DemoPath.Quote))}"));

    /// <summary>The words of a command, with the demo's state folder.</summary>
    public IReadOnlyList<string> WithState(string[] command) => [.. command, "--state-path", statePath];

    private async Task<string> CaptureAsync(string[] command, string input, CancellationToken cancellationToken)
    {
        using var output = new StringWriter();
        var inner = Inner(output, input, hasInput: true) with { IsOutputRedirected = true };
        await CliApplication.RunAsync(WithState(command), inner, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return output.ToString();
    }

    // As in a terminal: tables, and errors where the output is. Colours only where the demo itself may have them.
    private CliHost Inner(TextWriter output, string input, bool hasInput) => host with
    {
        In = new StringReader(input),
        Out = output,
        Error = host.Out,
        IsInputRedirected = hasInput,
        IsOutputRedirected = false,
        IsErrorRedirected = true,
        OwnsProcess = false,
        Environment = name => name == "NO_COLOR" && !host.UseColor ? "1" : host.Environment(name),
    };
}
