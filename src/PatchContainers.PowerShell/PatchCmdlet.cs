using System.Management.Automation;
using PatchContainers.PowerShell.Pipeline;

namespace PatchContainers.PowerShell;

/// <summary>
/// The base of all cmdlets: runs asynchronous services from the pipeline's thread, turns what they say into output, errors, warnings and
/// progress, and stops them on Ctrl+C.
/// </summary>
public abstract class PatchCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly NoticeRelay _notices = new();
    private PatchServices? _services;
    private bool _isLeftBehind;

    /// <summary>
    /// Where state lies: advisories, cache, journal and history. By default PATCHCONTAINERS_HOME, else the user's data folder.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>
    /// Where journals, locks, requests and the quarantine are: <c>kubernetes://CONTEXT/NAMESPACE</c>, or <c>file</c> for the state folder.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StateStore { get; set; }

    /// <summary>A settings file in place of settings.json in the state folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SettingsPath { get; set; }

    /// <summary>The services, made when first asked for.</summary>
    /// <exception cref="PatchException">A parameter or the settings file cannot be used.</exception>
    internal PatchServices Services => _services ??= CompositionRoot.Create(this, _notices);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the cmdlet holds.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        // Work that Ctrl+C left behind may still read from what the services hold open.
        if (disposing && !_isLeftBehind)
        {
            _services?.Dispose();
            _stop.Dispose();
        }
    }

    /// <summary>The work before the first input.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>The work for one input.</summary>
    protected virtual void Process()
    {
    }

    /// <summary>The work after the last input.</summary>
    protected virtual void End()
    {
    }

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Guard(Begin, isTerminating: true);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Guard(Process, isTerminating: false);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Guard(
        () =>
        {
            End();
            WriteWaiting();
        },
        isTerminating: true);

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <summary>Does the work for one item of several: where it fails, that is written as an error, and the rest goes on.</summary>
    internal void Each(Action action) => Guard(action, isTerminating: false);

    /// <summary>Writes what a service yields, as it yields it.</summary>
    internal void WriteAll<T>(Func<IProgress<PatchNotice>, CancellationToken, IAsyncEnumerable<T>> service)
        where T : class => Pump(async (pump, token) =>
        {
            await foreach (var result in service(pump, token).WithCancellation(token).ConfigureAwait(false))
            {
                await pump.WriteAsync(result, token).ConfigureAwait(false);
            }
        });

    /// <summary>Runs a service and returns its result; its notices are written meanwhile.</summary>
    internal T Await<T>(Func<IProgress<PatchNotice>, CancellationToken, Task<T>> service)
    {
        T result = default!;
        Pump(async (pump, token) => result = await service(pump, token).ConfigureAwait(false));
        return result;
    }

    /// <summary>A path of the file system in full, as PowerShell resolves it; it need not exist.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: a path of another provider.</exception>
    internal string FullPath(string path)
    {
        try
        {
            var full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem" ? full : throw NoFile(path, $"it is a path of {provider.Name}.", null);
        }
        catch (Exception e) when (e is System.Management.Automation.DriveNotFoundException
            or ProviderNotFoundException or PSNotSupportedException)
        {
            throw NoFile(path, e.Message, e);
        }
    }

    private static PatchException NoFile(string path, string fault, Exception? cause) =>
        new(PatchErrorCode.InvalidArgument, path, $"'{path}' is not a path in the file system: {fault}", cause);

    private void Pump(Func<PipelinePump, CancellationToken, Task> work)
    {
        var output = new Output(this);
        using var pump = new PipelinePump(_stop.Token);
        try
        {
            pump.Run(
                (p, token) =>
                {
                    _notices.Connect(p);
                    return work(p, token);
                },
                output);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            _notices.Connect(null);
            _isLeftBehind |= !pump.HasEnded;
            output.Complete();
        }

        WriteWaiting();
    }

    private void WriteWaiting()
    {
        var output = new Output(this);
        foreach (var notice in _notices.Take())
        {
            output.WriteNotice(notice);
        }
    }

    /// <summary>
    /// Ends the command with an error. Thrown, it ends the statement alone, whatever <c>-ErrorAction</c> says; written under
    /// <c>-ErrorAction Stop</c>, it ends the script, as whoever asks for that means it.
    /// </summary>
    private protected void Terminate(ErrorRecord error)
    {
        if (MyInvocation.BoundParameters.TryGetValue("ErrorAction", out var action) && action is ActionPreference.Stop)
        {
            WriteError(error);
        }

        ThrowTerminatingError(error);
    }

    private void Guard(Action action, bool isTerminating)
    {
        try
        {
            action();
        }
        catch (PatchException e) when (isTerminating)
        {
            Terminate(ErrorRecords.From(e));
        }
        catch (PatchException e)
        {
            WriteError(ErrorRecords.From(e));
        }
        catch (Exception e) when (e is not (RuntimeException or FlowControlException))
        {
            Terminate(ErrorRecords.Unexpected(e, null));
        }
    }

    private sealed class Output(PatchCmdlet cmdlet) : IPumpOutput
    {
        private readonly ProgressBars _bars = new(cmdlet.WriteProgress);

        public void WriteResult(object result) => cmdlet.WriteObject(result);

        public void WriteNotice(PatchNotice notice)
        {
            switch (notice)
            {
                case PatchNotice.Failure failure:
                    cmdlet.WriteError(ErrorRecords.From(failure.Exception));
                    break;
                case PatchNotice.Warning warning:
                    cmdlet.WriteWarning(warning.Message);
                    break;
                case PatchNotice.Verbose verbose:
                    cmdlet.WriteVerbose(verbose.Message);
                    break;
                case PatchNotice.Progress progress:
                    _bars.Show(progress);
                    break;
            }
        }

        public void Complete()
        {
            try
            {
                _bars.Complete();
            }
            catch (PipelineStoppedException)
            {
                // The host takes the bars away when a pipeline is stopped.
            }
        }
    }
}
