using System.Buffers.Binary;

namespace PatchContainers.Layers;

/// <summary>
/// Compresses with gzip (RFC 1952) so that the same bytes give the same bytes on every runtime. The framework's own stream does not: its
/// zlib was replaced between .NET 8 and .NET 9, and with it every digest of what it wrote. Costs some ratio; layers that others made
/// are never compressed anew.
/// </summary>
internal sealed class GzipWriter : Stream
{
    private static readonly uint[] CrcTable = MakeCrcTable();

    private readonly Stream _output;
    private readonly DeflateEncoder _encoder;
    private uint _crc = uint.MaxValue;
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
        foreach (var b in buffer)
        {
            _crc = CrcTable[(byte)(_crc ^ b)] ^ (_crc >> 8);
        }

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
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, ~_crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        _output.Write(trailer);
    }

    private static uint[] MakeCrcTable()
    {
        var table = new uint[256];
        for (var n = 0u; n < table.Length; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++)
            {
                c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }

            table[n] = c;
        }

        return table;
    }
}
