using System.Net.Http.Headers;
using System.Text;

namespace PatchContainers.Stores.Registry;

/// <summary>What a registry asks for with 401 (RFC 9110, section 11.6.1; the distribution project's token specification).</summary>
/// <param name="IsBearer">Bearer, else Basic.</param>
/// <param name="Realm">A bearer's token server.</param>
/// <param name="Service">What the token server calls the registry; empty where it is not told.</param>
/// <param name="Scopes">What the token is needed for.</param>
internal sealed record AuthenticationChallenge(bool IsBearer, Uri? Realm, string Service, IReadOnlyList<string> Scopes)
{
    /// <summary>The best challenge of an answer that this library can meet: bearer before basic; null where there is none.</summary>
    public static AuthenticationChallenge? Read(HttpResponseHeaders headers)
    {
        AuthenticationChallenge? basic = null;
        foreach (var challenge in headers.WwwAuthenticate)
        {
            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            {
                var parameters = Parameters(challenge.Parameter ?? string.Empty);
                if (Uri.TryCreate(parameters.GetValueOrDefault("realm"), UriKind.Absolute, out var realm)
                    && (realm.Scheme == Uri.UriSchemeHttps || realm.Scheme == Uri.UriSchemeHttp))
                {
                    return new AuthenticationChallenge(true, realm, parameters.GetValueOrDefault("service") ?? string.Empty,
                        (parameters.GetValueOrDefault("scope") ?? string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries));
                }
            }
            else if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            {
                basic = new AuthenticationChallenge(false, null, string.Empty, []);
            }
        }

        return basic;
    }

    // name="value" or name=value, separated by commas; a quoted value may hold commas, and characters behind a backslash.
    internal static Dictionary<string, string> Parameters(string text)
    {
        var result = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var at = 0;
        while (at < text.Length)
        {
            var equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }

            var name = text[at..equals].Trim(' ', ',', '\t');
            at = equals + 1;
            var value = new StringBuilder();
            if (at < text.Length && text[at] == '"')
            {
                for (at++; at < text.Length && text[at] != '"'; at++)
                {
                    at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
                    value.Append(text[at]);
                }

                at++;
            }
            else
            {
                for (; at < text.Length && text[at] != ','; at++)
                {
                    value.Append(text[at]);
                }
            }

            result.TryAdd(name, value.ToString().Trim());
        }

        return result;
    }
}
