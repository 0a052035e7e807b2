namespace PatchContainers.Cli.Output;

/// <summary>
/// Writes what services say besides their results to standard error: <c>error: CODE target: message</c>, <c>warning: message</c>, and
/// progress where that is a terminal.
/// </summary>
internal sealed class NoticeWriter : IProgress<PatchNotice>
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly CliHost _host;
    private readonly bool _quiet;
    private readonly bool _verbose;
    private readonly Lock _gate = new();
    private long _lastProgress;
    private int _progressWidth;

    /// <summary>Creates the writer.</summary>
    /// <param name="host">Where to write.</param>
    /// <param name="quiet">No progress. Warnings and errors are never dropped.</param>
    /// <param name="verbose">Details as well.</param>
    public NoticeWriter(CliHost host, bool quiet, bool verbose)
    {
        _host = host;
        _quiet = quiet;
        _verbose = verbose;
    }

    /// <summary>How many items failed.</summary>
    public int Failures { get; private set; }

    /// <inheritdoc/>
    public void Report(PatchNotice value)
    {
        // Services report from whatever thread they work on.
        lock (_gate)
        {
            switch (value)
            {
                case PatchNotice.Failure failure:
                    Failures++;
                    WriteError(failure.Exception.Code.ToString(), failure.Exception.Target, failure.Exception.Message);
                    break;
                case PatchNotice.Warning warning:
                    WriteLine($"warning: {warning.Message}");
                    break;
                case PatchNotice.Verbose verbose when _verbose:
                    WriteLine(verbose.Message);
                    break;
                case PatchNotice.Progress progress when !_quiet && !_host.IsErrorRedirected:
                    DrawProgress(progress);
                    break;
            }
        }
    }

    /// <summary>Writes an error that ends the run.</summary>
    public void WriteError(string code, string target, string message)
    {
        lock (_gate)
        {
            // Many messages begin with the object that they are about; it is said once, before the colon.
            var rest = target.Length > 0 && message.StartsWith(target, StringComparison.Ordinal)
                ? message[target.Length..].TrimStart(':', ' ')
                : message;
            WriteLine(target.Length == 0 ? $"error: {code}: {message}" : $"error: {code} {target}: {rest}");
        }
    }

    /// <summary>Wipes the progress line, before a table is written or the run ends.</summary>
    public void ClearProgress()
    {
        lock (_gate)
        {
            if (_progressWidth > 0)
            {
                _host.Error.Write('\r' + new string(' ', _progressWidth) + '\r');
                _progressWidth = 0;
            }
        }
    }

    private void WriteLine(string line)
    {
        ClearProgress();
        _host.Error.Write(TerminalText.Clean(line));
        _host.Error.Write('\n');
    }

    private void DrawProgress(PatchNotice.Progress progress)
    {
        var now = _host.Time.GetTimestamp();
        if (_lastProgress != 0 && _host.Time.GetElapsedTime(_lastProgress, now) < ProgressInterval)
        {
            return;
        }

        _lastProgress = now;
        var percent = progress.PercentComplete is { } value ? FormattableString.Invariant($" {value,3}%") : string.Empty;
        var line = TerminalText.Clean($"{progress.Activity}{percent}: {progress.Status}");
        // A line that wraps cannot be wiped by a carriage return.
        line = line.Length > 79 ? line[..79] : line;
        _host.Error.Write('\r' + line.PadRight(_progressWidth));
        _progressWidth = line.Length;
    }
}
