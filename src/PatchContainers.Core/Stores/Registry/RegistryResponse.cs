using System.Net;
using System.Text;
using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>Reading answers within limits, and telling what went wrong.</summary>
internal static class RegistryResponse
{
    private const int MaxErrorBytes = 64 * 1024;
    private const int MaxErrorText = 300;

    /// <summary>The body; null where it is longer than the limit.</summary>
    public static async Task<byte[]?> ReadBodyAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > limit)
        {
            return null;
        }

        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var buffer = new byte[16 * 1024];
            for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                body.Write(buffer, 0, read);
                if (body.Length > limit)
                {
                    return null;
                }
            }

            return body.ToArray();
        }
    }

    /// <summary>The error for an answer that is no success: code, status, and what the registry said (distribution specification 1.1, "Error Codes").</summary>
    public static async Task<PatchException> ErrorAsync(
        HttpResponseMessage response, ImageReference reference, string what, RegistryAuthenticator authenticator, CancellationToken cancellationToken)
    {
        var status = response.StatusCode;
        var said = await SaidAsync(response, cancellationToken).ConfigureAwait(false);
        var answer = $"{reference}: {what}: the registry {reference.Registry} answered {(int)status}{authenticator.Redact(said)}.";
        return status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                Error(PatchErrorCode.Unauthorized, $"{answer} {authenticator.Advice(reference)} Some registries answer so for what does not exist, too."),
            HttpStatusCode.NotFound => Error(PatchErrorCode.NotFound, $"{answer} Check the name, the tag and the registry."),
            HttpStatusCode.TooManyRequests => Error(PatchErrorCode.Unreachable, $"{answer} It limits how often it is asked; wait, or log in to be allowed more."),
            HttpStatusCode.RequestEntityTooLarge => Error(PatchErrorCode.LimitExceeded, answer),
            >= HttpStatusCode.InternalServerError => Error(PatchErrorCode.Unreachable, $"{answer} Try again later."),
            _ => Error(PatchErrorCode.ProtocolError, answer),
        };

        PatchException Error(PatchErrorCode code, string message) => new(code, reference.ToString(), message);
    }

    private static async Task<string> SaidAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var body = await ReadBodyAsync(response, MaxErrorBytes, cancellationToken).ConfigureAwait(false);
            using var document = JsonDocument.Parse(body ?? []);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array)
            {
                var texts = errors.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object)
                    .Select(e => $"{ImageDocument.OptionalString(e, "code")}: {ImageDocument.OptionalString(e, "message")}");
                var text = new StringBuilder(string.Join("; ", texts));
                for (var i = 0; i < text.Length; i++)
                {
                    // Nobody's terminal is to be told what to do.
                    text[i] = char.IsControl(text[i]) ? ' ' : text[i];
                }

                return text.Length == 0 ? string.Empty : $" ({(text.Length > MaxErrorText ? text.ToString(0, MaxErrorText) + "..." : text)})";
            }
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            // What it said beside the status is a help, and no more.
        }

        return string.Empty;
    }
}
