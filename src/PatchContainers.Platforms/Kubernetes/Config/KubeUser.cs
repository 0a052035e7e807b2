namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>How we prove who we are. It holds secrets, so it has no text of its own.</summary>
internal sealed class KubeUser
{
    /// <summary>The entry's name in the kubeconfig.</summary>
    public required string Name { get; init; }

    /// <summary>The file that the entry stands in.</summary>
    public required string File { get; init; }

    /// <summary>A client certificate, and the intermediates that lead to its authority, PEM.</summary>
    public KubeData? ClientCertificate { get; init; }

    /// <summary>Its private key: PKCS#8, PKCS#1 or SEC1, PEM.</summary>
    public KubeData? ClientKey { get; init; }

    /// <summary>A bearer token; empty where there is none.</summary>
    public string Token { get; init; } = string.Empty;

    /// <summary>A file with a bearer token that others renew; it goes before <see cref="Token"/>. Empty where there is none.</summary>
    public string TokenFile { get; init; } = string.Empty;

    /// <summary>For basic authentication; empty where there is none.</summary>
    public string UserName { get; init; } = string.Empty;

    public string Password { get; init; } = string.Empty;

    /// <summary>The program that knows the credentials; null where there is none.</summary>
    public KubeExec? Exec { get; init; }

    /// <summary>The headers of impersonation (<c>as</c>, <c>as-uid</c>, <c>as-groups</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Impersonation { get; init; } = [];

    public override string ToString() => Name;
}
