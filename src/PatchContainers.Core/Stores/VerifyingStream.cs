using System.Security.Cryptography;
using PatchContainers.Images;

namespace PatchContainers.Stores;

/// <summary>
/// Reads content and holds it against its descriptor: a byte too many, too few or another one is a
/// <see cref="PatchErrorCode.DigestMismatch"/>. The last bytes are handed out only after the digest was found right.
/// </summary>
internal sealed class VerifyingStream : ReadOnlyStream
{
    private readonly Stream _inner;
    private readonly Descriptor _descriptor;
    private readonly string _source;
    private readonly IncrementalHash _hash;
    private long _read;
    private bool _verified;
    private PatchException? _fault;

    /// <param name="inner">The bytes; disposed with this stream.</param>
    /// <param name="descriptor">What they should be.</param>
    /// <param name="source">Where they come from, for errors.</param>
    public VerifyingStream(Stream inner, Descriptor descriptor, string source)
    {
        _inner = inner;
        _descriptor = descriptor;
        _source = source;
        _hash = descriptor.Digest.CreateHash();
    }

    public override long Length => _descriptor.Size;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count;
        try
        {
            count = _inner.Read(buffer);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw ReadFault(e);
        }

        Account(buffer[..count], buffer.Length);
        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw ReadFault(e);
        }

        Account(buffer.Span[..count], buffer.Length);
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Account(ReadOnlySpan<byte> bytes, int asked)
    {
        if (_fault is not null)
        {
            throw _fault;
        }

        _read += bytes.Length;
        if (_read > _descriptor.Size)
        {
            throw Mismatch($"it is longer than the {_descriptor.Size:N0} bytes it was announced with");
        }

        if (!_verified)
        {
            _hash.AppendData(bytes);
        }

        if (bytes.IsEmpty && asked > 0 && _read < _descriptor.Size)
        {
            throw Mismatch($"it ends after {_read:N0} of {_descriptor.Size:N0} bytes");
        }

        if (_read == _descriptor.Size && !_verified)
        {
            var actual = Digest.FromHash(_descriptor.Digest.HashName, _hash.GetHashAndReset());
            _verified = true;
            if (actual != _descriptor.Digest)
            {
                throw Mismatch($"its bytes have the digest {actual}");
            }
        }
    }

    private PatchException Mismatch(string fault) => _fault = new(PatchErrorCode.DigestMismatch, _source,
        $"{_source} is damaged or was tampered with: the blob {_descriptor.Digest} is not what its name says, {fault}. Push or copy the "
            + "image again.");

    private PatchException ReadFault(Exception e) => new(e is IOException ? PatchErrorCode.FileError : PatchErrorCode.InvalidData, _source,
        $"Reading the blob {_descriptor.Digest} of {_source} failed after {_read:N0} of {_descriptor.Size:N0} bytes: {e.Message}", e);
}
