using System.Net;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>One request to the engine.</summary>
internal sealed record DockerCall
{
    public required HttpMethod Method { get; init; }

    /// <summary>The address below the version's, with its query.</summary>
    public required string Address { get; init; }

    /// <summary>What it is for: <c>start container web</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>What it is about: <c>container web</c>.</summary>
    public required string Object { get; init; }

    public byte[]? Body { get; init; }

    /// <summary>What <c>X-Registry-Auth</c> says; a secret. Empty for none.</summary>
    public string RegistryAuth { get; init; } = string.Empty;

    /// <summary>How long the answer may take; null for the client's own measure, infinite where the engine answers at the end.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>One more status that is read like a success: 304 for what is so already.</summary>
    public HttpStatusCode? AlsoTaken { get; init; }

    /// <summary>Whether doing it twice is as good as once. A refused connection is tried again in any case: nothing was sent.</summary>
    public bool IsRepeatable { get; init; }

    public static DockerCall Get(string address, string purpose, string target) =>
        new() { Method = HttpMethod.Get, Address = address, Purpose = purpose, Object = target, IsRepeatable = true };

    public static DockerCall Post(string address, string purpose, string target) =>
        new() { Method = HttpMethod.Post, Address = address, Purpose = purpose, Object = target };

    public static DockerCall Delete(string address, string purpose, string target) =>
        new() { Method = HttpMethod.Delete, Address = address, Purpose = purpose, Object = target };
}
