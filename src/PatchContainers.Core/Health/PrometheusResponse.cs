using System.Globalization;
using System.Text;
using System.Text.Json;
using PatchContainers.Endpoints;

namespace PatchContainers.Health;

/// <summary>
/// Reads the answers of Prometheus' HTTP API v1 (prometheus.io/docs/prometheus/latest/querying/api: "Format overview" and "Expression query
/// result formats").
/// </summary>
internal static class PrometheusResponse
{
    private const int MaxText = 300;

    /// <summary>Reads an answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="server">The server, as messages name it.</param>
    /// <exception cref="PatchException">
    /// <see cref="PatchErrorCode.Unauthorized"/>, <see cref="PatchErrorCode.InvalidArgument"/> (the query),
    /// <see cref="PatchErrorCode.Unreachable"/> (a proxy or an overloaded server) or <see cref="PatchErrorCode.ProtocolError"/>.
    /// </exception>
    public static PrometheusAnswer Read(EndpointAnswer answer, string server)
    {
        var status = (int)answer.Status;
        if (status is 401 or 403)
        {
            throw new PatchException(PatchErrorCode.Unauthorized, server, $"{server} refused the request ({status}): "
                + "check the credentials that the gate names.");
        }

        if (answer.IsCut)
        {
            throw new PatchException(PatchErrorCode.LimitExceeded, server, $"{server} answered more than {answer.Body.Length:N0} bytes. "
                + "Aggregate in the query, so that it gives few series.");
        }

        JsonDocument document;
        try
        {
            document = StrictJson.Parse(answer.Body);
        }
        catch (JsonException e)
        {
            throw new PatchException(status >= 500 ? PatchErrorCode.Unreachable : PatchErrorCode.ProtocolError, server,
                $"{server} answered {status}, and not as Prometheus does. Is the address Prometheus' own, with the path before /api/v1?",
                e);
        }

        using (document)
        {
            try
            {
                return Read(document.RootElement, status, server);
            }
            catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
            {
                throw new PatchException(PatchErrorCode.ProtocolError, server,
                    $"{server} answered {status} with JSON that is no answer of Prometheus: {Short(e.Message)}", e);
            }
        }
    }

    /// <summary>Reads a number as Prometheus writes it: also <c>NaN</c>, <c>+Inf</c> and <c>-Inf</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static double ReadNumber(string? text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" or "Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
            : throw new FormatException($"'{text}' is no sample."),
    };

    /// <summary>Writes a number so that <see cref="ReadNumber"/> reads the same one.</summary>
    public static string WriteNumber(double number) => double.IsNaN(number) ? "NaN"
        : double.IsInfinity(number) ? number > 0 ? "+Inf" : "-Inf"
        : number.ToString("R", CultureInfo.InvariantCulture);

    private static PrometheusAnswer Read(JsonElement root, int status, string server)
    {
        var outcome = root.GetProperty("status").GetString();
        if (outcome == "error")
        {
            var type = root.TryGetProperty("errorType", out var kind) ? kind.GetString() : string.Empty;
            var text = root.TryGetProperty("error", out var error) ? error.GetString() : string.Empty;
            throw new PatchException(
                type switch
                {
                    "bad_data" or "execution" => PatchErrorCode.InvalidArgument,
                    "timeout" or "canceled" or "unavailable" or "internal" => PatchErrorCode.Unreachable,
                    _ => PatchErrorCode.ProtocolError,
                },
                server, $"{server} could not answer the query ({status} {Short(type)}): {Short(text)}");
        }

        if (outcome != "success" || status is < 200 or > 299)
        {
            throw new FormatException($"the status is '{outcome}'.");
        }

        var data = root.GetProperty("data");
        var result = data.GetProperty("result");
        IReadOnlyList<PrometheusSeries> series = data.GetProperty("resultType").GetString() switch
        {
            "vector" => result.EnumerateArray().Select(s => new PrometheusSeries(Labels(s), [Sample(Property(s, "value"))])).ToArray(),
            "matrix" => result.EnumerateArray().Select(s => new PrometheusSeries(Labels(s),
                Property(s, "values").EnumerateArray().Select(Sample).ToArray())).ToArray(),
            "scalar" => [new PrometheusSeries("{}", [Sample(result)])],
            "string" => throw new PatchException(PatchErrorCode.InvalidArgument, server,
                $"The query gives a string, which no condition can judge. Ask {server} for a number."),
            var other => throw new FormatException($"the result type is '{other}'."),
        };
        return new PrometheusAnswer(series.Where(s => s.Samples.Count > 0).ToArray(), Texts(root, "warnings"));
    }

    private static JsonElement Property(JsonElement series, string name) => series.TryGetProperty(name, out var value) ? value
        : series.TryGetProperty("histogram", out _) || series.TryGetProperty("histograms", out _)
            ? throw new FormatException("the query gives native histograms. Take numbers from them, with histogram_quantile for example.")
            : throw new FormatException($"a series has no '{name}'.");

    private static double Sample(JsonElement pair) => pair.GetArrayLength() == 2 ? ReadNumber(pair[1].GetString())
        : throw new FormatException("a sample is no pair of time and value.");

    private static string Labels(JsonElement series)
    {
        var text = new StringBuilder("{");
        foreach (var label in series.GetProperty("metric").EnumerateObject().OrderBy(l => l.Name, StringComparer.Ordinal))
        {
            var value = label.Value.GetString()!.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length > 1 ? "," : string.Empty).Append(label.Name).Append("=\"").Append(value).Append('"');
        }

        return text.Append('}').ToString();
    }

    private static string[] Texts(JsonElement root, string name) => root.TryGetProperty(name, out var list)
        ? list.EnumerateArray().Select(t => Short(t.GetString())).ToArray()
        : [];

    private static string Short(string? text)
    {
        var line = new string((text ?? string.Empty).Select(c => char.IsControl(c) ? ' ' : c).ToArray()).Trim();
        return line.Length > MaxText ? line[..MaxText] + "..." : line;
    }
}
