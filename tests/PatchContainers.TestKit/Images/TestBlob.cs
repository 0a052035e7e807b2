using System.IO.Compression;
using PatchContainers.Images;

namespace PatchContainers.TestKit.Images;

/// <summary>A finished layer, config or manifest.</summary>
/// <param name="MediaType">What it is.</param>
/// <param name="Content">Its bytes as stored.</param>
/// <param name="DiffId">A layer's digest before compression; of other blobs the digest of the bytes.</param>
public sealed record TestBlob(string MediaType, byte[] Content, Digest DiffId)
{
    /// <summary>The blob's descriptor.</summary>
    public Descriptor Descriptor => new(MediaType, Digest.OfBytes(Content), Content.Length);

    /// <summary>A layer of these tar bytes, compressed with gzip where the media type says so.</summary>
    /// <param name="tar">The tar.</param>
    /// <param name="mediaType">A layer's media type.</param>
    /// <param name="level">How hard gzip tries: another level gives other bytes for the same DiffID.</param>
    public static TestBlob Layer(byte[] tar, string mediaType = MediaTypes.OciLayerGzip, CompressionLevel level = CompressionLevel.Optimal)
    {
        if (!mediaType.EndsWith("gzip", StringComparison.Ordinal))
        {
            return new TestBlob(mediaType, tar, Digest.OfBytes(tar));
        }

        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level, leaveOpen: true))
        {
            gzip.Write(tar);
        }

        return new TestBlob(mediaType, compressed.ToArray(), Digest.OfBytes(tar));
    }
}
