using System.Globalization;
using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>
/// One container engine. Objects are JSON as the engine sends it. What goes wrong is a <see cref="PatchException"/>:
/// <see cref="PatchErrorCode.Unreachable"/> (it does not answer, or cannot now), <see cref="PatchErrorCode.Forbidden"/> (this account may
/// not use its socket), <see cref="PatchErrorCode.Unauthorized"/>, <see cref="PatchErrorCode.NotFound"/>,
/// <see cref="PatchErrorCode.AlreadyExists"/>, <see cref="PatchErrorCode.Conflict"/> (another version, or a state that does not
/// allow it), <see cref="PatchErrorCode.InvalidData"/>, <see cref="PatchErrorCode.ChangeFailed"/> (the engine tried, and could not),
/// <see cref="PatchErrorCode.NotSupported"/>, <see cref="PatchErrorCode.ProtocolError"/>.
/// </summary>
internal sealed class DockerClient : IDisposable
{
    private readonly DockerConnection _connection;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    public DockerClient(DockerEndpoint endpoint, DockerClientOptions? options = null)
    {
        _connection = new DockerConnection(endpoint, options ?? new DockerClientOptions());
        Containers = new DockerContainers(_connection);
        Images = new DockerImages(_connection);
        Networks = new DockerNetworks(_connection);
        Swarm = new DockerSwarm(_connection);
    }

    /// <summary>Where the engine is.</summary>
    public DockerEndpoint Endpoint => _connection.Endpoint;

    /// <summary>When a connection was last refused or lost, UTC, although the call may have been tried again; null for never.</summary>
    public DateTimeOffset? LastFault => _connection.LastFault;

    public DockerContainers Containers { get; }

    public DockerImages Images { get; }

    public DockerNetworks Networks { get; }

    public DockerSwarm Swarm { get; }

    /// <summary>The versions of the API, agreed upon with the first request.</summary>
    public Task<DockerVersionAnswer> ApiVersionAsync(CancellationToken cancellationToken) => _connection.VersionAsync(cancellationToken);

    /// <summary>The engine's version: <c>Version</c>, <c>ApiVersion</c>, <c>Os</c>, <c>Arch</c>.</summary>
    public Task<JsonElement> VersionAsync(CancellationToken cancellationToken) =>
        _connection.ObjectAsync(DockerCall.Get("version", "read the version", "engine"), cancellationToken);

    /// <summary>What the engine says of itself: <c>Swarm.LocalNodeState</c>, <c>Swarm.ControlAvailable</c>, <c>Warnings</c>.</summary>
    public Task<JsonElement> InfoAsync(CancellationToken cancellationToken) =>
        _connection.ObjectAsync(DockerCall.Get("info", "read the engine's state", "engine"), cancellationToken);

    /// <summary>
    /// Tells what happens. The stream ends when the engine does; the next one goes on from the last event's <c>timeNano</c>, and tells that
    /// event again.
    /// </summary>
    /// <param name="since">From when on; null from now on.</param>
    /// <param name="filters">As <c>docker events</c> takes them: <c>type</c>, <c>container</c>, <c>event</c>, ...; null for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public IAsyncEnumerable<JsonElement> EventsAsync(DateTimeOffset? since, IReadOnlyDictionary<string, IReadOnlyList<string>>? filters,
        CancellationToken cancellationToken)
    {
        var address = new DockerQuery("events").Add("since", since is { } from ? Seconds(from) : null).Filters(filters).ToString();
        return _connection.LinesAsync(DockerCall.Get(address, "watch events", "events"), Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public void Dispose() => _connection.Dispose();

    // 1700000000.000000100
    private static string Seconds(DateTimeOffset time)
    {
        var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
        return string.Create(CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:D9}");
    }
}
