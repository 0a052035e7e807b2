using System.Threading.Channels;

namespace PatchContainers.PowerShell.Pipeline;

/// <summary>
/// Brings what asynchronous work says to the pipeline's thread, the only one on which a cmdlet may write. The work runs on the thread
/// pool, so that no synchronization context of a host or of another module is captured; the channel is bounded, so that a slow consumer
/// slows the work.
/// </summary>
internal sealed class PipelinePump : IProgress<PatchNotice>, IDisposable
{
    /// <summary>Ctrl+C must end a command within a second, even where the work does not listen.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    private readonly Channel<Action<IPumpOutput>> _channel = Channel.CreateBounded<Action<IPumpOutput>>(
        new BoundedChannelOptions(32) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly CancellationToken _stop;
    private readonly CancellationTokenSource _cancel;
    private readonly CancellationToken _token;

    public PipelinePump(CancellationToken stop)
    {
        _stop = stop;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _token = _cancel.Token;
    }

    /// <summary>Whether the work has ended. After Ctrl+C it may not have: what does not listen is left behind.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Runs the work to its end, handing everything it says to the output on the calling thread.</summary>
    public void Run(Func<PipelinePump, CancellationToken, Task> work, IPumpOutput output)
    {
        var producer = Task.Run(
            async () =>
            {
                try
                {
                    await work(this, _token).ConfigureAwait(false);
                }
                finally
                {
                    _channel.Writer.TryComplete();
                }
            },
            CancellationToken.None);

        try
        {
            while (_channel.Reader.WaitToReadAsync(_token).AsTask().GetAwaiter().GetResult())
            {
                while (_channel.Reader.TryRead(out var item))
                {
                    item(output);
                }
            }
        }
        finally
        {
            // Reached early by Ctrl+C, and by Select-Object -First, which throws through the output: the work is told, and waited for.
            _cancel.Cancel();
            WaitFor(producer);
            HasEnded = producer.IsCompleted;
        }

        producer.GetAwaiter().GetResult();
    }

    /// <summary>Hands a result over; waits while the pipeline is behind.</summary>
    public ValueTask WriteAsync(object result, CancellationToken cancellationToken) =>
        _channel.Writer.WriteAsync(output => output.WriteResult(result), cancellationToken);

    /// <inheritdoc/>
    public void Report(PatchNotice value)
    {
        // Progress may be skipped when the pipeline is behind; errors and warnings may not.
        if (!_channel.Writer.TryWrite(output => output.WriteNotice(value)) && value is not PatchNotice.Progress)
        {
            _channel.Writer.WriteAsync(output => output.WriteNotice(value), _token).AsTask().GetAwaiter().GetResult();
        }
    }

    public void Dispose() => _cancel.Dispose();

    private void WaitFor(Task producer)
    {
        try
        {
            producer.WaitAsync(_stop).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            ((IAsyncResult)producer).AsyncWaitHandle.WaitOne(Patience);
        }
#pragma warning disable CA1031 // Whatever it is, Run throws it where it is not a consequence of the end.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}

/// <summary>The pipeline's side of a <see cref="PipelinePump"/>.</summary>
internal interface IPumpOutput
{
    /// <summary>Writes a result.</summary>
    void WriteResult(object result);

    /// <summary>Writes a notice as what it is: an error, a warning, a detail, progress.</summary>
    void WriteNotice(PatchNotice notice);
}
