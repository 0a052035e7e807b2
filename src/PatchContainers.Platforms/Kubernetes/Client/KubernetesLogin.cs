using System.Net.Http.Headers;
using System.Net.Security;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>What a request carries to prove who sends it. It holds secrets, so it has no text of its own.</summary>
internal sealed class KubernetesLogin(AuthenticationHeaderValue? authorization, SslStreamCertificateContext? certificate,
    DateTimeOffset goodUntil)
{
    public AuthenticationHeaderValue? Authorization { get; } = authorization;

    public SslStreamCertificateContext? Certificate { get; } = certificate;

    /// <summary>When it is to be read again.</summary>
    public DateTimeOffset GoodUntil { get; } = goodUntil;
}
