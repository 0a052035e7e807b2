using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using PatchContainers.TestKit.ApiDescriptions;

namespace PatchContainers.Platforms.Tests.Docker;

/// <summary>Holds every request and answer against the published description of the version that it is made in.</summary>
internal sealed class DescriptionRecorder(Func<string, ApiDescription> describe)
{
    private readonly ConcurrentDictionary<string, bool> _deviations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _operations = new(StringComparer.Ordinal);

    /// <summary>What was not as described.</summary>
    public IReadOnlyList<string> Deviations => [.. _deviations.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The operations that were used.</summary>
    public int Count => _operations.Count;

    public HttpMessageHandler Wrap(HttpMessageHandler inner) => new Handler(this, inner);

    private void Add(HttpRequestMessage request, byte[] body, HttpResponseMessage response, byte[]? answer)
    {
        if (Regex.Match(request.RequestUri!.AbsolutePath, @"^/v([0-9.]+)(/.*)$") is not { Success: true } match)
        {
            return;
        }

        var query = request.RequestUri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(q => (q.Split('=')[0], ""));
        var path = Uri.UnescapeDataString(match.Groups[2].Value);
        _operations[$"{request.Method} {Regex.Replace(path, "/[^/]*[0-9-][^/]*", "/{}")}"] = true;
        var exchange = new ApiExchange(request.Method.Method, path, (int)response.StatusCode)
        {
            Query = [.. query],
            Request = body,
            Answer = answer is { Length: > 0 } ? answer : null,
        };
        foreach (var fault in describe(match.Groups[1].Value).Check(exchange))
        {
            _deviations[fault] = true;
        }
    }

    private sealed class Handler(DescriptionRecorder recorder, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
            var response = await base.SendAsync(request, cancellationToken);
            byte[]? answer = null;

            // Streams have no end, or no document.
            if (response.Content.Headers.ContentType?.MediaType == "application/json"
                && !Regex.IsMatch(request.RequestUri!.AbsolutePath, "/(events|images/create)$"))
            {
                answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                response.Content = new ByteArrayContent(answer) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            }

            recorder.Add(request, body, response, answer);
            return response;
        }
    }
}
