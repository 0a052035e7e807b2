using System.CommandLine;
using System.CommandLine.Invocation;
using PatchContainers.Cli.Commands;
using PatchContainers.Cli.Output;

namespace PatchContainers.Cli;

/// <summary>Runs one command line.</summary>
internal static class CliApplication
{
    // What a verb has under way may take this long to stop after Ctrl+C.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMilliseconds(800);

    /// <summary>Parses and runs a command line; returns its exit code.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="host">What surrounds the run.</param>
    /// <param name="cancellationToken">Stops the run as Ctrl+C does.</param>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliHost host, CancellationToken cancellationToken = default)
    {
        try
        {
            var code = await RunVerbAsync(args, host, cancellationToken).ConfigureAwait(false);
            await host.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
            return code;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (OutputClosedException exception) when (exception.IsBrokenPipe)
        {
            return ExitCode.OutputClosed;
        }
        catch (OutputClosedException exception)
        {
            host.Error.Write($"error: {nameof(PatchErrorCode.FileError)} standard output: {TerminalText.Clean(exception.Message)}\n");
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            // A fault of this program. The runtime would abort with a core dump; this way scripts see an error as they see others.
            host.Error.Write($"error: Internal: this is a fault of patchcontainers; please report it with what follows.\n{exception}\n");
            return ExitCode.Failed;
        }
    }

    private static async Task<int> RunVerbAsync(IReadOnlyList<string> args, CliHost host, CancellationToken cancellationToken)
    {
        // A word with '@' in front is a reference's part here, never a file with more words.
        var parsed = CommandTree.Create(host).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is null or ParseErrorAction)
        {
            foreach (var error in parsed.Errors)
            {
                host.Error.Write(TerminalText.Clean($"error: Usage: {error.Message}") + '\n');
            }

            var path = string.Concat(parsed.CommandResult.Command.Parents.OfType<Command>().Where(c => c is not RootCommand).Reverse()
                .Append(parsed.CommandResult.Command).Where(c => c is not RootCommand).Select(c => c.Name + ' '));
            host.Error.Write($"See: patchcontainers {path}--help\n");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = host.Out,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = host.OwnsProcess ? StopTimeout : null,
        }, cancellationToken).ConfigureAwait(false);
    }
}
