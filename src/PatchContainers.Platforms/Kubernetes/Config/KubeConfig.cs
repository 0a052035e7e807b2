using System.Net;

namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>
/// Several kubeconfig files as one, by kubectl's rules: of entries of one name, and of current contexts, the first file's counts, whole.
/// </summary>
internal sealed class KubeConfig
{
    private const string ExecGroup = "client.authentication.k8s.io/";

    private readonly Dictionary<string, KubeConfigEntry> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigEntry> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KubeConfigEntry> _contexts = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly KubeContext? _inCluster;
    private readonly string _source;

    private KubeConfig(IEnumerable<KubeConfigFile> files, KubeContext? inCluster, string source)
    {
        _inCluster = inCluster;
        _source = source;
        CurrentContext = inCluster?.Name ?? string.Empty;
        foreach (var file in files)
        {
            CurrentContext = CurrentContext.Length > 0 ? CurrentContext : file.CurrentContext;
            Add(_clusters, file.Clusters);
            Add(_users, file.Users);
            _names.AddRange(file.Contexts.Keys.Where(name => !_contexts.ContainsKey(name)));
            Add(_contexts, file.Contexts);
        }
    }

    /// <summary>The context that is meant where none is named; empty where no file says.</summary>
    public string CurrentContext { get; }

    /// <summary>The contexts, in the files' order.</summary>
    public IReadOnlyList<string> ContextNames => _inCluster is null ? _names : [_inCluster.Name];

    /// <summary>Reads files, the first one foremost.</summary>
    /// <exception cref="PatchException">One of them cannot be read, or is no kubeconfig.</exception>
    public static KubeConfig Read(IReadOnlyList<string> paths) =>
        new(paths.Select(path => KubeConfigFile.Read(Path.GetFullPath(path))), null, string.Join(", ", paths));

    /// <summary>A pod's own account as the only context.</summary>
    public static KubeConfig Of(KubeContext inCluster) => new([], inCluster, inCluster.Name);

    /// <summary>A context, with its cluster and its user.</summary>
    /// <param name="name">Its name; null or empty for the current one.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: there is no such context, cluster or user;
    /// <see cref="PatchErrorCode.InvalidData"/>: a field is not as it must be; <see cref="PatchErrorCode.NotSupported"/>: a way to log in
    /// that is not supported.</exception>
    public KubeContext Context(string? name = null)
    {
        if (_inCluster is not null)
        {
            return string.IsNullOrEmpty(name) || name == _inCluster.Name ? _inCluster
                : throw Missing(name, $"There is no context '{name}': without a kubeconfig, a pod has only '{_inCluster.Name}'.");
        }

        if (string.IsNullOrEmpty(name))
        {
            name = CurrentContext.Length > 0 ? CurrentContext
                : throw Missing(_source, $"No context is named, and {_source} has no current-context. Name one: {Listed(_names)}.");
        }

        if (!_contexts.TryGetValue(name, out var entry))
        {
            throw Missing(name, $"There is no context '{name}' in {_source}. There are: {Listed(_names)}.");
        }

        var (cluster, user) = (entry.Text("cluster"), entry.Text("user"));
        if (cluster.Length == 0 || !_clusters.TryGetValue(cluster, out var clusterEntry))
        {
            throw Missing(name, $"The context '{name}' in {entry.Path} names the cluster '{cluster}', which is not there.");
        }

        KubeConfigEntry? userEntry = null;
        if (user.Length > 0 && !_users.TryGetValue(user, out userEntry))
        {
            throw Missing(name, $"The context '{name}' in {entry.Path} names the user '{user}', who is not there.");
        }

        var space = entry.Text("namespace");
        return new KubeContext(name, space.Length > 0 ? space : "default", Cluster(cluster, clusterEntry),
            userEntry is null ? new KubeUser { Name = string.Empty, File = entry.Path } : User(user, userEntry));
    }

    private static KubeCluster Cluster(string name, KubeConfigEntry entry)
    {
        var server = entry.Address("server", Uri.UriSchemeHttps, Uri.UriSchemeHttp) ?? throw entry.Fault("'server' is missing");
        if (server.Scheme == Uri.UriSchemeHttp && !IsLoopback(server))
        {
            throw entry.Fault("'server' is without TLS, which is allowed on this machine only. Use https");
        }

        if (server.UserInfo.Length > 0 || server.Query.Length > 0 || server.Fragment.Length > 0)
        {
            throw entry.Fault("'server' is more than an address and a path");
        }

        var (authority, insecure) = (entry.Data("certificate-authority"), entry.Flag("insecure-skip-tls-verify"));
        if (insecure && authority is not null)
        {
            throw entry.Fault("it has a certificate-authority and insecure-skip-tls-verify; only one of them can be meant");
        }

        return new KubeCluster
        {
            Name = name,
            Server = server,
            CertificateAuthority = authority,
            TlsServerName = entry.Text("tls-server-name"),
            InsecureSkipTlsVerify = insecure,
            ProxyUrl = entry.Address("proxy-url", "http", "https", "socks5"),
        };
    }

    private static KubeUser User(string name, KubeConfigEntry entry)
    {
        if (entry.Has("auth-provider"))
        {
            throw new PatchException(PatchErrorCode.NotSupported, entry.Path, $"'{entry.Path}': the user '{name}' logs in with an "
                + "auth-provider, which Kubernetes itself gave up with 1.26. Use an exec plugin, a token or a certificate.");
        }

        if (entry.Has("as-user-extra"))
        {
            throw new PatchException(PatchErrorCode.NotSupported, entry.Path,
                $"'{entry.Path}': the user '{name}' has as-user-extra, which is not supported; as, as-uid and as-groups are.");
        }

        var (certificate, key) = (entry.Data("client-certificate"), entry.Data("client-key"));
        if (certificate is null != key is null)
        {
            throw entry.Fault($"it has a {(key is null ? "client-certificate without a client-key" : "client-key without a client-certificate")}");
        }

        return new KubeUser
        {
            Name = name,
            File = entry.Path,
            ClientCertificate = certificate,
            ClientKey = key,
            Token = HeaderText(entry, "token"),
            TokenFile = entry.FilePath("tokenFile"),
            UserName = entry.Text("username"),
            Password = entry.Text("password"),
            Exec = entry.Inner("exec") is { } exec ? Exec(exec) : null,
            Impersonation = Impersonation(entry),
        };
    }

    private static KubeExec Exec(KubeConfigEntry entry)
    {
        var version = entry.Text("apiVersion");
        if (version is not (ExecGroup + "v1" or ExecGroup + "v1beta1"))
        {
            throw entry.Fault($"its apiVersion is not {ExecGroup}v1 or {ExecGroup}v1beta1");
        }

        if (entry.Text("interactiveMode") == "Always")
        {
            throw entry.Fault("the program wants to ask a person (interactiveMode: Always), and nobody sits here. "
                + "Log in with it first, and set interactiveMode to IfAvailable");
        }

        return new KubeExec
        {
            ApiVersion = version,
            Command = entry.Program("command"),
            Arguments = entry.Texts("args"),
            Environment = entry.Entries("env").Select(v => KeyValuePair.Create(
                v.Text("name") is { Length: > 0 } name && !name.Contains('=', StringComparison.Ordinal) ? name : throw v.Fault("'name' is no name"),
                v.Text("value"))).ToArray(),
            InstallHint = entry.Text("installHint"),
            ProvideClusterInfo = entry.Flag("provideClusterInfo"),
        };
    }

    private static List<KeyValuePair<string, string>> Impersonation(KubeConfigEntry entry)
    {
        var headers = new List<KeyValuePair<string, string>>();
        var user = HeaderText(entry, "as");
        if (user.Length > 0)
        {
            headers.Add(new("Impersonate-User", user));
        }
        else if (entry.Has("as-uid") || entry.Has("as-groups"))
        {
            throw entry.Fault("it has as-uid or as-groups without as");
        }

        if (HeaderText(entry, "as-uid") is { Length: > 0 } uid)
        {
            headers.Add(new("Impersonate-Uid", uid));
        }

        // The framework joins headers of one name into one line, which an API server reads as one group.
        var groups = entry.Texts("as-groups");
        if (groups.Count > 1)
        {
            throw new PatchException(PatchErrorCode.NotSupported, entry.Path, $"'{entry.Path}': as-groups names {groups.Count} groups, "
                + "and only one is supported. Use an account that is in these groups itself.");
        }

        foreach (var group in groups)
        {
            headers.Add(new("Impersonate-Group", IsHeaderText(group) ? group : throw entry.Fault("'as-groups' has a character that cannot be sent")));
        }

        return headers;
    }

    private static string HeaderText(KubeConfigEntry entry, string key) => entry.Text(key).Trim() is var text && IsHeaderText(text) ? text
        : throw entry.Fault($"'{key}' has a character that cannot be sent");

    private static bool IsHeaderText(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static bool IsLoopback(Uri address) =>
        address.IdnHost == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private static void Add(Dictionary<string, KubeConfigEntry> all, IReadOnlyDictionary<string, KubeConfigEntry> more)
    {
        foreach (var (name, entry) in more)
        {
            all.TryAdd(name, entry);
        }
    }

    private static string Listed(List<string> names) => names.Count == 0 ? "none"
        : string.Join(", ", names.Take(20)) + (names.Count > 20 ? ", ..." : string.Empty);

    private static PatchException Missing(string target, string message) => new(PatchErrorCode.NotFound, target, message);
}
