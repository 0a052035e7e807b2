namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>Where an API server is, and how it proves who it is.</summary>
internal sealed record KubeCluster
{
    /// <summary>The entry's name in the kubeconfig.</summary>
    public required string Name { get; init; }

    /// <summary>The API server's address: <c>https</c>, or <c>http</c> on this machine.</summary>
    public required Uri Server { get; init; }

    /// <summary>The certificate authorities, PEM; null to trust those of the system.</summary>
    public KubeData? CertificateAuthority { get; init; }

    /// <summary>The name that the certificate is for, where it is not the address's; empty otherwise.</summary>
    public string TlsServerName { get; init; } = string.Empty;

    /// <summary>Whether any certificate will do. Only where the file says so, and never without a warning.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The proxy for this cluster; null for the system's.</summary>
    public Uri? ProxyUrl { get; init; }
}
