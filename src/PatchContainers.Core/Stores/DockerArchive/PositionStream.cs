namespace PatchContainers.Stores.DockerArchive;

/// <summary>
/// Tells how far a stream was read: the tar reader does not say where an entry's bytes begin. It hides that the stream can seek,
/// since the reader would then leave it at places that differ between versions of the framework.
/// </summary>
internal sealed class PositionStream(Stream inner) : ReadOnlyStream
{
    private long _position;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        _position += read;
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _position += read;
        return read;
    }
}
