using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using PatchContainers.Images;

namespace PatchContainers.Stores.Registry;

/// <summary>
/// Meets the challenges of registries: basic authentication, and bearer tokens, which are kept until they expire. Credentials are sent
/// to the host they are for, and to the token servers that <see cref="RegistryHosts"/> allows.
/// </summary>
internal sealed class RegistryAuthenticator
{
    private const int MaxTokenAnswer = 1024 * 1024;

    private readonly RegistryHosts _hosts;
    private readonly RegistryLogins _logins;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, AuthenticationChallenge> _challenges = new();
    private readonly ConcurrentDictionary<string, Token> _tokens = new();
    private readonly ConcurrentDictionary<string, bool> _secrets = new();

    public RegistryAuthenticator(ImageStoreOptions options, RegistryHosts hosts)
    {
        _hosts = hosts;
        _logins = new RegistryLogins(options);
        _time = options.TimeProvider;
    }

    /// <summary>The header for a registry whose ways are known already; null to ask without first.</summary>
    public AuthenticationHeaderValue? Known(ImageReference reference, IReadOnlyList<string> scopes)
    {
        if (!_challenges.TryGetValue(reference.Registry, out var challenge))
        {
            return null;
        }

        if (!challenge.IsBearer)
        {
            return Basic(Find(reference, out _));
        }

        // A token for pulling and pushing is good for pulling.
        return _tokens.Values.FirstOrDefault(t => t.Registry == reference.Registry && t.ExpiresAt > _time.GetUtcNow()
            && scopes.All(s => t.Scopes.Any(granted => Covers(granted, s)))) is { } token
            ? Bearer(token.Value)
            : null;
    }

    /// <summary>Meets a challenge; null where nothing is known that would.</summary>
    /// <param name="reference">What was asked for.</param>
    /// <param name="scopes">What the request needs.</param>
    /// <param name="challenge">What the registry answered.</param>
    /// <param name="client">Sends the request to the token server.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Unauthorized"/>: the token server said no, or may not be
    /// asked.</exception>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(ImageReference reference, IReadOnlyList<string> scopes,
        AuthenticationChallenge challenge, RegistryClient client, CancellationToken cancellationToken)
    {
        _challenges[reference.Registry] = challenge;
        var credential = Find(reference, out _);
        if (!challenge.IsBearer)
        {
            return Basic(credential);
        }

        var needed = scopes.Concat(challenge.Scopes).Distinct(StringComparer.Ordinal).ToArray();
        var token = await FetchAsync(reference, needed, challenge, credential, client, cancellationToken).ConfigureAwait(false);
        _tokens[$"{reference.Registry} {string.Join(' ', needed)}"] = token with { Registry = reference.Registry, Scopes = needed };
        return Bearer(token.Value);
    }

    /// <summary>
    /// Meets a challenge for somebody else, who is to pull from one repository and do nothing more: a new token for that, where the
    /// registry takes tokens. One that takes logins alone leaves nothing but the login. Null where nothing is known that would.
    /// </summary>
    /// <param name="reference">An image of the repository.</param>
    /// <param name="challenge">What the registry answered.</param>
    /// <param name="client">Sends the request to the token server.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Unauthorized"/>: the token server said no, or may not be
    /// asked.</exception>
    public async Task<AuthenticationHeaderValue?> DelegateAsync(
        ImageReference reference, AuthenticationChallenge challenge, RegistryClient client, CancellationToken cancellationToken)
    {
        var credential = Find(reference, out _);
        if (!challenge.IsBearer)
        {
            return Basic(credential);
        }

        string[] scopes = [$"repository:{reference.Repository}:pull"];
        var token = await FetchAsync(reference, scopes, challenge, credential, client, cancellationToken).ConfigureAwait(false);
        return Bearer(token.Value);
    }

    /// <summary>Forgets the tokens that a registry refused.</summary>
    public void Forget(string registry)
    {
        foreach (var (key, _) in _tokens.Where(t => t.Value.Registry == registry))
        {
            _tokens.TryRemove(key, out _);
        }
    }

    /// <summary>What a person can do about a refusal.</summary>
    public string Advice(ImageReference reference)
    {
        if (Find(reference, out var helper) is { } credential)
        {
            return $"The credentials of '{credential}' were refused: they are wrong, or may not do this.";
        }

        var helped = helper is null ? string.Empty : $" The credential helper {helper} is not used, since this program starts no others.";
        return $"No credentials for {reference.Registry} are known: give them explicitly, or log in with 'docker login "
            + $"{reference.Registry}'.{helped}";
    }

    /// <summary>Takes secrets out of what a server said: some repeat what they were sent.</summary>
    public string Redact(string text)
    {
        foreach (var secret in _secrets.Keys.Where(s => s.Length > 3))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }

    private static bool Covers(string granted, string asked)
    {
        var (name, other) = (granted.LastIndexOf(':'), asked.LastIndexOf(':'));
        return name > 0 && other > 0 && granted.AsSpan(0, name).SequenceEqual(asked.AsSpan(0, other))
            && asked[(other + 1)..].Split(',').All(action => granted[(name + 1)..].Split(',').Contains(action));
    }

    private async Task<Token> FetchAsync(ImageReference reference, string[] scopes, AuthenticationChallenge challenge,
        RegistryCredential? credential, RegistryClient client, CancellationToken cancellationToken)
    {
        var realm = challenge.Realm!;
        if (!_hosts.MayAsk(realm))
        {
            throw new PatchException(PatchErrorCode.Unauthorized, reference.ToString(),
                $"{reference}: the registry {reference.Registry} sends for a token to {realm.GetLeftPart(UriPartial.Authority)}, without "
                    + "TLS. That is refused, unless the host is listed as an insecure registry.");
        }

        if (credential is not null && !_hosts.MayGetCredentials(reference.Registry, realm))
        {
            throw new PatchException(PatchErrorCode.Unauthorized, reference.ToString(),
                $"{reference}: the registry {reference.Registry} wants its credentials sent to another host, {realm.Authority}, for a "
                    + $"token. If that is right, list {realm.Authority} under allowedTokenHosts in the settings file; nothing was sent.");
        }

        using var request = TokenRequest(challenge, scopes, credential);
        using var response = await client.SendTokenRequestAsync(request, cancellationToken).ConfigureAwait(false);
        var token = await ReadTokenAsync(client, reference, realm, response, cancellationToken).ConfigureAwait(false);
        _secrets[token.Value] = true;
        return token;
    }

    private HttpRequestMessage TokenRequest(AuthenticationChallenge challenge, string[] scopes, RegistryCredential? credential)
    {
        // Refresh tokens go by the OAuth 2 form of the request, passwords by the older one.
        if (credential?.IdentityToken is { Length: > 0 } refresh)
        {
            _secrets[refresh] = true;
            return new HttpRequestMessage(HttpMethod.Post, challenge.Realm)
            {
                Content = new FormUrlEncodedContent(
                [
                    new("grant_type", "refresh_token"), new("service", challenge.Service), new("client_id", "patchcontainers"),
                    new("scope", string.Join(' ', scopes)), new("refresh_token", refresh),
                ]),
            };
        }

        var query = new StringBuilder(challenge.Realm!.Query.TrimStart('?'));
        foreach (var (name, value) in scopes.Select(s => ("scope", s)).Prepend(("service", challenge.Service))
            .Where(p => p.Item2.Length > 0))
        {
            query.Append(query.Length > 0 ? "&" : string.Empty).Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(challenge.Realm) { Query = query.ToString() }.Uri);
        request.Headers.Authorization = Basic(credential);
        return request;
    }

    private async Task<Token> ReadTokenAsync(RegistryClient client, ImageReference reference, Uri realm, HttpResponseMessage response,
        CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        {
            // As good as no answer: whoever asked for the token tries again.
            throw new HttpRequestException($"the token server {realm.Authority} answered {(int)response.StatusCode}");
        }

        if (!response.IsSuccessStatusCode)
        {
            throw new PatchException(PatchErrorCode.Unauthorized, reference.ToString(),
                $"{reference}: the token server {realm.Authority} answered {(int)response.StatusCode}. {Advice(reference)}");
        }

        var content = await client.ReadBodyAsync(response, MaxTokenAnswer, cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = StrictJson.Parse(content ?? []);
            var root = document.RootElement;
            var value = root.ValueKind == JsonValueKind.Object
                ? ImageDocument.OptionalString(root, "token") ?? ImageDocument.OptionalString(root, "access_token")
                : null;
            if (value is { Length: > 0 } && !value.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                // Without a word about it, a token is good for a minute; the last seconds are left for the request itself.
                var seconds = root.TryGetProperty("expires_in", out var lifetime) && lifetime.ValueKind == JsonValueKind.Number
                    && lifetime.TryGetDouble(out var s) ? Math.Clamp(s, 0, 86_400) : 60;
                return new Token(value, string.Empty, [], _time.GetUtcNow() + TimeSpan.FromSeconds(Math.Max(seconds * 0.5, seconds - 10)));
            }
        }
        catch (JsonException)
        {
            // The same fault as an answer without a token; the parser's message could quote the answer.
        }

        throw new PatchException(PatchErrorCode.ProtocolError, reference.ToString(),
            $"{reference}: the token server {realm.Authority} gave an answer without a token.");
    }

    private RegistryCredential? Find(ImageReference reference, out string? helper)
    {
        var credential = _logins.Find(reference, out helper);
        if (credential is not null)
        {
            _secrets[credential.Password] = true;
        }

        return credential;
    }

    private AuthenticationHeaderValue? Basic(RegistryCredential? credential)
    {
        if (credential is null)
        {
            return null;
        }

        var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.UserName}:{credential.Password}"));
        _secrets[encoded] = true;
        return new AuthenticationHeaderValue("Basic", encoded);
    }

    private static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    private sealed record Token(string Value, string Registry, IReadOnlyList<string> Scopes, DateTimeOffset ExpiresAt);
}
