using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>Sends requests to one API server: TLS, credentials, and trying again.</summary>
internal sealed class KubernetesConnection : IDisposable
{
    /// <summary>What an answer other than a list may have; the largest object has 1.5 MiB.</summary>
    public const int MaxBody = 16 * 1024 * 1024;

    private const int MaxServerFaults = 4;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);

    private readonly KubeContext _context;
    private readonly KubernetesClientOptions _options;
    private readonly KubernetesCredentials _credentials;
    private readonly object _gate = new();
    private readonly List<HttpClient> _clients = [];
    private readonly X509Certificate2Collection? _authorities;
    private readonly Uri _root;
    private SslStreamCertificateContext? _certificate;
    private long _lastFault;
    private bool _isDisposed;

    public KubernetesConnection(KubeContext context, KubernetesClientOptions options)
    {
        _context = context;
        _options = options;
        _credentials = new KubernetesCredentials(context, options);
        _root = new Uri(context.Cluster.Server.AbsoluteUri.TrimEnd('/') + "/");
        if (context.Cluster.CertificateAuthority is { } authority)
        {
            _authorities = PemCertificates.Authorities(PemCertificates.Text(authority.Read()), authority.Source);
        }

        if (context.Cluster.InsecureSkipTlsVerify)
        {
            options.Notices?.Report(new PatchNotice.Warning($"The API server of context '{context.Name}' ({_root.Authority}) is not verified: "
                + "the kubeconfig says insecure-skip-tls-verify. Whoever sits in between reads and changes everything."));
        }
    }

    /// <summary>Makes a request and reads its answer.</summary>
    /// <param name="call">The request.</param>
    /// <param name="read">Reads an answer that is a success. A connection that is lost meanwhile counts as one lost before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="alsoTaken">One more status that is read like a success.</param>
    /// <exception cref="PatchException">There is no answer, or it is no success.</exception>
    public async Task<T> SendAsync<T>(KubernetesCall call, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken, HttpStatusCode? alsoTaken = null)
    {
        var (time, started) = (_options.TimeProvider, _options.TimeProvider.GetTimestamp());
        var renewed = false;
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan delay;
            var login = await _credentials.GetAsync(cancellationToken).ConfigureAwait(false);
            using var timeout = new CancellationTokenSource(AnswerTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            HttpResponseMessage? response = null;
            var given = false;
            try
            {
                response = await SendOnceAsync(call, login, either.Token).ConfigureAwait(false);
                if (response.IsSuccessStatusCode || response.StatusCode == alsoTaken)
                {
                    var result = await read(response, either.Token).ConfigureAwait(false);
                    given = true;
                    return result;
                }

                if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed)
                {
                    renewed = true;
                    _credentials.Forget(login);
                    continue;
                }

                delay = RetryAfter(response) ?? Backoff(attempt);
                if (!IsTransient(response.StatusCode, call, attempt) || time.GetElapsedTime(started) + delay > _options.RetryFor)
                {
                    using var body = await PooledBody.ReadAsync(response, MaxBody, either.Token).ConfigureAwait(false);
                    throw KubernetesErrors.Answer(_context.Name, call, response.StatusCode, body is null ? default : body.Bytes, _credentials.Redact);
                }
            }
            catch (Exception e) when (IsConnectionFault(e, cancellationToken))
            {
                Volatile.Write(ref _lastFault, time.GetUtcNow().UtcTicks);
                var isSent = !IsRefused(e);
                delay = Backoff(attempt);
                if (IsForGood(e) || (isSent && !call.IsRepeatable) || time.GetElapsedTime(started) + delay > _options.RetryFor)
                {
                    throw KubernetesErrors.NoAnswer(_context.Name, call, _root, e, isSent, e is OperationCanceledException);
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

    /// <summary>Whether this is a lost connection or a timeout, and not the caller who gave up.</summary>
    public static bool IsConnectionFault(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _clients.ForEach(client => client.Dispose());
            _clients.Clear();
        }

        _credentials.Dispose();
    }

    private async Task<HttpResponseMessage> SendOnceAsync(KubernetesCall call, KubernetesLogin login, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, new Uri(_root, call.Address));
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = call.ContentType ?? new MediaTypeHeaderValue("application/json");
        }

        request.Headers.Authorization = login.Authorization;
        foreach (var (name, value) in _context.User.Impersonation)
        {
            request.Headers.Add(name, value);
        }

        if (_context.Cluster.TlsServerName is { Length: > 0 } server)
        {
            // The framework takes the name for TLS, which is asked for and verified, from this header.
            request.Headers.Host = server;
        }

        return await Client(login).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }

    // A new certificate needs new connections; what still reads on an old one is left alone.
    private HttpClient Client(KubernetesLogin login)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_clients.Count == 0 || !ReferenceEquals(_certificate, login.Certificate))
            {
                _certificate = login.Certificate;
                var handler = Handler(login);
                var client = new HttpClient(_options.Between?.Invoke(handler) ?? handler) { Timeout = Timeout.InfiniteTimeSpan };
                client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
                client.DefaultRequestHeaders.UserAgent.ParseAdd(
                    "patchcontainers/" + typeof(KubernetesConnection).Assembly.GetName().Version?.ToString(3));
                _clients.Add(client);
            }

            return _clients[^1];
        }
    }

    private SocketsHttpHandler Handler(KubernetesLogin login)
    {
        var cluster = _context.Cluster;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            SslOptions = new SslClientAuthenticationOptions { ClientCertificateContext = login.Certificate },
        };
        if (cluster.ProxyUrl is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy) { Credentials = ProxyCredentials(proxy) };
        }
        else
        {
            // A proxy is not asked for what is on this machine.
            handler.UseProxy = !_root.IsLoopback;
        }

        if (_authorities is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(_authorities);
        }

        if (cluster.InsecureSkipTlsVerify)
        {
#pragma warning disable CA5359 // The kubeconfig says so, and a warning was given.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return handler;
    }

    private static NetworkCredential? ProxyCredentials(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0)
        {
            return null;
        }

        var parts = proxy.UserInfo.Split(':', 2);
        return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : string.Empty);
    }

    // 429 says that nothing was done, so everything may be tried again after it. A server that has just come back does not know all
    // accounts and rights yet, and refuses what it will allow in a moment.
    private bool IsTransient(HttpStatusCode status, KubernetesCall call, int attempt) => status switch
    {
        HttpStatusCode.TooManyRequests => true,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            _options.TimeProvider.GetUtcNow().UtcTicks - Volatile.Read(ref _lastFault) < WarmUp.Ticks,
        HttpStatusCode.NotImplemented => false,
        >= HttpStatusCode.InternalServerError => call.IsRepeatable && attempt <= MaxServerFaults,
        _ => false,
    };

    // Nothing was sent: nobody listened, or the connection was given up while it was made.
    private static bool IsRefused(Exception e) => e is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError,
    };

    // A certificate that is not trusted, and a name that nobody has, stay so.
    private static bool IsForGood(Exception e) => e is HttpRequestException
    {
        InnerException: AuthenticationException or SocketException { SocketErrorCode: SocketError.HostNotFound },
    };

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => TimeSpan.FromTicks(Math.Max(0, (date - _options.TimeProvider.GetUtcNow()).Ticks)),
        _ => null,
    };

    // Each wait is twice the one before, and up to a half longer, so that many clients do not come back at once.
    private static TimeSpan Backoff(int attempt)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(attempt, 10) - 1);
        return (delay < MaxDelay ? delay : MaxDelay) * (1 + (Random.Shared.NextDouble() / 2));
    }
}
