using System.Net;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// The proxy of the system, which is not asked for what is on this machine: a proxy would be told in the clear what loopback hosts may be
/// told without TLS.
/// </summary>
internal sealed class ProxyExceptLoopback(IWebProxy system) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => system.Credentials;
        set => system.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => RegistryHosts.IsLoopback(destination) ? null : system.GetProxy(destination);

    public bool IsBypassed(Uri host) => RegistryHosts.IsLoopback(host) || system.IsBypassed(host);
}
