using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PatchContainers;

/// <summary>Reads certificates and keys in PEM (RFC 7468).</summary>
internal static class PemCertificates
{
    /// <summary>A certificate with its key, and the intermediates that stand behind it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/> or <see cref="PatchErrorCode.NotSupported"/>, naming where it
    /// stands and the fault, never the key.</exception>
    public static SslStreamCertificateContext Read(string certificate, string key, string source, string keySource)
    {
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new PatchException(PatchErrorCode.NotSupported, keySource,
                $"The private key in {keySource} has a password, and there is no place to give one. Use a key without, in a file that "
                + "others cannot read.");
        }

        var chain = Authorities(certificate, source);
        try
        {
            // PKCS#8, PKCS#1 (RSA) and SEC1 (EC) alike: by the block's label, others are passed over.
            using var pair = X509Certificate2.CreateFromPem(certificate, key);

            // Windows' TLS takes no key that lies in memory alone.
            var leaf = OperatingSystem.IsWindows() ? new X509Certificate2(pair.Export(X509ContentType.Pfx)) : new X509Certificate2(pair);
            chain.RemoveAt(0);
            return SslStreamCertificateContext.Create(leaf, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new PatchException(PatchErrorCode.InvalidData, keySource, $"The private key in {keySource} cannot be used with the "
                + $"certificate in {source}: it is not its key, or neither PKCS#8, PKCS#1 nor SEC1 in PEM.", e);
        }
    }

    /// <summary>All certificates in a text.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: there is none, or one is broken.</exception>
    public static X509Certificate2Collection Authorities(string pem, string source)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw Broken(source, e);
        }

        return certificates.Count > 0 ? certificates : throw Broken(source, null);
    }

    public static string Text(byte[] pem) => Encoding.UTF8.GetString(pem);

    private static PatchException Broken(string source, Exception? cause) =>
        new(PatchErrorCode.InvalidData, source, $"There is no valid certificate in PEM in {source}.", cause);
}
