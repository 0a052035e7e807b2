using System.Net;
using System.Security.Authentication;
using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>Tells what went wrong: an answer that is no success, with what the server's Status says, or no answer at all.</summary>
internal static class KubernetesErrors
{
    private const int MaxText = 400;

    /// <summary>The error for an answer that is no success.</summary>
    public static PatchException Answer(string context, KubernetesCall call, HttpStatusCode status, ReadOnlySpan<byte> body,
        Func<string, string> redact)
    {
        var (reason, message, causes) = Read(body);
        var said = message.Length > 0 ? $": {Sentence(redact(message))}" : string.Empty;
        var answer = $"{call.Method} {call.Object} (context '{context}'): the server answered {(int)status}{said}.";
        return status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when status == HttpStatusCode.Unauthorized
                || message.Contains("\"system:anonymous\"", StringComparison.Ordinal) => Error(PatchErrorCode.Unauthorized, $"{answer} Log in again, or renew the kubeconfig's credentials."),
            HttpStatusCode.Forbidden when IsRight(message) => Error(PatchErrorCode.Forbidden,
                $"{answer} A right is missing: the account needs to {call.Right}."),
            HttpStatusCode.Forbidden => Error(PatchErrorCode.Forbidden, $"{answer} A policy or a quota of the cluster says no."),
            HttpStatusCode.NotFound => Error(PatchErrorCode.NotFound, answer),
            HttpStatusCode.Conflict when reason == "AlreadyExists" => Error(PatchErrorCode.AlreadyExists, answer),
            HttpStatusCode.Conflict => Error(PatchErrorCode.Conflict, $"{answer} Another writer changed it."),

            // A JSON patch whose test fails: the server tells it from an invalid object by naming no field.
            HttpStatusCode.UnprocessableEntity when !causes && call.ContentType?.MediaType == PatchKind.Json.MediaType().MediaType =>
                Error(PatchErrorCode.Conflict, $"{answer} It is not as it was when it was read: another writer changed it."),
            HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest => Error(PatchErrorCode.InvalidData, answer),
            HttpStatusCode.Gone => Error(PatchErrorCode.Conflict, $"{answer} The version asked for is too old; list again."),
            HttpStatusCode.TooManyRequests => Error(PatchErrorCode.Unreachable, $"{answer} It has too much to do; try again later."),
            >= HttpStatusCode.InternalServerError => Error(PatchErrorCode.Unreachable, answer),
            _ => Error(PatchErrorCode.ProtocolError, answer),
        };

        PatchException Error(PatchErrorCode code, string text) => new(code, call.Object, text);
    }

    /// <summary>The error for a call that had no answer.</summary>
    /// <param name="context">The context.</param>
    /// <param name="call">The call.</param>
    /// <param name="server">Where it went.</param>
    /// <param name="cause">What happened.</param>
    /// <param name="isSent">Whether the server may have done it all the same.</param>
    /// <param name="isTimeout">Whether it took too long.</param>
    public static PatchException NoAnswer(string context, KubernetesCall call, Uri server, Exception cause, bool isSent, bool isTimeout)
    {
        var fault = isTimeout ? "no answer in time"
            : cause is HttpRequestException { InnerException: AuthenticationException tls } ? $"{cause.Message.TrimEnd('.')}: {tls.Message}"
            : cause.Message;
        return new PatchException(PatchErrorCode.Unreachable, call.Object,
            $"{call.Method} {call.Object} (context '{context}', {server.GetLeftPart(UriPartial.Authority)}): {fault.TrimEnd('.')}."
                + (isSent && !call.IsRepeatable ? " Whether it was done is not known: look before it is tried again."
                    : " Check the network, a proxy, and the API server."), cause);
    }

    /// <summary>The error for an answer that is not what the API says.</summary>
    public static PatchException Protocol(string context, KubernetesCall call, string fault, Exception? cause = null) =>
        new(PatchErrorCode.ProtocolError, call.Object, $"{call.Method} {call.Object} (context '{context}'): {fault}.", cause);

    // The words of every authorizer; quotas and admission control answer 403, too.
    private static bool IsRight(string message) => message.Length == 0 || (message.Contains(" cannot ", StringComparison.Ordinal)
        && (message.Contains(" resource ", StringComparison.Ordinal) || message.Contains(" path ", StringComparison.Ordinal)));

    private static (string Reason, string Message, bool HasFields) Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            var status = JsonElement.ParseValue(ref reader);
            return (status.Text("reason") ?? string.Empty, status.Text("message") ?? string.Empty,
                status.Items("details", "causes").Any(cause => cause.Text("field") is { Length: > 0 }));
        }
        catch (JsonException)
        {
            // Something in between answered, with a page of its own.
            return (string.Empty, string.Empty, false);
        }
    }

    private static string Sentence(string message)
    {
        var line = string.Join(' ', message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        return line.Length > MaxText ? line[..MaxText] + "..." : line;
    }
}
