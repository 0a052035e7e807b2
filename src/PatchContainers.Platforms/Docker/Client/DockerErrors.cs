using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>Tells what went wrong: an answer that is no success, with what the engine says, or no answer at all.</summary>
internal static class DockerErrors
{
    private const int MaxText = 600;

    /// <summary>The error for an answer that is no success.</summary>
    public static PatchException Answer(DockerEndpoint endpoint, DockerCall call, HttpStatusCode status, ReadOnlySpan<byte> body)
    {
        var message = Message(body);
        var said = message.Length > 0 ? $": {message}" : string.Empty;
        var answer = $"{call.Purpose} (engine {endpoint.Name}): the engine answered {(int)status}{said}.";
        return status switch
        {
            HttpStatusCode.BadRequest when Says("client version") => Error(PatchErrorCode.NotSupported,
                $"{answer} Unset DOCKER_API_VERSION, or update the engine."),
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => Error(PatchErrorCode.InvalidData, answer),
            HttpStatusCode.Unauthorized => Error(PatchErrorCode.Unauthorized, answer),
            HttpStatusCode.Forbidden => Error(PatchErrorCode.Forbidden, answer),
            HttpStatusCode.NotFound => Error(PatchErrorCode.NotFound, answer),
            HttpStatusCode.Conflict when Says("already in use") || Says("already exists") => Error(PatchErrorCode.AlreadyExists, answer),
            HttpStatusCode.Conflict => Error(PatchErrorCode.Conflict, answer),

            // Swarm has no status of its own for another writer.
            _ when Says("update out of sequence") => Error(PatchErrorCode.Conflict, $"{answer} Another writer changed it."),
            HttpStatusCode.ServiceUnavailable when Says("not a swarm manager") || Says("not part of a swarm") =>
                Error(PatchErrorCode.NotSupported, $"{answer} Name a manager of the swarm."),
            >= HttpStatusCode.InternalServerError when OfRegistry(message) is { } code => Error(code, answer),
            HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout =>
                Error(PatchErrorCode.Unreachable, $"{answer} Look at the engine's log."),

            // The engine tried, and could not: a port is taken, a program is not there.
            >= HttpStatusCode.InternalServerError when call.Method != HttpMethod.Get && !IsTransient(message) =>
                Error(PatchErrorCode.ChangeFailed, answer),
            >= HttpStatusCode.InternalServerError => Error(PatchErrorCode.Unreachable, $"{answer} Look at the engine's log."),
            _ => Error(PatchErrorCode.ProtocolError, answer),
        };

        bool Says(string text) => message.Contains(text, StringComparison.OrdinalIgnoreCase);
        PatchException Error(PatchErrorCode code, string text) => new(code, call.Object, text);
    }

    /// <summary>The error for a call that had no answer.</summary>
    /// <param name="endpoint">Where it went.</param>
    /// <param name="call">The call.</param>
    /// <param name="cause">What happened.</param>
    /// <param name="isSent">Whether the engine may have done it all the same.</param>
    public static PatchException NoAnswer(DockerEndpoint endpoint, DockerCall call, Exception cause, bool isSent)
    {
        var (code, fault, advice) = Describe(endpoint, cause);
        if (isSent && !call.IsRepeatable)
        {
            advice = "Whether it was done is not known: look before it is tried again.";
        }

        return new PatchException(code, call.Object,
            $"{call.Purpose} (engine {endpoint.Name}{(endpoint.Name == endpoint.Address ? string.Empty : ", " + endpoint.Address)}): "
                + $"{fault.TrimEnd('.')}. {advice}", cause);
    }

    /// <summary>The error for an answer that is not what the API says.</summary>
    public static PatchException Protocol(DockerEndpoint endpoint, DockerCall call, string fault, Exception? cause = null) =>
        new(PatchErrorCode.ProtocolError, call.Object, $"{call.Purpose} (engine {endpoint.Name}): {fault}.", cause);

    /// <summary>The engine's own words in an error's body, in one line; empty where there are none.</summary>
    public static string Message(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return Sentence(JsonElement.ParseValue(ref reader).Text("message") ?? string.Empty);
        }
        catch (JsonException)
        {
            // Something in between answered, with a page of its own.
            return string.Empty;
        }
    }

    /// <summary>What a registry said no with, as the engine hands it on; null where it was none.</summary>
    public static PatchErrorCode? OfRegistry(string message)
    {
        bool Says(string text) => message.Contains(text, StringComparison.OrdinalIgnoreCase);
        return Says("unauthorized") || Says("access denied") || Says("denied:") || Says("no basic auth credentials")
            ? PatchErrorCode.Unauthorized
            : Says("manifest unknown") || Says("manifest for") || Says("no matching manifest") || Says("name unknown")
                ? PatchErrorCode.NotFound : null;
    }

    /// <summary>A text in one line, without its full stop.</summary>
    public static string Sentence(string text)
    {
        var line = string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        return line.Length > MaxText ? line[..MaxText] + "..." : line;
    }

    private static bool IsTransient(string message) => message.Contains("context deadline exceeded", StringComparison.Ordinal)
        || message.Contains("code = Unavailable", StringComparison.Ordinal)
        || message.Contains("does not have a leader", StringComparison.Ordinal)

        // What an engine that was killed had started still runs beside it, and is taken away when it is started again.
        || (message.Contains("task ", StringComparison.Ordinal) && message.EndsWith(": already exists", StringComparison.Ordinal));

    private static (PatchErrorCode Code, string Fault, string Advice) Describe(DockerEndpoint endpoint, Exception cause)
    {
        var isTcp = endpoint.Transport == DockerTransport.Tcp;
        return (cause is HttpRequestException { InnerException: { } inner } ? inner : cause) switch
        {
            FileNotFoundException or DirectoryNotFoundException => (PatchErrorCode.Unreachable, $"{endpoint.Path} is not there",
                "Start the engine, or name another one (DOCKER_HOST)."),
            SocketException { SocketErrorCode: SocketError.AccessDenied } or UnauthorizedAccessException => (PatchErrorCode.Forbidden,
                $"this account may not use {endpoint.Path}", "Let it (on Linux, its group is mostly 'docker'), or use another account."),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } when !isTcp => (PatchErrorCode.Unreachable,
                $"nobody listens on {endpoint.Path}", "Start the engine, or name another one (DOCKER_HOST)."),
            AuthenticationException tls => (PatchErrorCode.Unreachable, $"no TLS with it: {tls.Message}",
                "Check ca.pem, cert.pem and key.pem (DOCKER_CERT_PATH)."),
            TimeoutException or OperationCanceledException => (PatchErrorCode.Unreachable, "no answer in time",
                "Look whether the engine is busy, or hangs."),
            PatchException own => (own.Code, own.Message, string.Empty),
            _ => (PatchErrorCode.Unreachable, cause.Message, isTcp ? "Check the network, and the engine." : "Look at the engine's log."),
        };
    }
}
