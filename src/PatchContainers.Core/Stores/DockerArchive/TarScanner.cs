using PatchContainers.Layers;

namespace PatchContainers.Stores.DockerArchive;

/// <summary>
/// Goes through a tar from header to header, skipping content that nobody asks for: by seeking where the stream can. Faults are
/// <see cref="InvalidDataException"/> and <see cref="EndOfStreamException"/>.
/// </summary>
internal sealed class TarScanner(Stream stream, CancellationToken cancellationToken)
{
    private const int MaxMetadataBytes = 1024 * 1024;

    private readonly byte[] _block = new byte[TarFormat.BlockSize];
    private long _left;
    private int _padding;

    /// <summary>Where in the tar the scanner stands: after <see cref="Next"/>, at the entry's content.</summary>
    public long Position { get; private set; }

    /// <summary>Whether the entry is a sparse file: its content is a map and the pieces that are no zeros.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>The next entry; null at the end.</summary>
    public TarHeader? Next()
    {
        PaxRecords? local = null;
        while (true)
        {
            Skip(_left + _padding);
            (_left, _padding) = (0, 0);
            var read = stream.ReadAtLeast(_block, TarFormat.BlockSize, throwOnEndOfStream: false);
            Position += read;

            // Some writers leave the blocks of zeros at the end away.
            if (read == 0 || (read == TarFormat.BlockSize && TarHeader.IsEnd(_block)))
            {
                return local is null ? null : throw new EndOfStreamException();
            }

            if (read < TarFormat.BlockSize)
            {
                throw new EndOfStreamException();
            }

            if (TarHeader.TryRead(_block, out var header) is { } fault)
            {
                throw new InvalidDataException($"'{header.Name}': {fault}");
            }

            if (header.Type is not ('x' or 'g' or 'L' or 'K'))
            {
                // A size on a link or a directory means nothing: no content follows.
                var pax = local ?? PaxRecords.None;
                var entry = header with
                {
                    Name = pax.Path ?? header.Name,
                    LinkName = pax.LinkPath ?? header.LinkName,
                    Size = header.Type is >= '1' and <= '6' ? 0 : pax.Size ?? header.Size,
                };
                IsSparse = pax.Sparse || header.Type == 'S';
                Begin(entry.Size);
                return entry;
            }

            var content = ReadMetadata(header);
            var before = local ?? PaxRecords.None;
            if (header.Type is 'x' or 'g')
            {
                // What is said for all entries is left aside, as by every engine: their library does not apply it.
                var records = PaxRecords.Parse(content, before, out fault);
                local = fault is not null ? throw new InvalidDataException(fault) : header.Type == 'g' ? local : records;
            }
            else
            {
                var text = TarHeader.Decode(content.AsSpan().TrimEnd((byte)0));
                local = header.Type == 'L' ? before with { Path = text } : before with { LinkPath = text };
            }
        }
    }

    /// <summary>Reads on in the entry's content; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        cancellationToken.ThrowIfCancellationRequested();
        buffer = buffer[..(int)Math.Min(buffer.Length, _left)];
        var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: true);
        _left -= read;
        Position += read;
        return read;
    }

    private byte[] ReadMetadata(TarHeader header)
    {
        if (header.Size > MaxMetadataBytes)
        {
            throw new InvalidDataException($"a header of {header.Size:N0} bytes is more than the {MaxMetadataBytes:N0} that are read");
        }

        Begin(header.Size);
        var content = new byte[header.Size];
        Read(content);
        return content;
    }

    private void Begin(long size)
    {
        // So large a size is a lie, and its sum with anything would be another.
        _left = size <= long.MaxValue / 2 ? size : throw new EndOfStreamException();
        _padding = (int)(-size & (TarFormat.BlockSize - 1));
    }

    private void Skip(long count)
    {
        Position += count;
        if (stream.CanSeek)
        {
            // The last entry's padding may be missing, its content may not.
            stream.Position = stream.Position + _left <= stream.Length
                ? Math.Min(stream.Length, stream.Position + count) : throw new EndOfStreamException();
            return;
        }

        var buffer = new byte[Math.Min(count, 128 * 1024)];
        while (count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = stream.ReadAtLeast(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)), 1, throwOnEndOfStream: true);
            count -= read;
        }
    }
}
