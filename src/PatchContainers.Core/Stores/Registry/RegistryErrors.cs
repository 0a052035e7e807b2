using System.Net;
using System.Text;
using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>Tells what went wrong.</summary>
internal static class RegistryErrors
{
    private const int MaxErrorBytes = 64 * 1024;
    private const int MaxErrorText = 300;

    /// <summary>The error for an answer that is no success: code, status, and what the registry said (distribution specification 1.1,
    /// "Error Codes").</summary>
    public static async Task<PatchException> ErrorAsync(RegistryClient client, RegistryCall call, HttpResponseMessage response,
        CancellationToken cancellationToken)
    {
        var (status, reference) = (response.StatusCode, call.Reference);
        var said = await SaidAsync(client, response, cancellationToken).ConfigureAwait(false);
        var answer = $"{reference}: {call.What}: the registry {reference.Registry} answered {(int)status}{said}.";
        return status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                Error(PatchErrorCode.Unauthorized,
                    $"{answer} {client.Authenticator.Advice(reference)} Some registries answer so for what does not exist, too."),
            HttpStatusCode.NotFound => Error(PatchErrorCode.NotFound, $"{answer} Check the name, the tag and the registry."),
            HttpStatusCode.TooManyRequests =>
                Error(PatchErrorCode.Unreachable, $"{answer} It limits how often it is asked; wait, or log in to be allowed more."),
            HttpStatusCode.RequestEntityTooLarge => Error(PatchErrorCode.LimitExceeded, answer),
            HttpStatusCode.MethodNotAllowed =>
                Error(PatchErrorCode.NotSupported, $"{answer} It does not do this; a mirror or a cache, for example, is only read."),
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity =>
                Error(PatchErrorCode.InvalidData, $"{answer} It does not take what it was sent."),
            >= HttpStatusCode.InternalServerError => Error(PatchErrorCode.Unreachable, $"{answer} Try again later."),
            _ => Error(PatchErrorCode.ProtocolError, answer),
        };

        PatchException Error(PatchErrorCode code, string message) => new(code, reference.ToString(), message);
    }

    private static async Task<string> SaidAsync(RegistryClient client, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var body = await client.ReadBodyAsync(response, MaxErrorBytes, cancellationToken).ConfigureAwait(false);
            using var document = StrictJson.Parse(body ?? []);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("errors", out var errors)
                && errors.ValueKind == JsonValueKind.Array)
            {
                var texts = errors.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object)
                    .Select(e => $"{ImageDocument.OptionalString(e, "code")}: {ImageDocument.OptionalString(e, "message")}");

                // Before anything is cut off: a part of a secret is one, too.
                var text = new StringBuilder(client.Authenticator.Redact(string.Join("; ", texts)));
                for (var i = 0; i < text.Length; i++)
                {
                    // Nobody's terminal is to be told what to do.
                    text[i] = char.IsControl(text[i]) ? ' ' : text[i];
                }

                return text.Length == 0
                    ? string.Empty : $" ({(text.Length > MaxErrorText ? text.ToString(0, MaxErrorText) + "..." : text)})";
            }
        }
        catch (Exception e) when (e is JsonException || RegistryClient.IsConnectionFault(e, cancellationToken))
        {
            // What it said beside the status is a help, and no more.
        }

        return string.Empty;
    }
}
