using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>
/// A user's credentials, read when they are first needed and again when they have run out or were refused. A token goes before a user
/// name, both before an exec plugin, as with kubectl; a certificate goes with any of them.
/// </summary>
internal sealed class KubernetesCredentials(KubeContext context, KubernetesClientOptions options) : IDisposable
{
    private const int MaxToken = 64 * 1024;

    // As long as kubectl believes a token file.
    private static readonly TimeSpan FileLifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<string, bool> _secrets = new(StringComparer.Ordinal);
    private KubernetesLogin? _login;
    private SslStreamCertificateContext? _certificate;

    /// <summary>What to log in with now.</summary>
    /// <exception cref="PatchException">A file or a program did not give it.</exception>
    public async Task<KubernetesLogin> GetAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_login is null || _login.GoodUntil <= options.TimeProvider.GetUtcNow())
            {
                _login = await ReadAsync(cancellationToken).ConfigureAwait(false);
            }

            return _login;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The server refused this; it is read again when it is next needed.</summary>
    public void Forget(KubernetesLogin refused)
    {
        if (ReferenceEquals(Interlocked.CompareExchange(ref _login, null, refused), refused))
        {
            _certificate = null;
        }
    }

    /// <summary>A text of others without our secrets.</summary>
    public string Redact(string text)
    {
        foreach (var secret in _secrets.Keys.OrderByDescending(s => s.Length))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }

    public void Dispose() => _gate.Dispose();

    private async Task<KubernetesLogin> ReadAsync(CancellationToken cancellationToken)
    {
        var (user, now) = (context.User, options.TimeProvider.GetUtcNow());
        var certificate = user is { ClientCertificate: { } pem, ClientKey: { } key }
            ? _certificate ??= Certificate(pem, key) : null;
        if (user.TokenFile.Length > 0)
        {
            return new KubernetesLogin(Bearer(ReadToken(user)), certificate, now + FileLifetime);
        }

        if (user.Token.Length > 0)
        {
            return new KubernetesLogin(Bearer(user.Token), certificate, DateTimeOffset.MaxValue);
        }

        if (user.UserName.Length > 0)
        {
            return new KubernetesLogin(Basic(user), certificate, DateTimeOffset.MaxValue);
        }

        if (user.Exec is not { } exec)
        {
            return new KubernetesLogin(null, certificate, DateTimeOffset.MaxValue);
        }

        var given = await new ExecPlugin(user, exec, options).RunAsync(context.Cluster, cancellationToken).ConfigureAwait(false);
        var source = $"the output of '{exec.Command}'";
        return new KubernetesLogin(given.Token.Length > 0 ? Bearer(given.Token) : null,
            given.Certificate.Length > 0 ? PemCertificates.Read(given.Certificate, given.Key, source, source) : certificate,
            given.ExpiresAt is { } end ? end - Margin : DateTimeOffset.MaxValue);
    }

    private static SslStreamCertificateContext Certificate(KubeData certificate, KubeData key) => PemCertificates.Read(
        PemCertificates.Text(certificate.Read()), PemCertificates.Text(key.Read()), certificate.Source, key.Source);

    private static string ReadToken(KubeUser user)
    {
        PatchException fault;
        try
        {
            var token = Encoding.UTF8.GetString(FileBytes.Read(user.TokenFile, MaxToken)).Trim();
            if (token.Length > 0 && !token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                return token;
            }

            fault = new PatchException(PatchErrorCode.InvalidData, user.TokenFile,
                $"'{user.TokenFile}' holds no token: it is {(token.Length == 0 ? "empty" : "more than one word")}.");
        }
        catch (PatchException e)
        {
            fault = e;
        }

        // The kubeconfig's own token is what is left when the file is away.
        return user.Token.Length > 0 ? user.Token : throw fault;
    }

    private AuthenticationHeaderValue Bearer(string token)
    {
        _secrets[token] = true;
        return new AuthenticationHeaderValue("Bearer", token);
    }

    private AuthenticationHeaderValue Basic(KubeUser user)
    {
        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.UserName}:{user.Password}"));
        _secrets[encoded] = true;
        if (user.Password.Length > 0)
        {
            _secrets[user.Password] = true;
        }

        return new AuthenticationHeaderValue("Basic", encoded);
    }
}
