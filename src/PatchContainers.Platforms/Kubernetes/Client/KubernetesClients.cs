using System.Collections.Concurrent;
using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>The clients of a kubeconfig's contexts, one each. The kubeconfig is read when the first is asked for.</summary>
/// <param name="search">Where the kubeconfig is.</param>
/// <param name="notices">Hears what a person should know of a cluster; null for nobody.</param>
internal sealed class KubernetesClients(KubeConfigSearch search, IProgress<PatchNotice>? notices) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<KubernetesClient>> _clients = new(StringComparer.Ordinal);

    /// <summary>The client of a context.</summary>
    /// <exception cref="PatchException">There is no kubeconfig or no such context, or it is not valid.</exception>
    public KubernetesClient Of(string context)
    {
        try
        {
            return _clients.GetOrAdd(context, name => new(() => 
                new KubernetesClient(search.Read().Context(name), new KubernetesClientOptions { Notices = notices }))).Value;
        }
        catch (PatchException)
        {
            // What is wrong now may be put right: it is not remembered.
            _clients.TryRemove(context, out _);
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
