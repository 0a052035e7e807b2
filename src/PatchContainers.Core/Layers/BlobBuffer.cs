namespace PatchContainers.Layers;

/// <summary>
/// Reads a blob in large pieces, one ahead: while a piece is inflated, the next one is fetched and hashed on another thread. The
/// framework's inflater asks for 8 KB at a time, which would cost a system call, a hash call and an asynchronous turn each. Lets the
/// blob's beginning be looked at before it is read. Dispose it before the blob.
/// </summary>
internal sealed class BlobBuffer : Stream
{
    private const int PieceBytes = 256 * 1024;

    private readonly Stream _blob;
    private readonly CancellationTokenSource _stop;
    private byte[] _piece = new byte[PieceBytes];
    private byte[] _nextPiece = new byte[PieceBytes];
    private Task<int>? _next;
    private int _start;
    private int _end;
    private bool _ended;

    /// <param name="blob">The blob; it stays open.</param>
    /// <param name="cancellationToken">Cancels fetching. Tokens of single readings cancel the waiting alone: nothing fetched is lost.</param>
    public BlobBuffer(Stream blob, CancellationToken cancellationToken)
    {
        _blob = blob;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The first bytes, fewer only where the blob is shorter; they are read again afterwards. Comes before any reading.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellationToken)
    {
        _ = await FillAsync(cancellationToken).ConfigureAwait(false);
        return _piece.AsMemory(0, Math.Min(count, _end));
    }

    /// <summary>Reads to the end, where the blob's digest is checked.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        do
        {
            _start = _end;
        }
        while (await FillAsync(cancellationToken).ConfigureAwait(false));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end && !await FillAsync(cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _piece.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Stops what is being fetched, and waits for its end: the blob may not be closed under it.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_next is not null)
        {
            await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stop.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (!_ended)
        {
            var count = await (_next ?? FetchAsync()).WaitAsync(cancellationToken).ConfigureAwait(false);
            (_piece, _nextPiece) = (_nextPiece, _piece);
            (_start, _end, _ended) = (0, count, count == 0);
            _next = _ended ? null : FetchAsync();
        }

        return !_ended;
    }

    private Task<int> FetchAsync() => Task.Run(
        () => _blob.ReadAtLeastAsync(_nextPiece, PieceBytes, throwOnEndOfStream: false, _stop.Token).AsTask(), CancellationToken.None);
}
