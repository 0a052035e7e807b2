namespace PatchContainers.Layers;

/// <summary>
/// Reads a blob in large pieces and lets its beginning be looked at first. The framework's inflater asks for 8 KB at a time, which
/// would cost a system call, a hash call and an asynchronous turn each.
/// </summary>
internal sealed class BlobBuffer(Stream blob) : Stream
{
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _start;
    private int _end;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The first bytes, fewer only where the blob is shorter; they are read again afterwards.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellationToken)
    {
        while (_end < count)
        {
            var read = await blob.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            _end += read;
        }

        return _buffer.AsMemory(0, Math.Min(count, _end));
    }

    /// <summary>Reads to the end, where the blob's digest is checked.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        _start = _end = 0;
        while (await blob.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false) > 0)
        {
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start < _end)
        {
            return ValueTask.FromResult(Take(buffer.Span));
        }

        return FillAsync(buffer, cancellationToken);
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

    private async ValueTask<int> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await blob.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
        return Take(buffer.Span);
    }

    private int Take(Span<byte> target)
    {
        var count = Math.Min(target.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(target);
        _start += count;
        return count;
    }
}
