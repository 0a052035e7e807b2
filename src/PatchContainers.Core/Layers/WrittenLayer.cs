using PatchContainers.Images;

namespace PatchContainers.Layers;

/// <summary>How a layer's tar is stored.</summary>
public enum LayerCompression
{
    /// <summary>Compressed with gzip: what every registry and engine takes.</summary>
    Gzip,

    /// <summary>The tar as it is.</summary>
    None,
}

/// <summary>A layer that was written.</summary>
/// <param name="Descriptor">Media type (OCI's), digest and size of the bytes as stored.</param>
/// <param name="DiffId">The digest of the uncompressed tar.</param>
public sealed record WrittenLayer(Descriptor Descriptor, Digest DiffId)
{
    /// <summary>The bytes as stored, where the layer was made in memory; empty where they went to a stream.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }
}
