using System.IO.Pipes;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>Makes connections to engines.</summary>
internal static class DockerTransports
{
    /// <summary>What sends requests to an engine.</summary>
    /// <exception cref="PatchException">A certificate or a key cannot be used.</exception>
    public static SocketsHttpHandler Handler(DockerEndpoint endpoint)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            UseProxy = endpoint.Transport == DockerTransport.Tcp && !endpoint.Root.IsLoopback,
        };
        if (endpoint.Transport == DockerTransport.Unix)
        {
            handler.ConnectCallback = (_, token) => UnixAsync(endpoint, token);
        }
        else if (endpoint.Transport == DockerTransport.NamedPipe)
        {
            handler.ConnectCallback = (_, token) => PipeAsync(endpoint, token);
        }
        else if (endpoint.Tls is { } tls)
        {
            handler.SslOptions = Options(tls);
        }

        return handler;
    }

    private static SslClientAuthenticationOptions Options(DockerTls tls)
    {
        var options = new SslClientAuthenticationOptions { ClientCertificateContext = tls.Certificate() };
        if (tls.Authorities() is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        if (tls.SkipVerify)
        {
#pragma warning disable CA5359 // The docker context says so, and a warning was given.
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return options;
    }

    private static async ValueTask<Stream> UnixAsync(DockerEndpoint endpoint, CancellationToken cancellationToken)
    {
        // The system tells a socket that is not there as an address that cannot be assigned.
        if (!File.Exists(endpoint.Path))
        {
            throw new FileNotFoundException(null, endpoint.Path);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(endpoint.Path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> PipeAsync(DockerEndpoint endpoint, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows())
        {
            throw new PatchException(PatchErrorCode.NotSupported, endpoint.Address,
                $"{endpoint.Address} is a pipe of Windows, and this is none. Name a socket: unix:///var/run/docker.sock");
        }

        var pipe = new NamedPipeClientStream(endpoint.PipeServer, endpoint.Path, PipeDirection.InOut, PipeOptions.Asynchronous);
        try
        {
            await pipe.ConnectAsync(TimeSpan.FromSeconds(15), cancellationToken).ConfigureAwait(false);
            return pipe;
        }
        catch
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
