using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PatchContainers.Endpoints;

/// <summary>The certificates of an endpoint: whom it trusts besides the system, and by which it is known. TLS is always verified.</summary>
internal sealed class EndpointTrust : IDisposable
{
    private const int MaxLength = 4 * 1024 * 1024;

    // RFC 5280, section 4.2.1.12: id-kp-serverAuth.
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly X509Certificate2Collection _authorities = [];
    private SslStreamCertificateContext? _own;

    /// <summary>Reads the files that the settings name.</summary>
    public static async Task<EndpointTrust> ReadAsync(EndpointSettings settings, CancellationToken cancellationToken)
    {
        var trust = new EndpointTrust();
        try
        {
            if (settings.CaFile is { } ca)
            {
                trust._authorities.AddRange(PemCertificates.Authorities(
                    await SecretPlace.ReadFileAsync(ca, MaxLength, cancellationToken).ConfigureAwait(false), ca));
            }

            if (settings.CertFile is { } cert)
            {
                var certificate = await SecretPlace.ReadFileAsync(cert, MaxLength, cancellationToken).ConfigureAwait(false);
                var key = await SecretPlace.ReadFileAsync(settings.KeyFile!, MaxLength, cancellationToken).ConfigureAwait(false);
                trust._own = PemCertificates.Read(certificate, key, cert, settings.KeyFile!);
            }

            return trust;
        }
        catch
        {
            trust.Dispose();
            throw;
        }
    }

    /// <summary>The TLS options of a connection.</summary>
    /// <param name="isOwn">Whether it goes to the server that the client certificate is for.</param>
    public SslClientAuthenticationOptions Options(bool isOwn)
    {
        var options = new SslClientAuthenticationOptions();
        if (isOwn)
        {
            options.ClientCertificateContext = _own;
        }

        if (_authorities.Count > 0)
        {
            options.RemoteCertificateValidationCallback = IsTrusted;
        }

        return options;
    }

    public void Dispose()
    {
        _own?.TargetCertificate.Dispose();
        foreach (var certificate in _authorities)
        {
            certificate.Dispose();
        }
    }

    // The system's own answer stands where it is yes. The given authorities can settle who signed it, never the name.
    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is null)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.DisableCertificateDownloads = true;
        own.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        foreach (var element in chain?.ChainElements.Skip(1) ?? [])
        {
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        foreach (var sent in chain?.ChainPolicy.ExtraStore ?? [])
        {
            own.ChainPolicy.ExtraStore.Add(sent);
        }

        using var leaf = new X509Certificate2(certificate);
        return own.Build(leaf);
    }
}
