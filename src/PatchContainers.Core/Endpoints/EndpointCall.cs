using System.Net;
using System.Net.Http.Headers;

namespace PatchContainers.Endpoints;

/// <summary>What a server is asked.</summary>
/// <param name="Method">The method.</param>
/// <param name="Address">The address.</param>
internal sealed record EndpointCall(HttpMethod Method, Uri Address)
{
    /// <summary>The body; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The body's media type.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Headers besides those of the settings, which they replace. The server gets them, and none that it redirects to.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Whether a redirect is followed; otherwise it is the answer.</summary>
    public bool FollowsRedirects { get; init; }
}

/// <summary>What a server answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Body">The body, as far as it was read.</param>
/// <param name="IsCut">Whether there was more of it than was read.</param>
internal sealed record EndpointAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, byte[] Body, bool IsCut);
