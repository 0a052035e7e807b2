using PatchContainers.Stores.DockerEngine;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Stores;

/// <summary>Where images are found, and with which credentials.</summary>
public sealed record ImageStoreOptions
{
    /// <summary>
    /// Registries that a folder stands for: <c>host[:port]</c> to <c>oci:DIR</c>. The repository <c>team/app</c> is then the OCI layout
    /// <c>DIR/team/app</c>, and nothing is asked of the host.
    /// </summary>
    public IReadOnlyDictionary<string, string> RegistryMap { get; init; } = new Dictionary<string, string>();

    /// <summary>Credentials by <c>host[:port]</c>; they go before those of the login file, and to that host alone.</summary>
    public IReadOnlyDictionary<string, RegistryCredential> Credentials { get; init; } = new Dictionary<string, RegistryCredential>();

    /// <summary>Registries (<c>host[:port]</c>) that are spoken to without TLS. Loopback hosts always are, unless their port is
    /// 443.</summary>
    public IReadOnlyCollection<string> InsecureRegistries { get; init; } = [];

    /// <summary>
    /// Hosts that may be sent a registry's credentials to issue a token, besides the registry itself: <c>host[:port]</c>. Docker Hub's
    /// is known. Tokens that need no credentials are fetched wherever the registry says, as long as that is over TLS.
    /// </summary>
    public IReadOnlyCollection<string> AllowedTokenHosts { get; init; } = [];

    /// <summary>The file with logins (<c>docker login</c>, <c>podman login</c>); null to look where these tools do.</summary>
    public string? LoginFile { get; init; }

    /// <summary>The credentials that workloads pull with, as they are found; used where there are no others. Null for none.</summary>
    public PullSecrets? PullSecrets { get; init; }

    /// <summary>Opens a container engine's images, when the first of them is asked for; null where there is none to be asked.</summary>
    public Func<IEngineImages>? Engine { get; init; }

    /// <summary>The clock; the system's where none is given.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Hears what a person should know, for example of a credential helper that is not used.</summary>
    public IProgress<PatchNotice>? Notices { get; init; }
}
