using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Health;

/// <summary>What a server answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body, as far as it was read.</param>
/// <param name="IsCut">Whether there was more of it than was read.</param>
internal sealed record EndpointAnswer(HttpStatusCode Status, byte[] Body, bool IsCut);

/// <summary>
/// Asks one server. Its login, its headers and its client certificate go there and nowhere else, whatever it redirects to. Each request is
/// made once: trying again is the measuring's business.
/// </summary>
internal sealed class EndpointClient : IDisposable
{
    private const int MaxRedirects = 5;

    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;
    private readonly EndpointTrust _trust;
    private readonly AuthenticationHeaderValue? _authorization;
    private readonly IReadOnlyList<(string Name, string Value)> _headers;
    private readonly HttpClient _own;
    private readonly Lazy<HttpClient> _others;

    private EndpointClient(EndpointSettings settings, EndpointTrust trust, AuthenticationHeaderValue? authorization,
        IReadOnlyList<(string Name, string Value)> headers, TimeProvider clock)
    {
        _timeout = settings.Timeout;
        _clock = clock;
        _trust = trust;
        _authorization = authorization;
        _headers = headers;
        _own = Client(trust.Options(isOwn: true));
        _others = new(() => Client(trust.Options(isOwn: false)));
    }

    /// <summary>Reads the secrets as they are now, and makes a client.</summary>
    /// <exception cref="PatchException">A secret or a certificate cannot be read.</exception>
    public static async Task<EndpointClient> OpenAsync(
        EndpointSettings settings, Func<string, string?> environment, TimeProvider clock, CancellationToken cancellationToken)
    {
        AuthenticationHeaderValue? authorization = null;
        if (settings.Token is { } token)
        {
            authorization = new("Bearer", await token.ReadAsync(environment, cancellationToken).ConfigureAwait(false));
        }
        else if (settings.Password is { } password)
        {
            var login = $"{settings.User}:{await password.ReadAsync(environment, cancellationToken).ConfigureAwait(false)}";
            authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));
        }

        var headers = new List<(string Name, string Value)>(settings.Headers);
        foreach (var (name, place) in settings.SecretValues)
        {
            headers.Add((name, await place.ReadAsync(environment, cancellationToken).ConfigureAwait(false)));
        }

        var trust = await EndpointTrust.ReadAsync(settings, cancellationToken).ConfigureAwait(false);
        return new EndpointClient(settings, trust, authorization, headers, clock);
    }

    /// <summary>Makes a request and reads its answer, whatever its status.</summary>
    /// <param name="method">The method.</param>
    /// <param name="address">The address.</param>
    /// <param name="form">The body of a POST; null where there is none.</param>
    /// <param name="maxBody">How much of the body is read.</param>
    /// <param name="followsRedirects">Whether a redirect is followed; otherwise it is the answer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Unreachable"/>: no answer, or none in time;
    /// <see cref="PatchErrorCode.ProtocolError"/>: a redirect that is not followed, or a body that cannot be unpacked.</exception>
    public async Task<EndpointAnswer> SendAsync(HttpMethod method, Uri address, string? form, int maxBody, bool followsRedirects,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var target = address;
            for (var redirects = 0; ; redirects++)
            {
                using var request = Request(method, target, form, RegistryHosts.IsSameServer(target, address));
                var client = RegistryHosts.IsSameServer(target, address) ? _own : _others.Value;
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token)
                    .ConfigureAwait(false);
                if (!followsRedirects || (int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
                {
                    return await ReadAsync(response, maxBody, either.Token).ConfigureAwait(false);
                }

                // What was asked by POST is asked again by POST: the methods of this API that are used here change nothing.
                target = Follow(target, response.Headers.Location, redirects);
            }
        }
        catch (InvalidDataException e)
        {
            throw new PatchException(PatchErrorCode.ProtocolError, Show(address),
                $"{Show(address)} answered with a body that is not compressed as its headers say.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new PatchException(PatchErrorCode.Unreachable, Show(address), $"{Show(address)} does not answer: "
                + (e is OperationCanceledException ? $"nothing came within {DurationText.Format(_timeout)}." : Reason(e)), e);
        }
    }

    /// <summary>An address as messages have it: without what may be secret in it.</summary>
    public static string Show(Uri address) => address.GetLeftPart(UriPartial.Path);

    public void Dispose()
    {
        _own.Dispose();
        if (_others.IsValueCreated)
        {
            _others.Value.Dispose();
        }

        _trust.Dispose();
    }

    private static HttpClient Client(SslClientAuthenticationOptions options)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
            UseCookies = false,
            Proxy = new ProxyExceptLoopback(HttpClient.DefaultProxy),
            SslOptions = options,
        }) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        var version = typeof(EndpointClient).Assembly.GetName().Version?.ToString(3);
        client.DefaultRequestHeaders.UserAgent.ParseAdd("patchcontainers/" + version);
        return client;
    }

    private static string Reason(Exception e) => e.InnerException is AuthenticationException tls
        ? $"its certificate or TLS is not accepted: {(tls.InnerException ?? tls).Message} Where an authority of your own signed it, "
            + "name that authority's certificate (caFile)."
        : e.Message;

    private static Uri Follow(Uri from, Uri? location, int redirects)
    {
        var target = location is null ? null : new Uri(from, location);
        var fault = target is null ? "to nowhere"
            : redirects == MaxRedirects ? $"more than {MaxRedirects} times"
            : target.Scheme is not ("http" or "https") || (from.Scheme == "https" && target.Scheme == "http") ? $"to {target.Scheme}"
            : null;
        return fault is null ? target!
            : throw new PatchException(PatchErrorCode.ProtocolError, Show(from), $"{Show(from)} redirects {fault}, which is not followed.");
    }

    private HttpRequestMessage Request(HttpMethod method, Uri address, string? form, bool isOwn)
    {
        var request = new HttpRequestMessage(method, address);
        if (form is not null)
        {
            request.Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        }

        if (isOwn)
        {
            request.Headers.Authorization = _authorization;
            foreach (var (name, value) in _headers)
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    private static async Task<EndpointAnswer> ReadAsync(HttpResponseMessage response, int maxBody, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (body.Length <= maxBody)
            {
                var read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return new EndpointAnswer(response.StatusCode, body.ToArray(), IsCut: false);
                }

                body.Write(buffer, 0, read);
            }

            body.SetLength(maxBody);
            return new EndpointAnswer(response.StatusCode, body.ToArray(), IsCut: true);
        }
    }
}
