using PatchContainers.Images;
using PatchContainers.Stores.DockerArchive;
using PatchContainers.Stores.DockerEngine;
using PatchContainers.Stores.OciLayout;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Stores;

/// <summary>
/// The store that knows all others: it goes by the reference's transport and by the registry map. References keep their public
/// names throughout, in records and in errors; errors about a mapped registry name the folder too.
/// </summary>
public sealed class ImageStoreRouter : IImageStore, IDisposable
{
    private readonly MappedRegistries _map;
    private readonly OciLayoutStore _layouts;
    private readonly DockerArchiveStore _archives = new();
    private readonly Lazy<DockerEngineStore>? _engine;
    private readonly RegistryStore _registries;

    /// <summary>Creates the router.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the registry map has a key that is no host, or a
    /// value that is no <c>oci:DIR</c>; a credential is for something that is no host.</exception>
    public ImageStoreRouter(ImageStoreOptions options)
    {
        _map = new MappedRegistries(options.RegistryMap);
        _layouts = new OciLayoutStore(
            reference => reference.Transport == ImageTransport.OciLayout ? reference.Path : _map.FolderOf(reference),
            options.TimeProvider);
        _engine = options.Engine is { } open ? new(() => new DockerEngineStore(open())) : null;
        _registries = new RegistryStore(options);
    }

    /// <inheritdoc/>
    public async Task<Descriptor> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        await Route(reference).ResolveAsync(reference, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<StoredManifest> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken = default) =>
        await Route(reference).ReadManifestAsync(reference, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Stream> OpenBlobAsync(ImageReference repository, Descriptor descriptor,
        CancellationToken cancellationToken = default) =>
        await Route(repository).OpenBlobAsync(repository, descriptor, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<bool> BlobExistsAsync(ImageReference repository, Descriptor descriptor,
        CancellationToken cancellationToken = default) =>
        await Route(repository).BlobExistsAsync(repository, descriptor, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListTagsAsync(ImageReference repository, CancellationToken cancellationToken = default) =>
        Route(repository).ListTagsAsync(repository, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<Descriptor> ListUntaggedAsync(ImageReference repository, CancellationToken cancellationToken = default) =>
        Route(repository).ListUntaggedAsync(repository, cancellationToken);

    /// <summary>Between two stores of different kinds nothing can be mounted: false.</summary>
    /// <inheritdoc/>
    public async Task<bool> TryMountBlobAsync(ImageReference target, Descriptor descriptor, ImageReference source,
        CancellationToken cancellationToken = default)
    {
        var store = Route(target);
        return ReferenceEquals(store, Route(source))
            && await store.TryMountBlobAsync(target, descriptor, source, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task WriteBlobAsync(ImageReference target, Descriptor descriptor, Stream content,
        CancellationToken cancellationToken = default) =>
        await Route(target).WriteBlobAsync(target, descriptor, content, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Descriptor> WriteManifestAsync(ImageReference target, string mediaType, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken = default) =>
        await Route(target).WriteManifestAsync(target, mediaType, content, cancellationToken).ConfigureAwait(false);

    /// <summary>Where an image lies: in the layout that stands for its registry, else where its reference says.</summary>
    internal ImageReference PlaceOf(ImageReference reference) => reference.Transport == ImageTransport.Registry && _map.Contains(reference)
        ? ImageReference.Parse($"oci:{_map.FolderOf(reference)}{(reference.Tag is { } tag ? $":{tag}" : string.Empty)}") is var layout
            && !reference.Digest.IsEmpty ? layout.WithDigest(reference.Digest) : layout
        : reference;

    /// <summary>The registries.</summary>
    internal RegistryStore Registries => _registries;

    /// <summary>All repositories of all mapped registries, as <c>host/repository</c>.</summary>
    /// <inheritdoc/>
    public IAsyncEnumerable<string> ListRepositoriesAsync(CancellationToken cancellationToken = default) =>
        _map.ListAsync(cancellationToken);

    /// <summary>Closes the connections to registries and to an engine.</summary>
    public void Dispose()
    {
        _registries.Dispose();
        if (_engine is { IsValueCreated: true } engine)
        {
            engine.Value.Dispose();
        }
    }

    private IImageStore Route(ImageReference reference) => reference.Transport switch
    {
        ImageTransport.OciLayout => _layouts,
        ImageTransport.Registry when _map.Contains(reference) => _layouts,
        ImageTransport.DockerArchive => _archives,
        ImageTransport.DockerDaemon => _engine?.Value ?? throw new PatchException(PatchErrorCode.NotSupported, reference.ToString(),
            $"{reference}: no container engine can be asked here. Save the image (docker save -o image.tar {reference.Name}) and name it "
                + "as docker-archive:image.tar."),
        _ => _registries,
    };
}
