using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using PatchContainers.Endpoints;
using PatchContainers.Scanning.Servers;

namespace PatchContainers.Scanning.Anchore;

/// <summary>Anchore's API: that of Anchore Engine (version 1), or that of Anchore Enterprise (version 2).</summary>
internal sealed class AnchoreServer : IDisposable
{
    private readonly AnchoreSettings _settings;

    private AnchoreServer(ScannerServer server, AnchoreSettings settings, string apiVersion, string version) =>
        (Server, _settings, ApiVersion, Version) = (server, settings, apiVersion, version);

    /// <summary>Asks it.</summary>
    public ScannerServer Server { get; }

    /// <summary>The version of the API: <c>v1</c>, <c>v2</c>.</summary>
    public string ApiVersion { get; }

    /// <summary>Whether names are those of version 2: all in snake_case.</summary>
    public bool IsV2 => ApiVersion == "v2";

    /// <summary>The version of Anchore; empty where it does not tell.</summary>
    public string Version { get; }

    /// <summary>Reads the secrets as they are now, and finds out which version of the API is there.</summary>
    /// <exception cref="PatchException">A secret or a certificate cannot be read; <see cref="PatchErrorCode.ScannerFailed"/>: no version
    /// that is known is there; otherwise what the server says.</exception>
    public static async Task<AnchoreServer> OpenAsync(AnchoreSettings settings, Func<string, string?> environment, TimeProvider clock,
        string subject, CancellationToken cancellationToken)
    {
        var client = await EndpointClient.OpenAsync(settings.Endpoint, environment, clock, cancellationToken).ConfigureAwait(false);
        var server = new ScannerServer(AnchoreScanner.ScannerName, settings.Url, client, clock);
        try
        {
            var asked = settings.ApiVersion.Length > 0 ? [settings.ApiVersion] : AnchoreSettings.ApiVersions;
            foreach (var api in asked)
            {
                var found = new AnchoreServer(server, settings, api, string.Empty);
                var call = found.Call(subject, HttpMethod.Get, "/version");
                var (version, other) = await server.ReadAsync(call, ReadVersion, cancellationToken).ConfigureAwait(false);
                if (version is not null)
                {
                    return new AnchoreServer(server, settings, api, version);
                }

                if (other!.Status != HttpStatusCode.NotFound)
                {
                    throw found.Refused(call, other);
                }
            }

            var missing = string.Join(" and no ", asked.Select(a => $"{a}/version"));
            throw server.Failed(subject, $"{EndpointClient.Show(settings.Url)} has no {missing}. Give the address of Anchore's API, as "
                + "https://anchore.example:8228");
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>A request, in the account that the settings name.</summary>
    /// <param name="subject">The image that it is about, for errors.</param>
    /// <param name="method">The method.</param>
    /// <param name="path">The path behind the API's version, with its query.</param>
    public ServerCall Call(string subject, HttpMethod method, string path) => new(subject, method, $"/{ApiVersion}{path}")
    {
        Headers = () => _settings.Account.Length > 0 ? [("x-anchore-account", _settings.Account)] : [],
    };

    /// <summary>The error for an answer that is not what was asked for, with Anchore's own words for it.</summary>
    /// <param name="call">The request.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="advice">What can be done, by what Anchore says; null for nothing.</param>
    public PatchException Refused(ServerCall call, EndpointAnswer answer, Func<string, string>? advice = null)
    {
        var said = MessageOf(answer);
        var fault = answer.Status switch
        {
            HttpStatusCode.Unauthorized => $"it does not let {_settings.Who} in. The login in the settings ('scanners') has to be one of "
                + "Anchore's; an API key's user is '_api_key'.",
            HttpStatusCode.Forbidden => $"{_settings.Who} may not do this ({said}). Give it a role there that may, or name another "
                + "'account'.",
            _ => null,
        };
        return fault is null ? Server.Refused(call, answer with { Body = Encoding.UTF8.GetBytes(said + advice?.Invoke(said)) })
            : new PatchException(PatchErrorCode.Unauthorized, call.Subject, $"{call.Subject} was not scanned by {AnchoreScanner.ScannerName}: "
                + string.Create(CultureInfo.InvariantCulture, $"{call.Method} {call.Path} was answered {(int)answer.Status}: {fault}"));
    }

    /// <summary>What Anchore says in an answer that is an error: its message, its codes, and what was not valid.</summary>
    public static string MessageOf(EndpointAnswer answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            var error = document.RootElement;
            var parts = error.ValueKind != JsonValueKind.Object ? [error.Word()]
                : error.Items("detail", "error_codes").Select(c => c.Word()).Prepend(error.Word("message")).Append(error.Word("detail"))
                    .Append(error.Word("detail", "validation_error"));
            var said = string.Join(", ", parts.Where(p => p.Length > 0).Distinct().Select(p => p.TrimEnd('.')));
            return said.Length > 0 ? said : Encoding.UTF8.GetString(answer.Body);
        }
        catch (JsonException)
        {
            // A proxy in front says what it likes.
            return Encoding.UTF8.GetString(answer.Body);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Server.Dispose();

    private static string ReadVersion(Reports.JsonCursor cursor)
    {
        using var document = cursor.Read();
        return document.RootElement.At("service") is { ValueKind: JsonValueKind.Object } service ? service.Word("version")
            : throw cursor.Fault("it names no service, as Anchore's answer does");
    }
}
