using System.Globalization;
using System.Text;
using PatchContainers.Endpoints;

namespace PatchContainers.Health;

/// <summary>
/// Asks a server that speaks Prometheus' HTTP API v1: Prometheus, Thanos, Mimir, VictoriaMetrics. Queries are sent as forms, since they
/// may be longer than an address.
/// </summary>
internal sealed class PrometheusClient : IDisposable
{
    private const int MaxBody = 8 * 1024 * 1024;

    private readonly EndpointClient _endpoint;
    private readonly Uri _url;
    private readonly string _server;
    private readonly TimeSpan _timeout;

    private PrometheusClient(EndpointClient endpoint, Uri url, TimeSpan timeout)
    {
        _endpoint = endpoint;
        _url = url;
        _server = $"Prometheus at {EndpointClient.Show(url)}";
        _timeout = timeout;
    }

    /// <summary>Reads the secrets as they are now, and makes a client.</summary>
    /// <param name="url">The server, with the path that stands before <c>/api/v1</c>.</param>
    /// <param name="settings">How it is asked.</param>
    /// <param name="environment">Reads environment variables.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">A secret or a certificate cannot be read.</exception>
    public static async Task<PrometheusClient> OpenAsync(Uri url, EndpointSettings settings, Func<string, string?> environment,
        TimeProvider clock, CancellationToken cancellationToken) => new(
            await EndpointClient.OpenAsync(settings, environment, clock, cancellationToken).ConfigureAwait(false), url, settings.Timeout);

    /// <summary>Asks for the values now, by the server's clock.</summary>
    /// <exception cref="PatchException">There was no answer that can be used.</exception>
    public Task<PrometheusAnswer> QueryAsync(string query, CancellationToken cancellationToken) =>
        PostAsync("query", [new("query", query)], cancellationToken);

    /// <summary>Asks for the values of a while.</summary>
    /// <exception cref="PatchException">There was no answer that can be used.</exception>
    public Task<PrometheusAnswer> QueryRangeAsync(
        string query, DateTimeOffset start, DateTimeOffset end, TimeSpan step, CancellationToken cancellationToken) => PostAsync(
            "query_range",
            [
                new("query", query), new("start", Seconds(start)), new("end", Seconds(end)),
                new("step", step.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
            ],
            cancellationToken);

    public void Dispose() => _endpoint.Dispose();

    private async Task<PrometheusAnswer> PostAsync(
        string path, IEnumerable<KeyValuePair<string, string>> fields, CancellationToken cancellationToken)
    {
        var address = new Uri(_url.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/api/v1/" + path);
        var form = string.Join('&', fields.Append(new("timeout", DurationText.Format(_timeout)))
            .Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}"));
        var call = new EndpointCall(HttpMethod.Post, address)
        {
            Body = Encoding.UTF8.GetBytes(form),
            ContentType = "application/x-www-form-urlencoded; charset=utf-8",
            FollowsRedirects = true,
        };
        var answer = await _endpoint.SendAsync(call, MaxBody, cancellationToken).ConfigureAwait(false);
        return PrometheusResponse.Read(answer, _server);
    }

    private static string Seconds(DateTimeOffset time) =>
        (time.ToUnixTimeMilliseconds() / 1000.0).ToString("F3", CultureInfo.InvariantCulture);
}
