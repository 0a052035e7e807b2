using System.Buffers.Binary;

namespace PatchContainers.Layers;

/// <summary>
/// Compresses with gzip (RFC 1952) so that the same bytes give the same bytes on every runtime. The framework's own stream does not: its
/// zlib was replaced between .NET 8 and .NET 9, and with it every digest of what it wrote. Costs some ratio; layers that others made
/// are never compressed anew.
/// </summary>
internal sealed class GzipWriter : Stream
{
    private readonly Stream _output;
    private readonly DeflateEncoder _encoder;
    private Crc32 _crc;
    private uint _length;
    private bool _finished;

    /// <param name="output">Where the compressed bytes go; it stays open.</param>
    public GzipWriter(Stream output)
    {
        _output = output;
        _encoder = new DeflateEncoder(output);

        // Deflate, no name, no time, no hints, unknown system.
        output.Write([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _crc.Append(buffer);
        _length = unchecked(_length + (uint)buffer.Length);
        _encoder.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Writes what is left, and the trailer.</summary>
    public void Finish()
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        _encoder.Finish();
        Span<byte> trailer = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        _output.Write(trailer);
    }
}
