using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PatchContainers.Cli.Commands;
using PatchContainers.Cli.Output;
using PatchContainers.Records;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Stores;

namespace PatchContainers.Cli;

/// <summary>One run of one verb: its services, its output, and what it came to.</summary>
internal sealed class CommandRun : IDisposable
{
    private readonly CliHost _host;
    private readonly RecordOutput _output;

    private CommandRun(CliHost host, ParseResult parsed, GlobalOptions globals, NoticeWriter notices, ImageStoreOptions stores)
    {
        _host = host;
        _output = RecordOutput.Create(parsed.GetValue(globals.Output), host, parsed.GetValue(globals.Details));
        Parsed = parsed;
        Notices = notices;
        IsStrict = parsed.GetValue(globals.Strict);
        Services = CompositionRoot.Create(parsed.GetValue(globals.StatePath), parsed.GetValue(globals.StateStore),
            parsed.GetValue(globals.Settings), stores with { Notices = notices }, host);
    }

    /// <summary>The command line.</summary>
    public ParseResult Parsed { get; }

    /// <summary>Takes what services say besides their results.</summary>
    public NoticeWriter Notices { get; }

    /// <summary>The services.</summary>
    public PatchServices Services { get; }

    /// <summary>Whether what is not known counts as not done.</summary>
    public bool IsStrict { get; }

    /// <summary>Whether records may come through a pipe.</summary>
    public bool HasPipedInput => _host.IsInputRedirected;

    /// <summary>Makes a verb's action.</summary>
    /// <param name="host">What surrounds the run.</param>
    /// <param name="globals">The options of every verb.</param>
    /// <param name="stores">The options of verbs that read or write images; null for others.</param>
    /// <param name="body">Does the work and returns the exit code.</param>
    public static Func<ParseResult, CancellationToken, Task<int>> Action(CliHost host, GlobalOptions globals, StoreArguments? stores,
        Func<CommandRun, CancellationToken, Task<int>> body) => async (parsed, cancellationToken) =>
    {
        var notices = new NoticeWriter(host, parsed.GetValue(globals.Quiet), parsed.GetValue(globals.Verbose));
        CommandRun? run = null;
        var code = ExitCode.Failed;
        try
        {
            var options = stores is null
                ? new ImageStoreOptions()
                : await stores.ReadAsync(parsed, host, cancellationToken).ConfigureAwait(false);
            run = new CommandRun(host, parsed, globals, notices, options);
            code = await body(run, cancellationToken).ConfigureAwait(false);
        }
        catch (PatchException exception)
        {
            notices.WriteError(exception.Code.ToString(), exception.Target, exception.Message);
            code = RunOutcome.OfError(exception.Code);
        }
        catch (UsageException exception)
        {
            notices.WriteError("Usage", string.Empty, exception.Message);
            return ExitCode.Usage;
        }
        finally
        {
            notices.ClearProgress();
            run?.Dispose();
        }

        // What was found before an error is shown all the same.
        run?._output.Complete();
        return code;
    };

    /// <summary>Closes what the services hold open.</summary>
    public void Dispose() => Services.Dispose();

    /// <summary>Writes a record.</summary>
    public void Write(object record)
    {
        Notices.ClearProgress();
        _output.Write(record);
        _host.Observer?.Invoke(record);
    }

    /// <summary>Writes records as they come; returns the exit code.</summary>
    public async Task<int> WriteAllAsync<T>(IAsyncEnumerable<T> records, Severity? failOn, CancellationToken cancellationToken)
        where T : class
    {
        var outcome = new RunOutcome(IsStrict, failOn);
        await foreach (var record in records.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            outcome.Observe(record);
            Write(record);
        }

        return outcome.ToExitCode(Notices.Failures);
    }

    /// <summary>
    /// Reads what an earlier verb wrote, from the pipe. What is no record, or names no image, is reported with its line, and the rest
    /// goes on.
    /// </summary>
    /// <param name="missing">What to name where nothing is piped.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="UsageException">Standard input is a terminal.</exception>
    public async IAsyncEnumerable<PipelineRecord> ReadPipeAsync(string missing,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!HasPipedInput)
        {
            throw new UsageException($"{missing}, or pipe records into it.");
        }

        await foreach (var record in RecordJson.ReadAllAsync(_host.In, "standard input", Notices, cancellationToken).ConfigureAwait(false))
        {
            if (TryReport(() => PipelineRecord.From(record), out var item))
            {
                yield return item;
            }
        }
    }

    /// <summary>Writes how a rollout stands, and the error that it ended with; returns the exit code.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="undo">Whether putting back was what was asked for.</param>
    /// <param name="wanted">The status that was asked for, where it is not the usual one.</param>
    public int WriteRollout(PatchRollout rollout, bool undo = false, RolloutStatus? wanted = null)
    {
        Write(rollout);
        _output.Complete();
        if (rollout.Status == wanted)
        {
            return ExitCode.Done;
        }

        if (RolloutOutcome.Error(rollout, undo) is { } error)
        {
            Notices.WriteError(error.Code.ToString(), error.Target, error.Message);
        }

        return RolloutOutcome.ExitCode(rollout, undo);
    }

    /// <summary>Makes a value of one item; where that fails, the failure is reported and the rest goes on.</summary>
    public bool TryReport<T>(Func<T> make, [NotNullWhen(true)] out T? value)
        where T : class
    {
        try
        {
            value = make();
            return true;
        }
        catch (PatchException exception)
        {
            Notices.Report(new PatchNotice.Failure(exception));
            value = null;
            return false;
        }
    }

    /// <summary>Works on one item; where that fails, the failure is reported, null is returned, and the rest goes on.</summary>
    public async Task<T?> TryReportAsync<T>(Func<Task<T>> work)
        where T : class
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (PatchException exception)
        {
            Notices.Report(new PatchNotice.Failure(exception));
            return null;
        }
    }

    /// <summary>The results of one item; a failure is reported and ends them.</summary>
    public async IAsyncEnumerable<T> UntilFailureAsync<T>(IAsyncEnumerable<T> results,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var enumerator = results.GetAsyncEnumerator(cancellationToken);
        await using (enumerator.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await enumerator.MoveNextAsync().ConfigureAwait(false))
                    {
                        break;
                    }
                }
                catch (PatchException exception)
                {
                    Notices.Report(new PatchNotice.Failure(exception));
                    break;
                }

                yield return enumerator.Current;
            }
        }
    }
}
