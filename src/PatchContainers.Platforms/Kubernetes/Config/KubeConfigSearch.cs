using System.Globalization;
using System.Text;
using PatchContainers.Platforms.Files;

namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>
/// Finds the kubeconfig where kubectl does: the files that KUBECONFIG lists, else <c>~/.kube/config</c>, else a pod's own account.
/// </summary>
/// <param name="Variable">Reads an environment variable.</param>
/// <param name="Home">The user's folder.</param>
/// <param name="AccountFolder">Where a pod's own account lies.</param>
internal sealed record KubeConfigSearch(Func<string, string?> Variable, string Home, string AccountFolder)
{
    /// <summary>The context of a pod's own account.</summary>
    public const string InClusterName = "in-cluster";

    /// <summary>This process's environment.</summary>
    public static KubeConfigSearch OfProcess { get; } = new(Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify),
        "/var/run/secrets/kubernetes.io/serviceaccount");

    /// <summary>Reads what is there. Files of KUBECONFIG that are not there are passed over, as long as one is.</summary>
    /// <param name="path">The one file to read; null or empty to look where kubectl does.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotFound"/>: there is none; or one is not valid.</exception>
    public KubeConfig Read(string? path = null)
    {
        if (!string.IsNullOrEmpty(path))
        {
            return KubeConfig.Read([path]);
        }

        var listed = (Variable("KUBECONFIG") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Distinct(StringComparer.Ordinal).ToArray();
        string[] candidates = listed.Length > 0 ? listed : [Path.Combine(Home, ".kube", "config")];
        var present = candidates.Where(File.Exists).ToArray();
        return present.Length > 0 ? KubeConfig.Read(present)
            : listed.Length == 0 && InCluster() is { } account ? KubeConfig.Of(account)
            : throw new PatchException(PatchErrorCode.NotFound, string.Join(Path.PathSeparator, candidates),
                $"There is no kubeconfig: {string.Join(", ", candidates)} {(candidates.Length == 1 ? "is" : "are")} not there"
                + $"{(listed.Length > 0 ? " (KUBECONFIG)" : ", and this is no pod")}. Name one in KUBECONFIG.");
    }

    private KubeContext? InCluster()
    {
        var (host, port) = (Variable("KUBERNETES_SERVICE_HOST"), Variable("KUBERNETES_SERVICE_PORT"));
        var token = Path.Combine(AccountFolder, "token");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(token))
        {
            return null;
        }

        var authority = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !Uri.TryCreate(string.Create(CultureInfo.InvariantCulture, $"https://{authority}:{number}"), UriKind.Absolute, out var server))
        {
            throw new PatchException(PatchErrorCode.InvalidData, "KUBERNETES_SERVICE_HOST",
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no host and port.");
        }

        var (namespaceFile, authorityFile) = (Path.Combine(AccountFolder, "namespace"), Path.Combine(AccountFolder, "ca.crt"));
        var space = File.Exists(namespaceFile)
            ? Encoding.UTF8.GetString(FileBytes.Read(namespaceFile, 1024)).Trim() : string.Empty;
        return new KubeContext(InClusterName, space.Length > 0 ? space : "default",
            new KubeCluster { Name = InClusterName, Server = server, CertificateAuthority = new KubeData(authorityFile) },
            new KubeUser { Name = InClusterName, File = token, TokenFile = token });
    }
}
