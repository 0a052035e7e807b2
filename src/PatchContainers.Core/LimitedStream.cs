using PatchContainers.Stores;

namespace PatchContainers;

/// <summary>What a program prints or a server sends: no more than it may. Beyond that, nothing is handed out.</summary>
/// <param name="inner">Where it comes from.</param>
/// <param name="limit">How much it may be, in bytes.</param>
internal sealed class LimitedStream(Stream inner, long limit) : ReadOnlyStream
{
    private long _read;

    /// <summary>Whether there is more than there may be.</summary>
    public bool IsTooMuch => _read > limit;

    /// <inheritdoc/>
    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (IsTooMuch)
        {
            return 0;
        }

        var read = inner.Read(buffer);
        _read += read;
        return IsTooMuch ? 0 : read;
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    /// <summary>Reads on to the end, or to the limit.</summary>
    public void Drain()
    {
        Span<byte> rest = stackalloc byte[4096];
        while (Read(rest) > 0)
        {
            // Nobody wants it.
        }
    }
}
