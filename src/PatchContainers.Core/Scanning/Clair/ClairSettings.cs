using PatchContainers.Endpoints;
using PatchContainers.Stores.Registry;

namespace PatchContainers.Scanning.Clair;

/// <summary>Where Clair is, and how it is asked, as the settings file says.</summary>
internal sealed record ClairSettings
{
    /// <summary>The settings.</summary>
    public static readonly IReadOnlyList<string> SettingNames =
    [
        "url", "indexerUrl", "matcherUrl", "notifierUrl", "pskKeyFile", "pskKeyEnv", "pskIssuer", "requestTimeout",
        .. EndpointSettings.SettingNames,
    ];

    /// <summary>The indexer: what the API's paths are below.</summary>
    public required Uri Indexer { get; init; }

    /// <summary>The matcher.</summary>
    public required Uri Matcher { get; init; }

    /// <summary>The notifier; null where the settings name neither it nor one address for all.</summary>
    public Uri? Notifier { get; init; }

    /// <summary>Where the key is that Clair shares; null where there is none.</summary>
    public SecretPlace? Key { get; init; }

    /// <summary>As whom its tokens are signed.</summary>
    public string Issuer { get; init; } = string.Empty;

    /// <summary>How its servers are asked.</summary>
    public required EndpointSettings Endpoint { get; init; }

    /// <summary>How long the scan of one platform may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: one is wrong, or they contradict each
    /// other.</exception>
    public static ClairSettings Parse(SettingReader settings)
    {
        // Clair answers when it has indexed: one request may take as long as the scan.
        var timeout = settings.Duration("timeout", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(15);
        var endpoint = EndpointSettings.Parse(settings, timeout, "requestTimeout");
        var key = SecretPlace.Parse(settings, "pskKeyFile", "pskKeyEnv");
        var issuer = settings.Text("pskIssuer");
        if (key is null != issuer is null)
        {
            throw issuer is not null ? settings.Fault("pskIssuer", "needs 'pskKeyFile' or 'pskKeyEnv' beside it.")
                : settings.Fault(key!.File is null ? "pskKeyEnv" : "pskKeyFile",
                    "needs 'pskIssuer' beside it: one of the issuers in Clair's configuration (auth.psk.iss).");
        }

        if (key is not null && (endpoint.Token is not null || endpoint.User is not null))
        {
            throw settings.Fault("pskIssuer", "and a token or a user exclude each other: a request has one Authorization header.");
        }

        var whole = Url("url");
        return new ClairSettings
        {
            Indexer = Url("indexerUrl") ?? whole ?? new Uri(settings.Required("url")),
            Matcher = Url("matcherUrl") ?? whole ?? new Uri(settings.Required("url")),
            Notifier = Url("notifierUrl") ?? whole,
            Key = key,
            Issuer = issuer ?? string.Empty,
            Endpoint = endpoint,
            Timeout = timeout,
        };

        Uri? Url(string name)
        {
            var url = settings.Text(name) is { } text ? endpoint.ParseUrl(settings, name, text) : null;
            return url is null || key is null || IsPrivate(url) ? url
                : throw settings.Fault(name, $"is {url.GetLeftPart(UriPartial.Authority)}: tokens go over https, or to this machine. "
                    + "Use https, or no 'pskIssuer'.");
        }
    }

    /// <summary>Whether nobody on the way can read what goes there.</summary>
    public static bool IsPrivate(Uri url) => url.Scheme == Uri.UriSchemeHttps || RegistryHosts.IsLoopback(url);
}
