namespace PatchContainers.Platforms.Docker.Client;

/// <summary>
/// Finds the engine where docker does: what is named, else DOCKER_HOST, else DOCKER_CONTEXT, else the context that
/// <c>docker context use</c> chose, else this machine's.
/// </summary>
/// <param name="Variable">Reads an environment variable.</param>
/// <param name="Home">The user's folder.</param>
internal sealed record DockerEndpointSearch(Func<string, string?> Variable, string Home)
{
    /// <summary>The context that stands for this machine's engine.</summary>
    public const string DefaultName = "default";

    /// <summary>This process's environment.</summary>
    public static DockerEndpointSearch OfProcess { get; } = new(Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify));

    private static string DefaultAddress =>
        OperatingSystem.IsWindows() ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock";

    private string Folder => Variable("DOCKER_CONFIG") is { Length: > 0 } folder ? folder : Path.Combine(Home, ".docker");

    private DockerContextStore Contexts => new(Folder);

    /// <summary>All docker contexts, with <see cref="DefaultName"/>.</summary>
    /// <exception cref="PatchException">One cannot be read.</exception>
    public IReadOnlyList<string> ContextNames => [DefaultName, .. Contexts.Names];

    /// <summary>Finds the engine. Nothing is asked yet.</summary>
    /// <param name="host">An address, or a docker context's name; null or empty to look where docker does.</param>
    /// <exception cref="PatchException">It is no address, there is no such context, or it cannot be used; see
    /// <see cref="DockerEndpoint.Parse"/>.</exception>
    public DockerEndpoint Find(string? host = null)
    {
        if (!string.IsNullOrEmpty(host))
        {
            return Named(host, "The command");
        }

        return Variable("DOCKER_HOST") is { Length: > 0 } address ? Address(address, "DOCKER_HOST")
            : Variable("DOCKER_CONTEXT") is { Length: > 0 } context ? Named(context, "DOCKER_CONTEXT")
            : Contexts.Current is { } current ? Named(current, Path.Combine(Folder, "config.json"))
            : Default();
    }

    // The default context is always this machine's, whatever DOCKER_HOST says: ids that hold it must mean the same engine tomorrow.
    private DockerEndpoint Named(string name, string source) => name.Contains("://", StringComparison.Ordinal) ? Address(name, source)
        : name == DefaultName ? Default() : Contexts.Open(name, source);

    private static DockerEndpoint Default() => DockerEndpoint.Parse(DefaultAddress, DefaultName, "The default context", null);

    // Where docker would take an engine with certificates but not verify it (DOCKER_CERT_PATH alone), it is verified.
    private DockerEndpoint Address(string address, string source)
    {
        var folder = Variable("DOCKER_CERT_PATH");
        var tls = !string.IsNullOrEmpty(folder) ? new DockerTls(folder, SkipVerify: false)
            : !string.IsNullOrEmpty(Variable("DOCKER_TLS_VERIFY")) ? new DockerTls(Folder, SkipVerify: false) : null;
        return DockerEndpoint.Parse(address, null, source, tls);
    }
}
