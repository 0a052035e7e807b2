namespace PatchContainers.Scanning.Servers;

/// <summary>What a scanner's server is asked. Any of it can be asked again.</summary>
/// <param name="Subject">The image that it is about, for errors.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path below the server's address, with its query.</param>
internal sealed record ServerCall(string Subject, HttpMethod Method, string Path)
{
    /// <summary>The body, in JSON; null for none.</summary>
    public byte[]? Json { get; init; }

    /// <summary>Headers besides those of the settings, which they replace; made anew for each attempt.</summary>
    public Func<IReadOnlyList<(string Name, string Value)>> Headers { get; init; } = () => [];
}
