using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// Images in registries, over the OCI distribution API (distribution specification 1.1). Reads are tried again after 429, 5xx and lost
/// connections; what is read is held against its digest. TLS is verified; without it are only loopback hosts and those listed as insecure.
/// </summary>
public sealed class RegistryStore : IImageStore, IDisposable
{
    private const string DigestHeader = "Docker-Content-Digest";
    private const int MaxTagPages = 10_000;

    private readonly RegistryClient _client;

    /// <summary>Creates the store.</summary>
    /// <param name="options">Credentials, insecure registries, token hosts, clock. The registry map is the router's business.</param>
    public RegistryStore(ImageStoreOptions options) => _client = new RegistryClient(options);

    /// <summary>Asks with HEAD, and with GET where the registry does not tell enough with that.</summary>
    /// <inheritdoc/>
    public async Task<Descriptor> ResolveAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var call = ManifestCall(reference, HttpMethod.Head);
        using var response = await _client.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode
            is not (HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented))
        {
            throw await _client.ErrorAsync(call, response, cancellationToken).ConfigureAwait(false);
        }

        var mediaType = MediaTypeOf(response);
        if (response.StatusCode == HttpStatusCode.OK && mediaType is MediaTypes.DockerSchema1 or MediaTypes.DockerSchema1Signed)
        {
            throw ManifestDocument.Schema1(reference.ToString());
        }

        if (response.StatusCode == HttpStatusCode.OK && (MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType))
            && DigestOf(response) is { IsEmpty: false } digest && response.Content.Headers.ContentLength is { } size)
        {
            return reference.Digest.IsEmpty || reference.Digest == digest
                ? new Descriptor(mediaType, digest, size) : throw WrongDigest(reference, reference.Digest, digest);
        }

        return (await ReadManifestAsync(reference, cancellationToken).ConfigureAwait(false)).Descriptor;
    }

    /// <inheritdoc/>
    public async Task<StoredManifest> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken = default)
    {
        var call = ManifestCall(reference, HttpMethod.Get);
        return await _client.SendAsync(call, async response =>
        {
            using (response)
            {
                return response.StatusCode == HttpStatusCode.OK
                    ? await ReadManifestAsync(reference, response, cancellationToken).ConfigureAwait(false)
                    : throw await _client.ErrorAsync(call, response, cancellationToken).ConfigureAwait(false);
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a blob. When the connection is lost, the stream goes on where it was.</summary>
    /// <inheritdoc/>
    public async Task<Stream> OpenBlobAsync(ImageReference repository, Descriptor descriptor, CancellationToken cancellationToken = default)
    {
        var call = new RegistryCall(repository, HttpMethod.Get, Address(repository, $"blobs/{descriptor.Digest}"),
            $"reading the blob {descriptor.Digest}");
        return new VerifyingStream(await RegistryBlobStream.OpenAsync(_client, call, descriptor, cancellationToken).ConfigureAwait(false),
            descriptor, repository.ToString());
    }

    /// <inheritdoc/>
    public async Task<bool> BlobExistsAsync(ImageReference repository, Descriptor descriptor, CancellationToken cancellationToken = default)
    {
        var call = new RegistryCall(repository, HttpMethod.Head, Address(repository, $"blobs/{descriptor.Digest}"),
            $"looking for the blob {descriptor.Digest}");
        using var response = await _client.ExpectAsync(call, cancellationToken, HttpStatusCode.OK,
            HttpStatusCode.NotFound).ConfigureAwait(false);
        return response.StatusCode == HttpStatusCode.OK;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListTagsAsync(ImageReference repository,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var seen = new HashSet<Uri>();
        for (var address = Address(repository, "tags/list?n=1000"); address is not null;)
        {
            if (!seen.Add(address) || seen.Count > MaxTagPages)
            {
                throw Protocol(repository, "the list of tags has no end");
            }

            var page = await TagPage.ReadAsync(_client, repository, address, cancellationToken).ConfigureAwait(false);
            foreach (var tag in page.Tags)
            {
                yield return tag;
            }

            if (page.Next is { } next && !RegistryHosts.IsSameServer(next, address))
            {
                throw Protocol(repository, $"the list of tags goes on at another host, {next.Authority}");
            }

            address = page.Next;
        }
    }

    /// <summary>None: a registry does not tell.</summary>
    /// <inheritdoc/>
    public async IAsyncEnumerable<Descriptor> ListUntaggedAsync(ImageReference repository,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    /// <summary>Mounts within one registry; false where it cannot, or may not read the source.</summary>
    /// <inheritdoc/>
    public async Task<bool> TryMountBlobAsync(ImageReference target, Descriptor descriptor, ImageReference source,
        CancellationToken cancellationToken = default)
    {
        if (target.Registry != source.Registry)
        {
            return false;
        }

        var query = $"blobs/uploads/?mount={Uri.EscapeDataString(descriptor.Digest.ToString())}"
            + $"&from={Uri.EscapeDataString(source.Repository)}";
        var call = new RegistryCall(target, HttpMethod.Post, Address(target, query),
            $"mounting the blob {descriptor.Digest} from {source.Repository}")
        {
            Body = () => new ByteArrayContent([]),
            MountFrom = source.Repository,
            IsRepeatable = true,
        };
        using var response = await _client.ExpectAsync(call, cancellationToken, HttpStatusCode.Created, HttpStatusCode.Accepted,
            HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed).ConfigureAwait(false);
        if (response is { StatusCode: HttpStatusCode.Accepted, Headers.Location: { } location })
        {
            // An upload was opened instead, which nobody goes on with.
            var upload = new Uri(response.RequestMessage!.RequestUri!, location);
            await RegistryUpload.AbandonAsync(_client, target, upload, call.What, cancellationToken).ConfigureAwait(false);
        }

        return response.StatusCode == HttpStatusCode.Created;
    }

    /// <summary>Writes a blob: up to 16 MiB in one piece, larger ones in chunks.</summary>
    /// <inheritdoc/>
    public async Task WriteBlobAsync(ImageReference target, Descriptor descriptor, Stream content,
        CancellationToken cancellationToken = default)
    {
        // Not disposed: the content is the caller's.
        var verified = new VerifyingStream(content, descriptor, target.ToString());
        await RegistryUpload.WriteAsync(_client, target, descriptor, verified, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Descriptor> WriteManifestAsync(ImageReference target, string mediaType, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken = default)
    {
        var digest = target.Digest.IsEmpty ? Digest.OfBytes(content.Span) : target.Digest;
        if (!digest.Matches(content.Span))
        {
            throw WrongDigest(target, digest, Digest.OfBytes(content.Span));
        }

        var call = new RegistryCall(target, HttpMethod.Put, Address(target, $"manifests/{target.Tag ?? digest.ToString()}"),
            "writing the manifest")
        {
            Body = () => new ReadOnlyMemoryContent(content) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
            IsRepeatable = true,
        };
        using var response = await _client.ExpectAsync(call, cancellationToken, HttpStatusCode.Created, HttpStatusCode.OK,
            HttpStatusCode.Accepted).ConfigureAwait(false);
        var stored = DigestOf(response);
        return stored.IsEmpty || stored.Matches(content.Span)
            ? new Descriptor(mediaType, digest, content.Length)
            : throw Protocol(target, $"it stored the manifest {digest} as something else, {stored}");
    }

    /// <summary>None: this is asked of a registry map only.</summary>
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListRepositoriesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    /// <summary>Where a blob is, for somebody else who is to fetch it.</summary>
    internal Uri AddressOf(ImageReference repository, Digest blob) => Address(repository, $"blobs/{blob}");

    /// <summary>
    /// The Authorization header that somebody else needs to pull from a repository: a new token that allows this and no more, or the login
    /// where the registry takes nothing else. Null where anybody may pull.
    /// </summary>
    /// <param name="reference">An image of the repository.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Unauthorized"/>: there is no login, or it is refused; otherwise as of
    /// reading a manifest.</exception>
    internal Task<string?> DelegatePullAsync(ImageReference reference, CancellationToken cancellationToken)
    {
        var call = ManifestCall(reference, HttpMethod.Head) with { IsAnonymous = true, What = "asking for leave to pull" };
        return _client.SendAsync(call, async response =>
        {
            using (response)
            {
                if (response.IsSuccessStatusCode)
                {
                    return null;
                }

                var header = response.StatusCode == HttpStatusCode.Unauthorized && AuthenticationChallenge.Read(response.Headers) is { } challenge
                    ? await _client.Authenticator.DelegateAsync(reference, challenge, _client, cancellationToken).ConfigureAwait(false)
                    : null;
                return header?.ToString() ?? throw await _client.ErrorAsync(call, response, cancellationToken).ConfigureAwait(false);
            }
        }, cancellationToken);
    }

    /// <summary>Takes secrets out of what somebody says who may have been given them.</summary>
    internal string Redact(string text) => _client.Authenticator.Redact(text);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<StoredManifest> ReadManifestAsync(ImageReference reference, HttpResponseMessage response,
        CancellationToken cancellationToken)
    {
        var mediaType = MediaTypeOf(response);
        if (mediaType is MediaTypes.DockerSchema1 or MediaTypes.DockerSchema1Signed)
        {
            throw ManifestDocument.Schema1(reference.ToString());
        }

        var content = await _client.ReadBodyAsync(response, ImageDocument.MaxBytes, cancellationToken).ConfigureAwait(false)
            ?? throw new PatchException(PatchErrorCode.LimitExceeded, reference.ToString(),
                $"{reference}: the registry {reference.Registry} sends a manifest of more than {ImageDocument.MaxBytes:N0} bytes, which "
                    + "no image has. It was not read to its end.");

        var announced = DigestOf(response);
        foreach (var expected in new[] { reference.Digest, announced }.Where(d => !d.IsEmpty && !d.Matches(content)))
        {
            throw WrongDigest(reference, expected, Digest.FromHash(expected.HashName, Hash(expected, content)));
        }

        var digest = !reference.Digest.IsEmpty ? reference.Digest : !announced.IsEmpty ? announced : Digest.OfBytes(content);
        mediaType = MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType)
            ? mediaType : ManifestDocument.DetectMediaType(content) ?? mediaType;
        return new StoredManifest(new Descriptor(mediaType, digest, content.Length), content);
    }

    private RegistryCall ManifestCall(ImageReference reference, HttpMethod method) =>
        new(reference, method, Address(reference, $"manifests/{(reference.Digest.IsEmpty ? reference.Tag : reference.Digest.ToString())}"),
            "reading the manifest") { Accept = MediaTypes.AcceptedManifests };

    private Uri Address(ImageReference reference, string path) => reference.Transport == ImageTransport.Registry
        ? new Uri(_client.Hosts.ApiOf(reference.Registry), $"{reference.Repository}/{path}")
        : throw new PatchException(PatchErrorCode.InvalidArgument, reference.ToString(),
            $"{reference} does not name an image in a registry.");

    private static string MediaTypeOf(HttpResponseMessage response) => response.Content.Headers.ContentType?.MediaType ?? string.Empty;

    private static Digest DigestOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(DigestHeader, out var values) && Digest.TryParse(values.First(), out var digest) ? digest : default;

    private static byte[] Hash(Digest digest, byte[] content)
    {
        using var hash = digest.CreateHash();
        hash.AppendData(content);
        return hash.GetHashAndReset();
    }

    private static PatchException WrongDigest(ImageReference reference, Digest expected, Digest actual) =>
        new(PatchErrorCode.DigestMismatch, reference.ToString(),
        $"{reference}: the manifest should have the digest {expected}, and has {actual}. The registry, or someone on the way, does not "
            + "tell the truth.");

    private static PatchException Protocol(ImageReference reference, string fault) =>
        new(PatchErrorCode.ProtocolError, reference.ToString(),
            $"{reference}: the registry {reference.Registry} breaks its specification: {fault}.");
}
