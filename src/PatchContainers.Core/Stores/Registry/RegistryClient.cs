using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// Sends requests to registries: authentication, redirects, and trying again. Whatever comes back is an answer that the caller handles, or
/// a <see cref="PatchException"/>.
/// </summary>
internal sealed class RegistryClient : IDisposable
{
    private const int MaxAttempts = 5;
    private const int MaxRedirects = 5;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan UploadTimeout = TimeSpan.FromMinutes(10);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly RegistryOutages _outages;

    public RegistryClient(ImageStoreOptions options)
    {
        _time = options.TimeProvider;
        _outages = new RegistryOutages(_time);
        Hosts = new RegistryHosts(options.InsecureRegistries, options.AllowedTokenHosts);
        Authenticator = new RegistryAuthenticator(options, Hosts);

        // Redirects are followed here, where it is known what may be sent on; digests are of the bytes as they are sent.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            Proxy = new ProxyExceptLoopback(HttpClient.DefaultProxy),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("patchcontainers/" + typeof(RegistryClient).Assembly.GetName().Version?.ToString(3));
    }

    public RegistryHosts Hosts { get; }

    public RegistryAuthenticator Authenticator { get; }

    /// <summary>Waits before trying something again; the time grows with the attempts.</summary>
    public Task DelayAsync(int attempt, CancellationToken cancellationToken) => Task.Delay(Backoff(attempt), _time, cancellationToken);

    /// <summary>Makes a request and reads its answer; a success, a 404 and the like come back alike.</summary>
    /// <param name="call">The request.</param>
    /// <param name="read">Reads the answer. A connection that is lost meanwhile counts as one lost before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Unreachable"/> after all attempts;
    /// <see cref="PatchErrorCode.Unauthorized"/> where a token was not to be had; <see cref="PatchErrorCode.ProtocolError"/> for a redirect
    /// that is not followed.</exception>
    public async Task<T> SendAsync<T>(RegistryCall call, Func<HttpResponseMessage, Task<T>> read, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan delay;
            HttpResponseMessage? response = null;
            try
            {
                response = await SendOnceAsync(call, cancellationToken).ConfigureAwait(false);
                var after = RetryAfter(response) ?? Backoff(attempt);
                if (attempt == MaxAttempts || !IsTransient(response.StatusCode, call) || after > MaxDelay)
                {
                    return await read(response).ConfigureAwait(false);
                }

                delay = after;
                response.Dispose();
            }
            catch (Exception e)
            {
                response?.Dispose();
                if (!IsConnectionFault(e, cancellationToken))
                {
                    throw;
                }

                // What never reached a host can be sent again, whatever it is.
                var fault = e as NoConnectionException;
                if (attempt == MaxAttempts || e is KnownOutageException || (fault is null && !call.IsRepeatable) || IsForGood(e))
                {
                    if (fault is not null)
                    {
                        _outages.Add(fault);
                    }

                    throw Unreachable(call, e);
                }

                delay = Backoff(attempt);
            }

            await Task.Delay(delay, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a request of which the answer's head is enough, or whose body is read later: the caller disposes it.</summary>
    public Task<HttpResponseMessage> SendAsync(RegistryCall call, CancellationToken cancellationToken) =>
        SendAsync(call, Task.FromResult, cancellationToken);

    /// <summary>Makes a request, and takes nothing but these answers.</summary>
    public async Task<HttpResponseMessage> ExpectAsync(RegistryCall call, CancellationToken cancellationToken,
        params HttpStatusCode[] expected)
    {
        var response = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (expected.Contains(response.StatusCode))
        {
            return response;
        }

        using (response)
        {
            throw await ErrorAsync(call, response, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The error for an answer that is no success.</summary>
    public Task<PatchException> ErrorAsync(RegistryCall call, HttpResponseMessage response, CancellationToken cancellationToken) =>
        RegistryErrors.ErrorAsync(this, call, response, cancellationToken);

    /// <summary>The body of an answer; null where it is longer than the limit. It takes no longer than an answer's head may.</summary>
    public async Task<byte[]?> ReadBodyAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentLength > limit)
        {
            return null;
        }

        using var timeout = StartTimeout();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var buffer = new byte[16 * 1024];
            for (int read; (read = await stream.ReadAsync(buffer, either.Token).ConfigureAwait(false)) > 0;)
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

    /// <summary>Asks a token server. A redirect is not followed: its target has not been allowed.</summary>
    public Task<HttpResponseMessage> SendTokenRequestAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendWithTimeoutAsync(request, cancellationToken);

    /// <summary>A limit for one step of reading a body.</summary>
    public CancellationTokenSource StartTimeout() => new(HeaderTimeout, _time);

    /// <summary>Whether this is a lost connection or a timeout, and not the caller who gave up.</summary>
    public static bool IsConnectionFault(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    // A certificate that is not trusted, and a name that nobody has, stay so.
    private static bool IsForGood(Exception e) => (e is NoConnectionException ? e.InnerException : e) is HttpRequestException
    {
        InnerException: AuthenticationException or SocketException { SocketErrorCode: SocketError.HostNotFound },
    };

    public static PatchException Unreachable(RegistryCall call, Exception e)
    {
        // Those about connections name the host already.
        var reason = e is NoConnectionException or KnownOutageException ? e.Message
            : $"{(e is OperationCanceledException ? "no answer in time" : e.Message.TrimEnd('.'))} ({call.Reference.Registry})";
        return new PatchException(PatchErrorCode.Unreachable, call.Reference.ToString(),
            $"{call.Reference}: {call.What}: {reason}. Check the network, a proxy, and the registry.", e);
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendOnceAsync(RegistryCall call, CancellationToken cancellationToken)
    {
        var api = Hosts.ApiOf(call.Reference.Registry);
        if (call.IsAnonymous)
        {
            return await FollowAsync(call, api, null, cancellationToken).ConfigureAwait(false);
        }

        var authorization = Authenticator.Known(call.Reference, call.Scopes);
        var response = await FollowAsync(call, api, authorization, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized || authorization is { Scheme: "Basic" }
            || !RegistryHosts.IsSameServer(api, response.RequestMessage!.RequestUri!)
            || AuthenticationChallenge.Read(response.Headers) is not { } challenge)
        {
            return response;
        }

        // A token that was good a while ago is fetched anew.
        Authenticator.Forget(call.Reference.Registry);
        var answer = await Authenticator.AnswerAsync(call.Reference, call.Scopes, challenge, this, cancellationToken).ConfigureAwait(false);
        if (answer is null)
        {
            return response;
        }

        response.Dispose();
        return await FollowAsync(call, api, answer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> FollowAsync(RegistryCall call, Uri api, AuthenticationHeaderValue? authorization,
        CancellationToken cancellationToken)
    {
        var address = call.Address;
        for (var redirects = 0; ; redirects++)
        {
            if (!Hosts.MayAsk(address))
            {
                throw Refused(call, $"it sends to {address.GetLeftPart(UriPartial.Authority)}, without TLS");
            }

            using var request = new HttpRequestMessage(call.Method, address) { Content = call.Body?.Invoke() };

            // Nobody but the registry itself gets its credentials or tokens.
            request.Headers.Authorization = RegistryHosts.IsSameServer(address, api) ? authorization : null;
            foreach (var type in call.Accept)
            {
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
            }

            request.Headers.Range = call.RangeStart > 0 ? new RangeHeaderValue(call.RangeStart, null) : null;
            var response = await SendWithTimeoutAsync(request, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            var location = response.Headers.Location;
            response.Dispose();
            if (location is null || redirects == MaxRedirects || (call.Method != HttpMethod.Get && call.Method != HttpMethod.Head))
            {
                throw Refused(call, location is null ? "it redirects to nowhere"
                    : redirects == MaxRedirects ? $"it redirects more than {MaxRedirects} times"
                    : "it redirects a write");
            }

            address = new Uri(address, location);
        }
    }

    private async Task<HttpResponseMessage> SendWithTimeoutAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var host = $"{request.RequestUri!.IdnHost}:{request.RequestUri.Port}";
        if (_outages.Find(host) is { } outage)
        {
            throw new KnownOutageException(outage);
        }

        using var timeout = new CancellationTokenSource(request.Content is null ? HeaderTimeout : UploadTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            _outages.Remove(host);
            return response;
        }
        catch (HttpRequestException e) when (e.HttpRequestError
            is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            throw new NoConnectionException(host, e);
        }
        catch (OperationCanceledException e) when (!either.IsCancellationRequested)
        {
            // Neither the caller nor the limit for an answer: the one for connecting has passed.
            throw new NoConnectionException(host, e);
        }
    }

    // 429 says that nothing was done, so everything may be tried again after it.
    private static bool IsTransient(HttpStatusCode status, RegistryCall call) => status == HttpStatusCode.TooManyRequests
        || (call.IsRepeatable
            && status is HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented);

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => TimeSpan.FromTicks(Math.Max(0, (date - _time.GetUtcNow()).Ticks)),
        _ => null,
    };

    // Each wait is twice the one before, and up to a half longer, so that many clients do not come back at once.
    private static TimeSpan Backoff(int attempt) => FirstDelay * Math.Pow(2, attempt - 1) * (1 + (Random.Shared.NextDouble() / 2));

    private static PatchException Refused(RegistryCall call, string fault) => new(PatchErrorCode.ProtocolError, call.Reference.ToString(),
        $"{call.Reference}: {call.What}: the registry {call.Reference.Registry} is not followed: {fault}.");
}
