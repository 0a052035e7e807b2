using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// Writes one blob (distribution specification 1.1, "Pushing blobs"): in one piece where it is small, in chunks otherwise. A chunk that was
/// lost is sent again from where the registry says it stands.
/// </summary>
internal sealed class RegistryUpload
{
    /// <summary>The most that is sent in one piece, in bytes; as much is kept in memory.</summary>
    public const int PieceSize = 16 * 1024 * 1024;

    private const int MaxChunk = 256 * 1024 * 1024;
    private const int MaxAttempts = 5;
    private const string Octets = "application/octet-stream";

    private readonly RegistryClient _client;
    private readonly ImageReference _target;
    private readonly Descriptor _descriptor;
    private readonly string _what;
    private Uri _location;

    private RegistryUpload(RegistryClient client, ImageReference target, Descriptor descriptor)
    {
        _client = client;
        _target = target;
        _descriptor = descriptor;
        _what = $"writing the blob {descriptor.Digest}";
        _location = new Uri(client.Hosts.ApiOf(target.Registry), $"{target.Repository}/blobs/uploads/");
    }

    /// <summary>Writes a blob from a stream that verifies it.</summary>
    public static async Task WriteAsync(RegistryClient client, ImageReference target, Descriptor descriptor, Stream content,
        CancellationToken cancellationToken)
    {
        var upload = new RegistryUpload(client, target, descriptor);
        if (descriptor.Size <= PieceSize)
        {
            // Read before anything is asked, so that wrong bytes cost no request.
            var piece = new byte[descriptor.Size];
            await content.ReadExactlyAsync(piece, cancellationToken).ConfigureAwait(false);
            await ExpectEndAsync(content, cancellationToken).ConfigureAwait(false);
            await upload.WritePieceAsync(piece, cancellationToken).ConfigureAwait(false);
            return;
        }

        var chunkSize = Math.Max(PieceSize, await upload.StartAsync(cancellationToken).ConfigureAwait(false));
        try
        {
            await upload.WriteChunksAsync(content, chunkSize, cancellationToken).ConfigureAwait(false);
            await ExpectEndAsync(content, cancellationToken).ConfigureAwait(false);
        }
        catch when (!cancellationToken.IsCancellationRequested)
        {
            await upload.CancelAsync().ConfigureAwait(false);
            throw;
        }

        await upload.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends an upload that nobody goes on with. Where that fails, the registry drops it by itself, sooner or later.</summary>
    public static async Task AbandonAsync(RegistryClient client, ImageReference target, Uri location, string what,
        CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.SendAsync(new RegistryCall(target, HttpMethod.Delete, location, what), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (PatchException)
        {
            // A courtesy: nothing that was wanted depends on it.
        }
    }

    private async Task WritePieceAsync(byte[] piece, CancellationToken cancellationToken)
    {
        var start = _location;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _location = start;
                await StartAsync(cancellationToken).ConfigureAwait(false);
                await FinishAsync(piece, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PatchException e) when (IsLost(e) && attempt < MaxAttempts)
            {
                // What was lost was this upload; another begins anew.
            }

            await _client.DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    // Returns the least size of a chunk that the registry takes.
    private async Task<int> StartAsync(CancellationToken cancellationToken)
    {
        // Repeatable: an upload that nobody goes on with is dropped by the registry.
        var call = new RegistryCall(_target, HttpMethod.Post, _location, _what)
        {
            Body = () => new ByteArrayContent([]),
            IsRepeatable = true,
        };
        using var response = await _client.ExpectAsync(call, cancellationToken, HttpStatusCode.Accepted).ConfigureAwait(false);
        TakeLocation(response);
        var least = response.Headers.TryGetValues("OCI-Chunk-Min-Length", out var values)
            && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : 0;
        return least <= MaxChunk
            ? least
            : throw new PatchException(PatchErrorCode.NotSupported, _target.ToString(),
                $"{_target}: the registry {_target.Registry} takes no chunks of less than {least:N0} bytes; at most {MaxChunk:N0} are "
                + "kept in memory.");
    }

    private async Task WriteChunksAsync(Stream content, int chunkSize, CancellationToken cancellationToken)
    {
        var buffer = new byte[chunkSize];
        for (var offset = 0L; offset < _descriptor.Size;)
        {
            var length = (int)Math.Min(chunkSize, _descriptor.Size - offset);
            await content.ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            await WriteChunkAsync(buffer, length, offset, cancellationToken).ConfigureAwait(false);
            offset += length;
        }
    }

    private async Task WriteChunkAsync(byte[] buffer, int length, long offset, CancellationToken cancellationToken)
    {
        var (sent, attempt) = (0, 0);
        while (sent < length)
        {
            var (start, count) = (sent, length - sent);
            var call = new RegistryCall(_target, HttpMethod.Patch, _location, _what)
            {
                Body = () => Body(buffer, start, count, offset + start),
            };
            HttpStatusCode? status = null;
            try
            {
                using var response = await _client.SendAsync(call, cancellationToken).ConfigureAwait(false);
                status = response.StatusCode;
                if (status == HttpStatusCode.Accepted)
                {
                    TakeLocation(response);
                    return;
                }

                if (++attempt == MaxAttempts
                    || !(status == HttpStatusCode.RequestedRangeNotSatisfiable || status >= HttpStatusCode.InternalServerError))
                {
                    throw await _client.ErrorAsync(call, response, cancellationToken).ConfigureAwait(false);
                }

                if (response.Headers.Location is not null)
                {
                    TakeLocation(response);
                }
            }
            catch (PatchException e) when (IsLost(e) && status is null && ++attempt < MaxAttempts)
            {
                // The connection was lost; how much of the chunk arrived, the registry knows.
            }

            await _client.DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
            sent = (int)(await AskOffsetAsync(offset, length, cancellationToken).ConfigureAwait(false) - offset);
        }
    }

    // How many bytes the registry has; it must be within the chunk that is still in memory.
    private async Task<long> AskOffsetAsync(long offset, int length, CancellationToken cancellationToken)
    {
        var call = new RegistryCall(_target, HttpMethod.Get, _location, _what);
        using var response = await _client.ExpectAsync(call, cancellationToken, HttpStatusCode.NoContent).ConfigureAwait(false);
        if (response.Headers.Location is not null)
        {
            TakeLocation(response);
        }

        var range = response.Headers.TryGetValues("Range", out var values) ? values.First() : string.Empty;
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        var end = dash >= 0 && long.TryParse(range.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last + 1 : -1;

        // "0-0" is what registries say for one byte, and for none.
        end = end == 1 && offset == 0 ? 0 : end;
        return end >= offset && end <= offset + length
            ? end
            : throw new PatchException(PatchErrorCode.ProtocolError, _target.ToString(),
                $"{_target}: {_what}: the registry {_target.Registry} lost what was sent before ('Range: {range}'). Try again.");
    }

    private async Task FinishAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var separator = _location.Query.Length > 0 ? "&" : "?";
        var address = new Uri($"{_location.AbsoluteUri}{separator}digest={Uri.EscapeDataString(_descriptor.Digest.ToString())}");
        var call = new RegistryCall(_target, HttpMethod.Put, address, _what)
        {
            Body = () => new ReadOnlyMemoryContent(content) { Headers = { ContentType = new(Octets) } },
        };
        using var response = await _client.ExpectAsync(call, cancellationToken, HttpStatusCode.Created,
            HttpStatusCode.NoContent).ConfigureAwait(false);
    }

    // All is sent: what is lost now is an answer, or the registry's patience with its own storage.
    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        var blob = new RegistryCall(_target, HttpMethod.Head,
            new Uri(_client.Hosts.ApiOf(_target.Registry), $"{_target.Repository}/blobs/{_descriptor.Digest}"), _what);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await FinishAsync(ReadOnlyMemory<byte>.Empty, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PatchException e) when (IsLost(e) && attempt < MaxAttempts)
            {
                // Whether it was stored after all, the registry knows.
            }

            await _client.DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
            using var response = await _client.SendAsync(blob, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return;
            }
        }
    }

    private async Task CancelAsync()
    {
        try
        {
            using var patience = _client.StartTimeout();
            await AbandonAsync(_client, _target, _location, _what, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The upload failed already, and that is what is reported.
        }
    }

    // Worth another try; a host that is known to be down is not.
    private static bool IsLost(PatchException e) =>
        e.Code == PatchErrorCode.Unreachable && e.InnerException is not (KnownOutageException or NoConnectionException);

    private void TakeLocation(HttpResponseMessage response)
    {
        var location = response.Headers.Location ?? throw new PatchException(PatchErrorCode.ProtocolError, _target.ToString(),
            $"{_target}: {_what}: the registry {_target.Registry} does not say where the upload goes on.");
        _location = new Uri(response.RequestMessage!.RequestUri!, location);
    }

    private static ByteArrayContent Body(byte[] buffer, int start, int count, long offset)
    {
        var body = new ByteArrayContent(buffer, start, count);
        body.Headers.ContentType = new MediaTypeHeaderValue(Octets);

        // The specification's form has neither unit nor total, which the framework's own header would add.
        body.Headers.TryAddWithoutValidation("Content-Range", $"{offset}-{offset + count - 1}");
        return body;
    }

    // One byte more than announced would go unnoticed otherwise.
    private static async Task ExpectEndAsync(Stream content, CancellationToken cancellationToken) =>
        _ = await content.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false);
}
