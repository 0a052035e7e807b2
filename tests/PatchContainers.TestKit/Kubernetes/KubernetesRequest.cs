namespace PatchContainers.TestKit.Kubernetes;

/// <summary>A request that an API server got.</summary>
public sealed record KubernetesRequest(string Method, string Path, string Query, string Authorization, string Body)
{
    /// <summary>All headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}
