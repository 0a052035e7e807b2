using System.Text.RegularExpressions;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Endpoints;

/// <summary>
/// How a server is asked: by which login, with which certificates and headers. Secrets are never here, only where they are: a plan, a
/// journal and the settings file may be read by anyone.
/// </summary>
internal sealed partial record EndpointSettings
{
    /// <summary>The settings that plans and the settings file have for it.</summary>
    public static readonly IReadOnlyList<string> SettingNames =
    [
        "tokenFile", "tokenEnv", "user", "passwordFile", "passwordEnv", "certFile", "keyFile", "caFile", "timeout", "header.",
        "headerFile.", "headerEnv.",
    ];

    private static readonly string[] SecretHeaders = ["Authorization", "Proxy-Authorization", "Cookie"];

    /// <summary>Where the bearer token is; null where there is none.</summary>
    public SecretPlace? Token { get; init; }

    /// <summary>The user of basic authentication; null where there is none.</summary>
    public string? User { get; init; }

    /// <summary>Where that user's password is.</summary>
    public SecretPlace? Password { get; init; }

    /// <summary>The client certificate, with what stands behind it, in PEM; null where there is none.</summary>
    public string? CertFile { get; init; }

    /// <summary>The client certificate's key in PEM.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Certificate authorities in PEM that are trusted besides the system's; null where there are none.</summary>
    public string? CaFile { get; init; }

    /// <summary>How long one request may take, from the connection to the end of the answer.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Headers that every request has.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Headers whose values are secrets.</summary>
    public IReadOnlyList<(string Name, SecretPlace Value)> SecretValues { get; init; } = [];

    /// <summary>Whether a request carries something that only this server may have.</summary>
    public bool HasSecrets => Token is not null || User is not null || CertFile is not null || SecretValues.Count > 0;

    /// <summary>Reads the settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="timeout">How long a request may take where they do not say.</param>
    /// <param name="timeoutName">The setting that says it.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: one is wrong, or they contradict each
    /// other.</exception>
    public static EndpointSettings Parse(SettingReader settings, TimeSpan timeout, string timeoutName = "timeout")
    {
        var token = SecretPlace.Parse(settings, "tokenFile", "tokenEnv");
        var password = SecretPlace.Parse(settings, "passwordFile", "passwordEnv");
        var user = settings.Text("user");
        if (user is null != password is null)
        {
            throw user is not null ? settings.Fault("user", "needs 'passwordFile' or 'passwordEnv' beside it.")
                : settings.Fault(password!.File is null ? "passwordEnv" : "passwordFile", "needs 'user' beside it.");
        }

        if (user is not null && (token is not null || user.Contains(':', StringComparison.Ordinal)))
        {
            throw settings.Fault("user", token is null ? "must not contain a colon (RFC 7617)." : "and a token exclude each other.");
        }

        var (cert, key) = (FullPath(settings, "certFile"), FullPath(settings, "keyFile"));
        if (cert is null != key is null)
        {
            throw settings.Fault(cert is null ? "keyFile" : "certFile", $"needs '{(cert is null ? "certFile" : "keyFile")}' beside it.");
        }

        return new EndpointSettings
        {
            Token = token,
            User = user,
            Password = password,
            CertFile = cert,
            KeyFile = key,
            CaFile = FullPath(settings, "caFile"),
            Timeout = settings.Duration(timeoutName, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)) ?? timeout,
            Headers = settings.All("header.")
                .Select(h => (Header(settings, "header.", h.Name), Value(settings, h.Name, h.Value))).ToArray(),
            SecretValues = settings.All("headerFile.").Select(h => (Header(settings, "headerFile.", h.Name),
                    new SecretPlace(FullPath(settings, "headerFile." + h.Name), null)))
                .Concat(settings.All("headerEnv.").Select(h => (Header(settings, "headerEnv.", h.Name), new SecretPlace(null, h.Value))))
                .ToArray(),
        };
    }

    /// <summary>Reads an address: http or https, without a login in it.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it is none, or secrets would go there
    /// unprotected.</exception>
    public Uri ParseUrl(SettingReader settings, string name, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
        {
            throw settings.Fault(name, "has to be an address that begins with http:// or https://.");
        }

        if (url.UserInfo.Length > 0)
        {
            throw settings.Fault(name, "has a login in it, and secrets have no place here. Use user and passwordFile or passwordEnv.");
        }

        return url.Scheme == "https" || !HasSecrets || RegistryHosts.IsLoopback(url) ? url
            : throw settings.Fault(name, $"is {url.GetLeftPart(UriPartial.Authority)}: secrets go over https, or to this machine. "
                + "Use https, or no credentials.");
    }

    /// <summary>A setting that names a file in full: who resumes a rollout may stand in another folder.</summary>
    public static string? FullPath(SettingReader settings, string name)
    {
        var path = settings.Text(name);
        return path is null || Path.IsPathFullyQualified(path) ? path
            : throw settings.Fault(name, $"is '{path}'; the path has to be a full one, since whoever goes on may stand in another folder.");
    }

    private static string Header(SettingReader settings, string prefix, string name) =>
        !HeaderName().IsMatch(name) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
            || name.Equals("Host", StringComparison.OrdinalIgnoreCase)
            ? throw settings.Fault(prefix + name, "names no header that can be set.")
            : prefix == "header." && SecretHeaders.Contains(name, StringComparer.OrdinalIgnoreCase)
                ? throw settings.Fault(prefix + name, $"would put a secret where anyone may read it. Use 'headerFile.{name}', 'headerEnv.{name}' or "
                    + "a token.")
                : name;

    private static string Value(SettingReader settings, string name, string value) => value.Any(c => c is < ' ' or > '~')
        ? throw settings.Fault("header." + name, "may have printable ASCII alone.")
        : value;

    // RFC 9110, section 5.6.2: a token.
    [GeneratedRegex(@"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();
}
