using System.Net;

namespace PatchContainers.Stores.Registry;

/// <summary>A registry's address, and which connections it may be asked over.</summary>
internal sealed class RegistryHosts
{
    private const string DockerHub = "docker.io";
    private const string DockerHubEndpoint = "registry-1.docker.io";
    private const string DockerHubTokens = "auth.docker.io";

    private readonly HashSet<string> _insecure;
    private readonly HashSet<string> _tokenHosts;

    public RegistryHosts(IEnumerable<string> insecure, IEnumerable<string> tokenHosts)
    {
        _insecure = new HashSet<string>(insecure, StringComparer.OrdinalIgnoreCase);
        _tokenHosts = new HashSet<string>(tokenHosts, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The root of a registry's API.</summary>
    public Uri ApiOf(string registry)
    {
        var host = registry == DockerHub ? DockerHubEndpoint : registry;
        var secure = new Uri($"https://{host}/v2/");
        return IsPlain(secure) && !host.EndsWith(":443", StringComparison.Ordinal) ? new Uri($"http://{host}/v2/") : secure;
    }

    /// <summary>
    /// Whether a request may go there: TLS everywhere, except to this machine and to the registries that the caller listed.
    /// </summary>
    public bool MayAsk(Uri address) => address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && IsPlain(address));

    /// <summary>
    /// Whether a registry's credentials may be sent to a token server: to the registry itself, on Docker Hub to its known token server, and
    /// to hosts that the caller allowed. Any registry can name any server in its challenge, so any other one could steal them.
    /// </summary>
    public bool MayGetCredentials(string registry, Uri realm)
    {
        var api = ApiOf(registry);
        return IsSameServer(api, realm)
            || (realm.Scheme == Uri.UriSchemeHttps && registry == DockerHub && realm.Authority == DockerHubTokens)
            || (MayAsk(realm) && (_tokenHosts.Contains(realm.Authority) || _tokenHosts.Contains($"{realm.IdnHost}:{realm.Port}")));
    }

    public static bool IsSameServer(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.IdnHost == other.IdnHost && one.Port == other.Port;

    private bool IsPlain(Uri address) => IsLoopback(address) || _insecure.Contains(address.Authority);

    /// <summary>Whether an address is on this machine: by the name alone, since what a name resolves to is the resolver's word.</summary>
    public static bool IsLoopback(Uri address) =>
        address.IdnHost == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
