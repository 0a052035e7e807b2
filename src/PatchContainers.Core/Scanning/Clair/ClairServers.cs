using System.Net;
using System.Text;
using System.Text.Json;
using PatchContainers.Endpoints;
using PatchContainers.Scanning.Servers;

namespace PatchContainers.Scanning.Clair;

/// <summary>Clair's services, which may be one server or several, and the token that all of them take.</summary>
internal sealed class ClairServers : IDisposable
{
    private readonly ClairKey? _key;
    private readonly TimeProvider _clock;

    private ClairServers(ScannerServer indexer, ScannerServer matcher, ScannerServer? notifier, ClairKey? key, TimeProvider clock) =>
        (Indexer, Matcher, Notifier, _key, _clock) = (indexer, matcher, notifier, key, clock);

    /// <summary>Looks what is in an image.</summary>
    public ScannerServer Indexer { get; }

    /// <summary>Knows what is wrong with it.</summary>
    public ScannerServer Matcher { get; }

    /// <summary>Says what is new of images that were indexed before; null where the settings name none.</summary>
    public ScannerServer? Notifier { get; }

    /// <summary>Reads the secrets as they are now.</summary>
    /// <exception cref="PatchException">A secret or a certificate cannot be read.</exception>
    public static async Task<ClairServers> OpenAsync(
        ClairSettings settings, Func<string, string?> environment, TimeProvider clock, CancellationToken cancellationToken)
    {
        var key = settings.Key is { } place ? ClairKey.Parse(await place.ReadAsync(environment, cancellationToken).ConfigureAwait(false),
            place.File ?? $"the environment variable {place.Variable}", settings.Issuer) : null;
        return new ClairServers(
            await OpenAsync(settings.Indexer).ConfigureAwait(false), await OpenAsync(settings.Matcher).ConfigureAwait(false),
            settings.Notifier is { } notifier ? await OpenAsync(notifier, "told").ConfigureAwait(false) : null, key, clock);

        async Task<ScannerServer> OpenAsync(Uri url, string deed = "scanned") => new(ClairScanner.ScannerName, url,
            await EndpointClient.OpenAsync(settings.Endpoint, environment, clock, cancellationToken).ConfigureAwait(false), clock, deed);
    }

    /// <summary>A request, with a token of its own at each attempt.</summary>
    /// <param name="subject">The image that it is about, for errors.</param>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the server's address, with its query.</param>
    public ServerCall Call(string subject, HttpMethod method, string path) => new(subject, method, path)
    {
        Headers = () => _key is null ? [] : [("Authorization", $"Bearer {_key.TokenAt(_clock.GetUtcNow())}")],
    };

    /// <summary>The error for an answer that is not what was asked for, with Clair's own words for it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="call">The request.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="redact">Takes secrets out of what Clair says.</param>
    /// <param name="advice">What can be done, behind what Clair says; empty for nothing.</param>
    public PatchException Refused(
        ScannerServer server, ServerCall call, EndpointAnswer answer, Func<string, string> redact, string advice = "")
    {
        if (answer.Status == HttpStatusCode.Unauthorized && _key is not null)
        {
            return server.Unauthorized(call.Subject, $"it answered {call.Method} {call.Path} with 401. The key and the issuer "
                + $"'{_key.Issuer}' of the settings ('scanners') have to be those of its own configuration (auth.psk), and its clock has to "
                + "tell the time that this machine's does");
        }

        var said = redact(MessageOf(answer.Body)) + advice;
        return server.Refused(call, answer with { Body = Encoding.UTF8.GetBytes(said) });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Indexer.Dispose();
        Matcher.Dispose();
        Notifier?.Dispose();
    }

    // error.schema.json; a proxy in front says what it likes.
    private static string MessageOf(byte[] body)
    {
        try
        {
            using var error = StrictJson.Parse(body);
            return error.RootElement.Word("message") is { Length: > 0 } message ? message.TrimEnd('.') : Encoding.UTF8.GetString(body);
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetString(body);
        }
    }
}
