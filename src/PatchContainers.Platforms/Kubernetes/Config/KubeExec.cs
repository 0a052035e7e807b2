namespace PatchContainers.Platforms.Kubernetes.Config;

/// <summary>A program that prints credentials (client.authentication.k8s.io, <c>ExecCredential</c>).</summary>
internal sealed class KubeExec
{
    /// <summary><c>client.authentication.k8s.io/v1</c> or <c>v1beta1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>A name on PATH, or a full path.</summary>
    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Variables besides our own environment's.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    /// <summary>What to do where the program is not there; empty where the file does not say.</summary>
    public string InstallHint { get; init; } = string.Empty;

    /// <summary>Whether the program is told which cluster it is for.</summary>
    public bool ProvideClusterInfo { get; init; }
}
