using PatchContainers.Endpoints;

namespace PatchContainers.Scanning.Anchore;

/// <summary>Where Anchore is, and how it is asked, as the settings file says.</summary>
internal sealed record AnchoreSettings
{
    /// <summary>The settings.</summary>
    public static readonly IReadOnlyList<string> SettingNames =
        ["url", "apiVersion", "account", "policy", "requestTimeout", .. EndpointSettings.SettingNames];

    /// <summary>The versions of the API that are spoken, the newest first.</summary>
    public static readonly IReadOnlyList<string> ApiVersions = ["v2", "v1"];

    /// <summary>The address, without the API's version.</summary>
    public required Uri Url { get; init; }

    /// <summary>The version of the API; empty to find it out.</summary>
    public string ApiVersion { get; init; } = string.Empty;

    /// <summary>The account whose images are asked for; empty for the user's own.</summary>
    public string Account { get; init; } = string.Empty;

    /// <summary>The id of the policy that judges; empty for the active one.</summary>
    public string Policy { get; init; } = string.Empty;

    /// <summary>How it is asked.</summary>
    public required EndpointSettings Endpoint { get; init; }

    /// <summary>How long the scan of one platform may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>As whom it is asked, as errors say it: the user, and the account where one is named.</summary>
    public string Who => (Endpoint.User is { } user ? $"the user '{user}'" : Endpoint.Token is not null ? "the token" : "a guest")
        + (Account.Length > 0 ? $" in the account '{Account}'" : string.Empty);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: one is wrong, or they contradict each
    /// other.</exception>
    public static AnchoreSettings Parse(SettingReader settings)
    {
        var endpoint = EndpointSettings.Parse(settings, TimeSpan.FromMinutes(5), "requestTimeout");
        var version = settings.Text("apiVersion") ?? string.Empty;
        if (version.Length > 0 && !ApiVersions.Contains(version, StringComparer.Ordinal))
        {
            throw settings.Fault("apiVersion", $"is '{version}'; it has to be one of {string.Join(", ", ApiVersions)}.");
        }

        var account = settings.Text("account") ?? string.Empty;
        if (account.Any(c => c is < '!' or > '~'))
        {
            throw settings.Fault("account", "may have printable ASCII alone, without spaces.");
        }

        // anchore-cli is given the address with the version behind it.
        var url = endpoint.ParseUrl(settings, "url", settings.Required("url"));
        if (ApiVersions.FirstOrDefault(v => url.AbsolutePath.TrimEnd('/').EndsWith("/" + v, StringComparison.Ordinal)) is { } named)
        {
            if (version.Length > 0 && version != named)
            {
                throw settings.Fault("apiVersion", $"is '{version}', and the address in 'url' ends with '{named}'.");
            }

            (version, url) = (named, new Uri(url.AbsoluteUri.TrimEnd('/')[..^named.Length]));
        }

        return new AnchoreSettings
        {
            Url = url,
            ApiVersion = version,
            Account = account,
            Policy = settings.Text("policy") ?? string.Empty,
            Endpoint = endpoint,
            Timeout = settings.Duration("timeout", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)) ?? TimeSpan.FromMinutes(15),
        };
    }
}
