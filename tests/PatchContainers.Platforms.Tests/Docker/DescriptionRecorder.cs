using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>Holds every request and answer against the published description of the version that it is made in.</summary>
internal sealed class DescriptionRecorder(Func<string, SwaggerDescription> describe)
{
    private readonly ConcurrentDictionary<string, bool> _deviations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _operations = new(StringComparer.Ordinal);

    /// <summary>What was not as described.</summary>
    public IReadOnlyList<string> Deviations => [.. _deviations.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The operations that were used.</summary>
    public int Count => _operations.Count;

    public HttpMessageHandler Wrap(HttpMessageHandler inner) => new Handler(this, inner);

    private void Add(HttpRequestMessage request, JsonElement? body, HttpResponseMessage response, JsonElement? answer)
    {
        if (Regex.Match(request.RequestUri!.AbsolutePath, @"^/v([0-9.]+)(/.*)$") is not { Success: true } match)
        {
            return;
        }

        var query = request.RequestUri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(q => q.Split('=')[0]);
        var path = Uri.UnescapeDataString(match.Groups[2].Value);
        _operations[$"{request.Method} {Regex.Replace(path, "/[^/]*[0-9-][^/]*", "/{}")}"] = true;
        var description = describe(match.Groups[1].Value);
        foreach (var fault in description.Check(request.Method.Method, path, query, body, (int)response.StatusCode, answer))
        {
            _deviations[fault] = true;
        }
    }

    private sealed class Handler(DescriptionRecorder recorder, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? null : Parse(await request.Content.ReadAsByteArrayAsync(cancellationToken));
            var response = await base.SendAsync(request, cancellationToken);
            JsonElement? answer = null;

            // Streams have no end, or no document.
            if (response.Content.Headers.ContentType?.MediaType == "application/json"
                && !Regex.IsMatch(request.RequestUri!.AbsolutePath, "/(events|images/create)$"))
            {
                var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                answer = Parse(bytes);
                response.Content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            }

            recorder.Add(request, body, response, answer);
            return response;
        }

        private static JsonElement? Parse(byte[] bytes) => bytes.Length == 0 ? null : JsonDocument.Parse(bytes).RootElement.Clone();
    }
}
