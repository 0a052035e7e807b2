namespace PatchContainers.TestKit.Registry;

/// <summary>One request that the registry got.</summary>
/// <param name="Method">GET, HEAD, ...</param>
/// <param name="Path">Path and query.</param>
/// <param name="Authorization">The header as sent; empty where there was none.</param>
/// <param name="Accept">The header as sent; empty where there was none.</param>
/// <param name="Status">The answer's status.</param>
public sealed record RegistryRequest(string Method, string Path, string Authorization, string Accept, int Status)
{
    /// <summary>Whether this asks for a blob's bytes.</summary>
    public bool IsBlobRead => Method == "GET" && Path.Contains("/blobs/sha", StringComparison.Ordinal);
}
