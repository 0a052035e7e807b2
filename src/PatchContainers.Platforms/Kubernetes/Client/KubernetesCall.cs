using System.Net.Http.Headers;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>One request to the API.</summary>
internal sealed record KubernetesCall
{
    public required HttpMethod Method { get; init; }

    /// <summary>The address below the server's, with its query.</summary>
    public required string Address { get; init; }

    /// <summary>The right that it needs: <c>get</c>, <c>list</c>, <c>patch</c>, ...; empty where it is no object's.</summary>
    public string Verb { get; init; } = string.Empty;

    public KubernetesResource? Resource { get; init; }

    public string? Namespace { get; init; }

    /// <summary>The object; null for lists.</summary>
    public string? Name { get; init; }

    public byte[]? Body { get; init; }

    public MediaTypeHeaderValue? ContentType { get; init; }

    /// <summary>Whether doing it twice is as good as once. A refused connection is tried again in any case: nothing was sent.</summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary><c>deployments/web in namespace demo</c>, for messages.</summary>
    public string Object => Resource is null ? Address
        : (Name is null ? Resource.Plural : $"{Resource.Plural}/{Name}") + Place;

    /// <summary><c>deployments in namespace demo</c>, as a missing right is named.</summary>
    public string Right => Resource is null ? Address : $"{Verb} {Resource.Plural}{Place}";

    private string Place => Resource is { Namespaced: false } ? string.Empty
        : string.IsNullOrEmpty(Namespace) ? " in all namespaces" : $" in namespace {Namespace}";
}
