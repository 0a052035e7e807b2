namespace PatchContainers.Platforms.Docker.Client;

/// <summary>Where an engine is.</summary>
internal sealed record DockerEndpoint
{
    private const int PlainPort = 2375;
    private const int TlsPort = 2376;

    /// <summary>The name in ids and messages: a docker context's, or the address.</summary>
    public required string Name { get; init; }

    /// <summary>The address, as DOCKER_HOST has it.</summary>
    public required string Address { get; init; }

    public required DockerTransport Transport { get; init; }

    /// <summary>The socket's path, or the pipe's name; empty for TCP.</summary>
    public string Path { get; init; } = string.Empty;

    /// <summary>The computer whose pipe it is; <c>.</c> for this one.</summary>
    public string PipeServer { get; init; } = ".";

    /// <summary>What requests are addressed to.</summary>
    public required Uri Root { get; init; }

    /// <summary>The certificates; null without TLS.</summary>
    public DockerTls? Tls { get; init; }

    /// <summary>Reads an address.</summary>
    /// <param name="address"><c>unix:///var/run/docker.sock</c>, <c>tcp://HOST[:PORT]</c>, <c>npipe:////./pipe/docker_engine</c>.</param>
    /// <param name="name">The name; null for the address itself.</param>
    /// <param name="source">Who says so, for messages: <c>DOCKER_HOST</c>.</param>
    /// <param name="tls">The certificates; null where there are none.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it has none of these forms;
    /// <see cref="PatchErrorCode.NotSupported"/>: ssh, or an engine on another machine without TLS.</exception>
    public static DockerEndpoint Parse(string address, string? name, string source, DockerTls? tls)
    {
        var split = address.IndexOf("://", StringComparison.Ordinal);
        var (scheme, rest) = split > 0 ? (address[..split], address[(split + 3)..]) : (string.Empty, address);
        return scheme switch
        {
            "unix" when rest.StartsWith('/') => Local(DockerTransport.Unix, rest),
            "npipe" => Pipe(rest.Replace('\\', '/')),
            "tcp" or "http" or "https" => Tcp(),
            "ssh" => throw new PatchException(PatchErrorCode.NotSupported, address, $"{source} names the engine {address}: ssh would "
                + "take another program. Forward its socket (ssh -L /tmp/engine.sock:/var/run/docker.sock HOST), and name "
                + "unix:///tmp/engine.sock."),
            _ => throw Invalid(),
        };

        DockerEndpoint Local(DockerTransport transport, string path) => new()
        {
            Name = name ?? address,
            Address = address,
            Transport = transport,
            Path = path,
            Root = new Uri("http://localhost/"),
        };

        DockerEndpoint Pipe(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries) is [var server, "pipe", var pipe]
            ? Local(DockerTransport.NamedPipe, pipe) with { PipeServer = server } : throw Invalid();

        DockerEndpoint Tcp()
        {
            var isSecure = scheme == "https" || (scheme == "tcp" && tls is not null);
            if (!Uri.TryCreate($"{(isSecure ? "https" : "http")}://{rest}", UriKind.Absolute, out var root) || root.UserInfo.Length > 0
                || root.Query.Length > 0 || root.Fragment.Length > 0 || root.Host.Length == 0)
            {
                throw Invalid();
            }

            if (!isSecure && !root.IsLoopback)
            {
                throw new PatchException(PatchErrorCode.NotSupported, address, $"{source} names the engine {address} without TLS: "
                    + "whoever is in between would command it. Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a docker context "
                    + "with certificates.");
            }

            // 80 and 443 mean that no port is named, unless one is.
            var isNamed = System.Text.RegularExpressions.Regex.IsMatch(rest, @"^(\[[^\]]*\]|[^/:]*):\d+(/|$)");
            return new DockerEndpoint
            {
                Name = name ?? address,
                Address = address,
                Transport = DockerTransport.Tcp,
                Root = new UriBuilder(root)
                {
                    Port = isNamed ? root.Port : isSecure ? TlsPort : PlainPort,
                    Path = root.AbsolutePath.TrimEnd('/') + "/",
                }.Uri,
                Tls = isSecure ? tls ?? new DockerTls(string.Empty, SkipVerify: false) : null,
            };
        }

        PatchException Invalid() => new(PatchErrorCode.InvalidArgument, address, $"{source} names the engine '{address}', which is no "
            + "address of one: that is unix:///var/run/docker.sock, tcp://HOST:2376 or npipe:////./pipe/docker_engine.");
    }
}
