using System.Net;
using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>One page of a repository's tags (distribution specification 1.1, "Listing Tags"), and where the next one is.</summary>
internal sealed record TagPage(IReadOnlyList<string> Tags, Uri? Next)
{
    private const int MaxBytes = 64 * 1024 * 1024;

    public static Task<TagPage> ReadAsync(RegistryClient client, ImageReference repository, Uri address,
        CancellationToken cancellationToken)
    {
        var call = new RegistryCall(repository, HttpMethod.Get, address, "listing the tags");
        return client.SendAsync(call, async response =>
        {
            using (response)
            {
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    throw await client.ErrorAsync(call, response, cancellationToken).ConfigureAwait(false);
                }

                var content = await client.ReadBodyAsync(response, MaxBytes, cancellationToken).ConfigureAwait(false)
                    ?? throw new PatchException(PatchErrorCode.LimitExceeded, repository.ToString(),
                        $"{repository}: the registry {repository.Registry} sends more than {MaxBytes:N0} bytes of tags at once.");
                var links = response.Headers.TryGetValues("Link", out var values) ? string.Join(", ", values) : string.Empty;
                return new TagPage(Parse(content, repository), NextOf(links, address));
            }
        }, cancellationToken);
    }

    private static string[] Parse(byte[] content, ImageReference repository)
    {
        try
        {
            using var document = StrictJson.Parse(content);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("tags", out var tags))
            {
                // An empty repository has null there, in some registries.
                return tags.ValueKind == JsonValueKind.Null ? [] : tags.EnumerateArray().Select(t => t.GetString()).OfType<string>()
                    .Where(ImageReference.IsTag).ToArray();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new PatchException(PatchErrorCode.ProtocolError, repository.ToString(),
                $"{repository}: the registry {repository.Registry} sends a list of tags that is none: {e.Message}", e);
        }

        throw new PatchException(PatchErrorCode.ProtocolError, repository.ToString(),
            $"{repository}: the registry {repository.Registry} sends a list of tags without 'tags'.");
    }

    // Link: </v2/name/tags/list?n=1000&last=x>; rel="next", and maybe others beside it (RFC 8288, section 3).
    internal static Uri? NextOf(string links, Uri address)
    {
        for (var at = 0; links.IndexOf('<', at) is >= 0 and var open && links.IndexOf('>', open) is >= 0 and var close;)
        {
            at = EndOfLink(links, close + 1);
            var parameters = AuthenticationChallenge.Parameters(links[(close + 1)..at].Replace(';', ','));
            if (parameters.GetValueOrDefault("rel") is { } rel && rel.Split(' ').Contains("next", StringComparer.OrdinalIgnoreCase))
            {
                return Uri.TryCreate(address, links[(open + 1)..close], out var next) ? next : null;
            }
        }

        return null;
    }

    private static int EndOfLink(string links, int at)
    {
        for (var quoted = false; at < links.Length && (quoted || links[at] != ','); at++)
        {
            quoted ^= links[at] == '"';
        }

        return at;
    }
}
