using System.Runtime.CompilerServices;
using System.Text.Json;
using static PatchContainers.Platforms.Docker.Client.DockerQuery;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>The images of an engine.</summary>
internal sealed class DockerImages(DockerConnection connection)
{
    // Registries that are slow, and layers that are unpacked without a word.
    private static readonly TimeSpan PullSilence = TimeSpan.FromMinutes(10);

    /// <summary>Lists images.</summary>
    /// <param name="filters">As <c>docker images</c> takes them: <c>reference</c>, <c>label</c>, ...; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IReadOnlyList<JsonElement>> ListAsync(IReadOnlyDictionary<string, IReadOnlyList<string>>? filters,
        CancellationToken cancellationToken) => connection.ListAsync(
            DockerCall.Get(new DockerQuery("images/json").Filters(filters).ToString(), "list images", "images"), cancellationToken);

    /// <summary>Reads one image: its <c>Id</c>, <c>RepoTags</c>, <c>RepoDigests</c>, <c>Config</c>, <c>RootFS</c>.</summary>
    /// <param name="image">Its name or id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<JsonElement> InspectAsync(string image, CancellationToken cancellationToken) =>
        connection.ObjectAsync(DockerCall.Get($"images/{Image(image)}/json", $"read image {image}", $"image {image}"), cancellationToken);

    /// <summary>Pulls an image, and tells how far it is. It is there when the stream has ended.</summary>
    /// <param name="repository">The name, without tag and digest.</param>
    /// <param name="tagOrDigest">The tag, or the digest.</param>
    /// <param name="platform"><c>linux/arm64</c>; null for the engine's own.</param>
    /// <param name="auth">What <see cref="DockerAuth"/> makes; empty for none.</param>
    /// <param name="cancellationToken">Cancels, and the engine stops pulling.</param>
    /// <exception cref="PatchException">The engine's error, also one that comes in the middle.</exception>
    public async IAsyncEnumerable<JsonElement> PullAsync(string repository, string tagOrDigest, string? platform, string auth,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var name = $"{repository}{(tagOrDigest.Contains(':', StringComparison.Ordinal) ? '@' : ':')}{tagOrDigest}";
        var address = new DockerQuery("images/create").Add("fromImage", repository).Add("tag", tagOrDigest).Add("platform", platform);
        var call = DockerCall.Post(address.ToString(), $"pull image {name}", $"image {name}") with
        {
            RegistryAuth = auth,
            IsRepeatable = true,
            Patience = PullSilence,
        };
        await foreach (var line in connection.LinesAsync(call, PullSilence, cancellationToken).ConfigureAwait(false))
        {
            if ((line.Text("error") ?? line.Text("errorDetail", "message")) is { Length: > 0 } fault)
            {
                throw new PatchException(DockerErrors.OfRegistry(fault) ?? PatchErrorCode.Unreachable, call.Object,
                    $"{call.Purpose} (engine {connection.Endpoint.Name}): {DockerErrors.Sentence(fault)}.");
            }

            yield return line;
        }
    }

    /// <summary>Reads an image as a tar archive, as <c>docker save</c> writes it, while the engine makes it.</summary>
    /// <param name="image">Its name or id.</param>
    /// <param name="cancellationToken">Cancels the request; the stream's readers have their own.</param>
    public Task<Stream> SaveAsync(string image, CancellationToken cancellationToken) =>
        connection.StreamAsync(DockerCall.Get($"images/{Image(image)}/get", $"save image {image}", $"image {image}") with
        {
            Patience = PullSilence,
        }, cancellationToken);
}
