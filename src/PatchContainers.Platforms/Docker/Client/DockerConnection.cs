using System.Net;
using System.Net.Http.Headers;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>Sends requests to one engine: in the version that both speak, and again where that is safe.</summary>
internal sealed class DockerConnection : IDisposable
{
    /// <summary>What an answer that is read at once may have: the containers of a large engine.</summary>
    public const int MaxBody = 64 * 1024 * 1024;

    private const string AuthHeader = "X-Registry-Auth";
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);

    private readonly DockerClientOptions _options;
    private readonly Lazy<HttpClient> _client;
    private readonly SemaphoreSlim _asking = new(1, 1);
    private DockerVersionAnswer? _version;
    private long _lastFault;

    public DockerConnection(DockerEndpoint endpoint, DockerClientOptions options)
    {
        Endpoint = endpoint;
        _options = options;
        _client = new(MakeClient);
    }

    /// <summary>Where the engine is.</summary>
    public DockerEndpoint Endpoint { get; }

    /// <summary>When a connection was last refused or lost, UTC; null for never.</summary>
    public DateTimeOffset? LastFault => Volatile.Read(ref _lastFault) is > 0 and var ticks
        ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The version that requests are made in, asked for once.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.NotSupported"/>: there is none that both speak.</exception>
    public async Task<DockerVersionAnswer> VersionAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _version) is { } known)
        {
            return known;
        }

        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _version ??= await new DockerVersionQuestion(this, _options.Variable).AskAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Makes a request in the version that both speak, and reads its answer.</summary>
    /// <param name="call">The request.</param>
    /// <param name="read">Reads an answer that is a success, and owns it. A connection that is lost meanwhile counts as one lost
    /// before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">There is no answer, or it is no success.</exception>
    public async Task<T> SendAsync<T>(DockerCall call, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken)
    {
        var version = (await VersionAsync(cancellationToken).ConfigureAwait(false)).Spoken;
        return await SendAsync(call, $"v{version}/{call.Address}", read, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a request at an address without a version.</summary>
    /// <exception cref="PatchException">There is no answer, or it is no success.</exception>
    public async Task<T> SendAsync<T>(DockerCall call, string address, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken)
    {
        var (time, started) = (_options.TimeProvider, _options.TimeProvider.GetTimestamp());
        for (var attempt = 1; ; attempt++)
        {
            var delay = Backoff(attempt);
            var isLate = time.GetElapsedTime(started) + delay > _options.RetryFor;
            using var timeout = new CancellationTokenSource(call.Patience ?? _options.AnswerTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            HttpResponseMessage? response = null;
            var given = false;
            try
            {
                response = await SendOnceAsync(call, address, either.Token).ConfigureAwait(false);
                if (response.IsSuccessStatusCode || response.StatusCode == call.AlsoTaken)
                {
                    var result = await read(response, either.Token).ConfigureAwait(false);
                    given = true;
                    return result;
                }

                if (isLate || !IsTransient(response.StatusCode, call))
                {
                    using var body = await PooledBody.ReadAsync(response, MaxBody, either.Token).ConfigureAwait(false);
                    throw DockerErrors.Answer(Endpoint, call, response.StatusCode, body is null ? default : body.Bytes);
                }
            }
            catch (Exception e) when (IsConnectionFault(e, cancellationToken))
            {
                Volatile.Write(ref _lastFault, time.GetUtcNow().UtcTicks);
                var isSent = !IsRefused(e);

                // An engine that never answered is mostly not there: waiting for it would only delay the message.
                if (isLate || Volatile.Read(ref _version) is null || (isSent && !call.IsRepeatable))
                {
                    throw DockerErrors.NoAnswer(Endpoint, call, e, isSent);
                }
            }
            finally
            {
                if (!given)
                {
                    response?.Dispose();
                }
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits before trying something again; the time grows with the attempts.</summary>
    public Task DelayAsync(int attempt, CancellationToken cancellationToken) =>
        Task.Delay(Backoff(attempt), _options.TimeProvider, cancellationToken);

    /// <summary>A timeout by this client's clock.</summary>
    public CancellationTokenSource Timeout(TimeSpan time) => new(time, _options.TimeProvider);

    /// <summary>Whether this is a lost connection or a timeout, and not the caller who gave up.</summary>
    public static bool IsConnectionFault(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }

        _asking.Dispose();
    }

    private async Task<HttpResponseMessage> SendOnceAsync(DockerCall call, string address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, new Uri(Endpoint.Root, address));
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        else if (call.Method != HttpMethod.Get)
        {
            // A request without a body is sent again by the framework itself when its connection ends without an answer.
            request.Content = new ByteArrayContent([]);
        }

        if (call.RegistryAuth.Length > 0)
        {
            request.Headers.Add(AuthHeader, call.RegistryAuth);
        }

        return await _client.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    private HttpClient MakeClient()
    {
        if (Endpoint.Tls is { SkipVerify: true })
        {
            _options.Notices?.Report(new PatchNotice.Warning($"The engine of the docker context '{Endpoint.Name}' "
                + $"({Endpoint.Root.Authority}) is not verified: the context says so. Whoever sits in between reads and "
                + "changes everything."));
        }

        HttpMessageHandler handler = DockerTransports.Handler(Endpoint);
        var client = new HttpClient(_options.Wrap?.Invoke(handler) ?? handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd(
            "patchcontainers/" + typeof(DockerConnection).Assembly.GetName().Version?.ToString(3));
        return client;
    }

    // An engine that has just come back knows its swarm only after a while.
    private bool IsTransient(HttpStatusCode status, DockerCall call) => status == HttpStatusCode.ServiceUnavailable && call.IsRepeatable
        && _options.TimeProvider.GetUtcNow().UtcTicks - Volatile.Read(ref _lastFault) < WarmUp.Ticks;

    // Nothing was sent: nobody listened, or the connection was given up while it was made.
    private static bool IsRefused(Exception e) => e is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError,
    };

    // Each wait is twice the one before, and up to a half longer, so that many clients do not come back at once.
    private static TimeSpan Backoff(int attempt)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(attempt, 10) - 1);
        return (delay < MaxDelay ? delay : MaxDelay) * (1 + (Random.Shared.NextDouble() / 2));
    }
}
