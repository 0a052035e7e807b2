using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace PatchContainers.TestKit.Registry;

/// <summary>Who may do what: basic authentication, or the token server of the distribution project and its tokens.</summary>
internal sealed class RegistryTokens(RegistryServer server)
{
    private readonly ConcurrentDictionary<string, Token> _tokens = new();

    public async Task<bool> AllowsAsync(HttpContext context, string? repository)
    {
        var allowed = server.Options.Authentication switch
        {
            RegistryAuthentication.Basic => IsUser(context),
            RegistryAuthentication.Token => HasToken(context, repository),
            _ => true,
        };
        if (allowed)
        {
            return true;
        }

        var from = context.Request.Query["from"].ToString();
        var scope = $"repository:{repository}:{Actions(context)}{(from.Length == 0 ? string.Empty : $" repository:{from}:pull")}";
        var realm = server.Options.TokenRealm ?? $"http://{server.Host}/token";
        context.Response.Headers.WWWAuthenticate = server.Options.Authentication == RegistryAuthentication.Basic
            ? "Basic realm=\"test registry\""
            : $"Bearer realm=\"{realm}\",service=\"test registry\"{(repository is null ? string.Empty : $",scope=\"{scope}\"")}";
        await RegistryServer.ErrorAsync(context, 401, "UNAUTHORIZED", server.Lies.EchoAuthorization
            ? context.Request.Headers.Authorization.ToString() : "authentication required");
        return false;
    }

    public async Task IssueAsync(HttpContext context)
    {
        if (server.Lies.UnavailableTokens > 0)
        {
            server.Lies.UnavailableTokens--;
            await RegistryServer.ErrorAsync(context, 503, "UNAVAILABLE", "try again");
            return;
        }

        var form = HttpMethods.IsPost(context.Request.Method) ? await context.Request.ReadFormAsync() : null;
        var known = form is null ? IsUser(context) : form["grant_type"] == "refresh_token"
            && form["refresh_token"] == server.Options.Password;
        if (!known && (context.Request.Headers.Authorization.Count > 0 || form is not null || !server.Options.AnonymousPull))
        {
            await RegistryServer.ErrorAsync(context, 401, "UNAUTHORIZED", "incorrect username or password");
            return;
        }

        var scopes = form is null ? context.Request.Query["scope"] : form["scope"];
        var granted = scopes.SelectMany(s => (s ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(s => known ? s : s[..(s.LastIndexOf(':') + 1)] + "pull").ToArray();
        var token = new Token(granted, server.Options.TimeProvider.GetUtcNow() + server.Options.TokenLifetime);
        var text = server.Lies.FalseToken ?? $"token-{Guid.NewGuid():N}";
        _tokens[text] = token;
        var name = form is null ? "token" : "access_token";
        await context.Response.WriteAsJsonAsync(new Dictionary<string,
            object> { [name] = text, ["expires_in"] = (int)server.Options.TokenLifetime.TotalSeconds });
    }

    private bool IsUser(HttpContext context) => context.Request.Headers.Authorization.ToString()
        == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{server.Options.User}:{server.Options.Password}"));

    private bool HasToken(HttpContext context, string? repository)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.Ordinal) || !_tokens.TryGetValue(header["Bearer ".Length..], out var token)
            || token.ExpiresAt <= server.Options.TimeProvider.GetUtcNow())
        {
            return false;
        }

        var from = context.Request.Query["from"].ToString();
        return repository is null || (Covers(token, repository, Actions(context)) && (from.Length == 0 || Covers(token, from, "pull")));
    }

    private static bool Covers(Token token, string repository, string actions) => actions.Split(',').All(action => token.Scopes.Any(scope =>
        scope.StartsWith($"repository:{repository}:", StringComparison.Ordinal)
            && scope[(scope.LastIndexOf(':') + 1)..].Split(',').Contains(action)));

    private static string Actions(HttpContext context) => context.Request.Method is "GET" or "HEAD" ? "pull" : "pull,push";

    private sealed record Token(IReadOnlyList<string> Scopes, DateTimeOffset ExpiresAt);
}
