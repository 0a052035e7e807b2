using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Endpoints;

/// <summary>
/// Asks one server. Its login, its headers and its client certificate go there and nowhere else, whatever it redirects to. Each request is
/// made once: trying again is the caller's business.
/// </summary>
internal sealed class EndpointClient : IDisposable
{
    private const int MaxRedirects = 5;
    private const int MaxRefusal = 64 * 1024;

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
    /// <param name="call">The request.</param>
    /// <param name="maxBody">How much of the body is read.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Unreachable"/>: no answer, or none in time;
    /// <see cref="PatchErrorCode.ProtocolError"/>: a redirect that is not followed, or a body that cannot be unpacked.</exception>
    public Task<EndpointAnswer> SendAsync(EndpointCall call, int maxBody, CancellationToken cancellationToken) =>
        SendAsync(call, (response, token) => ReadAsync(response, maxBody, token), cancellationToken);

    /// <summary>Makes a request and reads the body of a 200 or 201 as it comes; any other answer is read as it is.</summary>
    /// <param name="call">The request.</param>
    /// <param name="maxBody">How much of the body is read, in bytes; beyond that nothing is handed out.</param>
    /// <param name="read">Reads the body. It need not read to the end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was read of a 200 or 201, or the other answer.</returns>
    /// <exception cref="PatchException">As of <see cref="SendAsync(EndpointCall, int, CancellationToken)"/>;
    /// <see cref="PatchErrorCode.LimitExceeded"/>: the body is longer; and what <paramref name="read"/> says.</exception>
    public Task<(T? Content, EndpointAnswer? Other)> ReadAsync<T>(
        EndpointCall call, long maxBody, Func<Stream, T> read, CancellationToken cancellationToken)
        where T : class => SendAsync<(T?, EndpointAnswer?)>(
        call,
        async (response, token) => response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created
            ? (await ReadAsync(response, maxBody, read, token).ConfigureAwait(false), null)
            : (null, await ReadAsync(response, MaxRefusal, token).ConfigureAwait(false)),
        cancellationToken);

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

    private async Task<T> SendAsync<T>(
        EndpointCall call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var address = call.Address;
        using var timeout = new CancellationTokenSource(_timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var target = address;
            for (var redirects = 0; ; redirects++)
            {
                using var request = Request(call, target, RegistryHosts.IsSameServer(target, address));
                var client = RegistryHosts.IsSameServer(target, address) ? _own : _others.Value;
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token)
                    .ConfigureAwait(false);
                if (!call.FollowsRedirects || (int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
                {
                    return await read(response, either.Token).ConfigureAwait(false);
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

    private HttpRequestMessage Request(EndpointCall call, Uri address, bool isOwn)
    {
        var request = new HttpRequestMessage(call.Method, address);
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(call.ContentType) } };
        }

        if (isOwn)
        {
            request.Headers.Authorization = _authorization;
            foreach (var (name, value) in _headers.Concat(call.Headers))
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
                    return new EndpointAnswer(response.StatusCode, response.Headers, body.ToArray(), IsCut: false);
                }

                body.Write(buffer, 0, read);
            }

            body.SetLength(maxBody);
            return new EndpointAnswer(response.StatusCode, response.Headers, body.ToArray(), IsCut: true);
        }
    }

    // Whoever reads does not wait asynchronously: the connection is closed under it when time is over.
    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage response, long maxBody, Func<Stream, T> read, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var closed = cancellationToken.Register(response.Dispose);
            using var body = new LimitedStream(stream, maxBody);
            try
            {
                return await Task.Run(() => read(body), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (Exception e) when (body.IsTooMuch)
            {
                var address = Show(response.RequestMessage!.RequestUri!);
                throw new PatchException(PatchErrorCode.LimitExceeded, address,
                    string.Create(CultureInfo.InvariantCulture, $"{address} answered with more than {maxBody} bytes."), e);
            }
        }
    }
}
