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
                return new TagPage(Parse(content, repository), NextOf(response, address));
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

    // Link: </v2/name/tags/list?n=1000&last=x>; rel="next" (RFC 8288).
    private static Uri? NextOf(HttpResponseMessage response, Uri address)
    {
        var link = response.Headers.TryGetValues("Link", out var links)
            ? links.FirstOrDefault(l => l.Contains("next", StringComparison.OrdinalIgnoreCase)) : null;
        var (open, close) = (link?.IndexOf('<', StringComparison.Ordinal) ?? -1, link?.IndexOf('>', StringComparison.Ordinal) ?? -1);
        return open >= 0 && close > open && Uri.TryCreate(address, link![(open + 1)..close], out var next) ? next : null;
    }
}
