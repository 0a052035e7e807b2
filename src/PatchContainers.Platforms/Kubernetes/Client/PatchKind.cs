using System.Net.Http.Headers;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>How a patch says what shall change.</summary>
internal enum PatchKind
{
    /// <summary>Operations, all or none; <c>test</c> among them makes a precondition (RFC 6902).</summary>
    Json,

    /// <summary>Values over values (RFC 7386).</summary>
    Merge,

    /// <summary>Values over values; lists are merged by their items' keys.</summary>
    StrategicMerge,
}

internal static class PatchKindNames
{
    public static MediaTypeHeaderValue MediaType(this PatchKind kind) => new(kind switch
    {
        PatchKind.Json => "application/json-patch+json",
        PatchKind.Merge => "application/merge-patch+json",
        _ => "application/strategic-merge-patch+json",
    });
}
