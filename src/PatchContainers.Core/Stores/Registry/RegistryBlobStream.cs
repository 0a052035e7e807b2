using System.Net;
using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// A blob's bytes as they come from a registry. When the connection is lost, the rest is asked for (RFC 9110, section 14); a registry that
/// sends all of it again is read past what is there already.
/// </summary>
internal sealed class RegistryBlobStream : ReadOnlyStream
{
    private const int MaxFruitlessAttempts = 5;

    private readonly RegistryClient _client;
    private readonly RegistryCall _call;
    private readonly long _size;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _position;
    private int _attempts;

    private RegistryBlobStream(RegistryClient client, RegistryCall call, long size)
    {
        _client = client;
        _call = call;
        _size = size;
    }

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Opens a blob.</summary>
    public static async Task<RegistryBlobStream> OpenAsync(RegistryClient client, RegistryCall call, Descriptor descriptor,
        CancellationToken cancellationToken)
    {
        var stream = new RegistryBlobStream(client, call, descriptor.Size);
        try
        {
            await stream.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var bytes = new byte[Math.Min(buffer.Length, 128 * 1024)];
        var read = ReadAsync(bytes).AsTask().GetAwaiter().GetResult();
        bytes.AsSpan(0, read).CopyTo(buffer);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                if (_body is null)
                {
                    await ConnectAsync(cancellationToken).ConfigureAwait(false);
                }

                using var timeout = _client.StartTimeout();
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
                var read = await _body!.ReadAsync(buffer, either.Token).ConfigureAwait(false);
                if (read == 0 && buffer.Length > 0 && _position < _size)
                {
                    throw new IOException($"the connection ended after {_position:N0} of {_size:N0} bytes");
                }

                _position += read;
                _attempts = 0;
                return read;
            }
            catch (Exception e) when (RegistryClient.IsConnectionFault(e, cancellationToken))
            {
                Disconnect();
                if (++_attempts > MaxFruitlessAttempts)
                {
                    throw RegistryClient.Unreachable(_call, e);
                }
            }

            await _client.DelayAsync(_attempts, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Disconnect();
        }

        base.Dispose(disposing);
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _response = await _client.ExpectAsync(_call with { RangeStart = _position }, cancellationToken, HttpStatusCode.OK,
            HttpStatusCode.PartialContent).ConfigureAwait(false);
        var from = _response.StatusCode == HttpStatusCode.PartialContent ? _response.Content.Headers.ContentRange?.From ?? -1 : 0;
        if (from > _position || from < 0)
        {
            throw new PatchException(PatchErrorCode.ProtocolError, _call.Reference.ToString(),
                $"{_call.Reference}: {_call.What}: the registry {_call.Reference.Registry} was asked for the bytes from {_position:N0} "
                    + "on, and sent others.");
        }

        _body = await _response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var skip = new byte[64 * 1024];
        for (var left = _position - from; left > 0;)
        {
            var read = await _body.ReadAsync(skip.AsMemory(0, (int)Math.Min(skip.Length, left)), cancellationToken).ConfigureAwait(false);
            left -= read > 0 ? read : throw new IOException($"the connection ended {left:N0} bytes before those that were asked for");
        }
    }

    private void Disconnect()
    {
        _body?.Dispose();
        _response?.Dispose();
        (_body, _response) = (null, null);
    }
}
