using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Stores;

namespace PatchContainers.Updating.Rebase;

/// <summary>One platform to rebase: three images, and what their layers hold.</summary>
internal sealed record RebaseInput
{
    /// <summary>The image, for errors and rejections.</summary>
    public required string Source { get; init; }

    /// <summary>The image's platform.</summary>
    public required PlatformImage Image { get; init; }

    /// <summary>The base it was built on: its DiffIDs are the first of the image's.</summary>
    public required PlatformImage OldBase { get; init; }

    /// <summary>The base it moves to.</summary>
    public required PlatformImage NewBase { get; init; }

    /// <summary>The old base's layers, bottom first, read with <see cref="ImagePackageReader.Selection"/> like the others.</summary>
    public required IReadOnlyList<LayerContent> OldLayers { get; init; }

    /// <summary>The new base's layers, bottom first.</summary>
    public required IReadOnlyList<LayerContent> NewLayers { get; init; }

    /// <summary>The application's layers, bottom first.</summary>
    public required IReadOnlyList<LayerContent> ApplicationLayers { get; init; }

    /// <summary>What the annotations about the base say afterwards.</summary>
    public required BaseRefresh Refresh { get; init; }
}

/// <summary>One platform's rebase: documents to write, or rejections.</summary>
internal sealed record PlatformRebase
{
    /// <summary>Why it cannot be done; empty where it can.</summary>
    public IReadOnlyList<UpdateRejection> Rejections { get; init; } = [];

    /// <summary>What a person should know.</summary>
    public IReadOnlyList<string> Reports { get; init; } = [];

    /// <summary>The platform of the old image.</summary>
    public required PlatformImage Image { get; init; }

    /// <summary>The new base's packages: what the new image will have.</summary>
    public required ImagePackages NewBase { get; init; }

    /// <summary>The new base's layers, as the base's manifest lists them.</summary>
    public IReadOnlyList<Descriptor> BaseLayers { get; init; } = [];

    /// <summary>The application's layers, which stay where they are.</summary>
    public IReadOnlyList<Descriptor> ApplicationLayers { get; init; } = [];

    /// <summary>The new configuration.</summary>
    public byte[] Config { get; init; } = [];

    /// <summary>The new configuration's descriptor.</summary>
    public Descriptor? ConfigDescriptor { get; init; }

    /// <summary>The new manifest.</summary>
    public byte[] Manifest { get; init; } = [];

    /// <summary>The new manifest's descriptor.</summary>
    public Descriptor? ManifestDescriptor { get; init; }
}
