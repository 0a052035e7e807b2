using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>
/// The folder with <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>, as docker has them. It is read when it is first needed. What is not
/// there is not used: without an authority the system's are trusted.
/// </summary>
/// <param name="Folder">The folder; empty where there is none.</param>
/// <param name="SkipVerify">Whether the engine is not verified, as a docker context may say.</param>
internal sealed record DockerTls(string Folder, bool SkipVerify)
{
    /// <summary>The authorities that the engine's certificate must come from; null for the system's.</summary>
    /// <exception cref="PatchException">The file cannot be read, or holds no certificate.</exception>
    public X509Certificate2Collection? Authorities() =>
        Read("ca.pem") is { } text ? PemCertificates.Authorities(text, PathOf("ca.pem")) : null;

    /// <summary>The certificate to show to the engine; null where there is none.</summary>
    /// <exception cref="PatchException">A file cannot be read, one is there without the other, or they do not belong together.</exception>
    public SslStreamCertificateContext? Certificate() => (Read("cert.pem"), Read("key.pem")) switch
    {
        ({ } certificate, { } key) => PemCertificates.Read(certificate, key, PathOf("cert.pem"), PathOf("key.pem")),
        (null, null) => null,
        _ => throw new PatchException(PatchErrorCode.InvalidData, Folder,
            $"The folder {Folder} has one of cert.pem and key.pem without the other. Put both there, or none."),
    };

    private string PathOf(string name) => Path.Combine(Folder, name);

    private string? Read(string name)
    {
        if (Folder.Length == 0 || !File.Exists(PathOf(name)))
        {
            return null;
        }

        try
        {
            return File.ReadAllText(PathOf(name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, PathOf(name), $"{PathOf(name)} cannot be read: {e.Message}", e);
        }
    }
}
