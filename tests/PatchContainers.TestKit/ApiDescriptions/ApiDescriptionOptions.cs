namespace PatchContainers.TestKit.ApiDescriptions;

/// <summary>How closely an API is held to its description.</summary>
public sealed record ApiDescriptionOptions
{
    /// <summary>
    /// Whether names and types alone are looked at: what is required may be missing, null stands for anything, and enumerations, patterns
    /// and formats do not bind.
    /// </summary>
    public bool IsLoose { get; init; }

    /// <summary>The paths whose parameters hold slashes begin with this; null for none.</summary>
    public string? SlashedPaths { get; init; }

    /// <summary>
    /// The schema of errors (statuses from 400 on) that are not described: <c>#/definitions/Error</c>; null where each has to be.
    /// </summary>
    public string? ErrorSchema { get; init; }
}

/// <summary>A request and its answer.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, unescaped, below the base path.</param>
/// <param name="Status">The answer's status.</param>
public sealed record ApiExchange(string Method, string Path, int Status)
{
    /// <summary>The query's parameters, unescaped.</summary>
    public IReadOnlyList<(string Name, string Value)> Query { get; init; } = [];

    /// <summary>The request's headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The request's body; empty for none.</summary>
    public ReadOnlyMemory<byte> Request { get; init; }

    /// <summary>The media type of the request's body.</summary>
    public string RequestType { get; init; } = "application/json";

    /// <summary>The answer's body; null where it is not looked at.</summary>
    public ReadOnlyMemory<byte>? Answer { get; init; }

    /// <summary>The media type of the answer's body.</summary>
    public string AnswerType { get; init; } = "application/json";
}
