using System.Collections.Concurrent;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>The clients of engines, one each, by what names them in ids of workloads: an address or a docker context.</summary>
/// <param name="search">Finds engines.</param>
/// <param name="options">How the clients behave; null for the defaults.</param>
internal sealed class DockerClients(DockerEndpointSearch search, DockerClientOptions? options = null) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<DockerClient>> _clients = new(StringComparer.Ordinal);

    /// <summary>The client of an engine.</summary>
    /// <param name="host">Its address, or its docker context.</param>
    /// <exception cref="PatchException">It is no address, there is no such context, or it cannot be used.</exception>
    public DockerClient Of(string host)
    {
        try
        {
            return _clients.GetOrAdd(host, name => new(() => new DockerClient(search.Find(name), options))).Value;
        }
        catch (PatchException)
        {
            // What is wrong now may be put right: it is not remembered.
            _clients.TryRemove(host, out _);
            throw;
        }
    }

    /// <summary>Closes their connections.</summary>
    public void Dispose()
    {
        foreach (var client in _clients.Values.Where(c => c.IsValueCreated))
        {
            client.Value.Dispose();
        }
    }
}
