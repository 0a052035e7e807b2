using System.Buffers;
using System.IO.Compression;
using System.Threading.Channels;
using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>
/// Reads a layer in one pass, in memory that does not grow with it: one thread fetches, checks and inflates, another hashes and takes
/// the tar apart. A blob that does not have its digest is told from a layer that is broken in itself.
/// </summary>
internal sealed class LayerReader(LayerLimits limits)
{
    private const int PieceBytes = 256 * 1024;
    private const int PiecesAhead = 16;

    /// <summary>Reads a layer.</summary>
    /// <param name="blob">The blob; it checks length and digest at its end.</param>
    /// <param name="layer">The layer, for errors.</param>
    /// <param name="diffId">The digest that the uncompressed tar must have.</param>
    /// <param name="selection">Which files' bytes are kept.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<LayerContent> ReadAsync(
        Stream blob, LayerName layer, Digest diffId, LayerSelection selection, CancellationToken cancellationToken)
    {
        var buffer = new BlobBuffer(blob, cancellationToken);
        await using (buffer.ConfigureAwait(false))
        {
            try
            {
                return await ReadPiecesAsync(buffer, layer, diffId, selection, cancellationToken).ConfigureAwait(false);
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.InvalidData)
            {
                // If the bytes are not the blob's, that is the fault: draining says so.
                await buffer.DrainAsync(cancellationToken).ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task<LayerContent> ReadPiecesAsync(
        BlobBuffer blob, LayerName layer, Digest diffId, LayerSelection selection, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pieces = Channel.CreateBounded<ArraySegment<byte>>(
            new BoundedChannelOptions(PiecesAhead) { SingleReader = true, SingleWriter = true });
        var inflating = Task.Run(() => InflateAsync(blob, layer, pieces.Writer, stop.Token), CancellationToken.None);
        using var hash = diffId.CreateHash();
        using var parser = new LayerTarParser(layer, selection, limits);
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                hash.AppendData(piece);
                parser.Feed(piece);
                ArrayPool<byte>.Shared.Return(piece.Array!);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await inflating.ConfigureAwait(false);
        }

        var content = parser.Complete(diffId);
        var actual = Digest.FromHash(diffId.HashName, hash.GetHashAndReset());
        return actual == diffId
            ? content
            : throw layer.Fault(
                $"its uncompressed bytes have the digest {actual}, and the image's config says {diffId}",
                code: PatchErrorCode.DigestMismatch);
    }

    // Whatever stops this side reaches the other one through the channel.
    private async Task InflateAsync(
        BlobBuffer blob, LayerName layer, ChannelWriter<ArraySegment<byte>> pieces, CancellationToken cancellationToken)
    {
        Exception? fault = null;
        try
        {
            await FillAsync(blob, layer, pieces, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            fault = layer.Fault($"its gzip stream is broken or cut ({e.Message.TrimEnd('.')})", inner: e);
        }
#pragma warning disable CA1031 // Rethrown by the reader of the channel.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }

        pieces.Complete(fault);
    }

    private async Task FillAsync(
        BlobBuffer blob, LayerName layer, ChannelWriter<ArraySegment<byte>> pieces, CancellationToken cancellationToken)
    {
        var stream = await OpenAsync(blob, layer, cancellationToken).ConfigureAwait(false);
        try
        {
            for (var total = 0L; ;)
            {
                var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
                var length = await stream.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken)
                    .ConfigureAwait(false);
                total += length;
                CheckLimits(layer, total);
                if (length == 0)
                {
                    ArrayPool<byte>.Shared.Return(piece);
                    break;
                }

                await pieces.WriteAsync(new ArraySegment<byte>(piece, 0, length), cancellationToken).ConfigureAwait(false);
            }

            await blob.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (stream is GZipStream gzip)
            {
                await gzip.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private void CheckLimits(LayerName layer, long total)
    {
        if (total > limits.MaxUncompressedBytes)
        {
            throw layer.Limit(
                $"it is larger than {limits.MaxUncompressedBytes:N0} bytes uncompressed", nameof(LayerLimits.MaxUncompressedBytes));
        }

        if (total > limits.RatioAfterBytes && total / Math.Max(1, layer.Layer.Size) >= limits.MaxRatio)
        {
            throw layer.Limit($"it inflates to more than {limits.MaxRatio:N0} times its size", nameof(LayerLimits.MaxRatio));
        }
    }

    // By what the bytes are, not by what the media type says: archives call a compressed layer a tar, and the other way round.
    private static async ValueTask<Stream> OpenAsync(BlobBuffer blob, LayerName layer, CancellationToken cancellationToken)
    {
        var start = (await blob.PeekAsync(6, cancellationToken).ConfigureAwait(false)).Span;
        if (start.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return new GZipStream(blob, CompressionMode.Decompress, leaveOpen: true);
        }

        var other = start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? "Zstandard"
            : start.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "xz"
            : start.StartsWith("BZh"u8) ? "bzip2"
            : null;
        return other is null ? blob : throw layer.Fault(
            $"it is compressed with {other}, which is not read; push the image with gzip layers", code: PatchErrorCode.NotSupported);
    }
}
