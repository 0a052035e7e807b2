using System.Collections.Concurrent;
using System.Text;
using PatchContainers.TestKit.Http;

namespace PatchContainers.TestKit.ApiDescriptions;

/// <summary>Holds every request that a <see cref="StubServer"/> gets, and every answer it gives, against a description.</summary>
/// <param name="description">The description; null where it is not there, and nothing is held against it.</param>
/// <param name="basePath">The path that the description's are below: <c>/v1</c>, or empty.</param>
public sealed class ApiWatch(ApiDescription? description, string basePath = "")
{
    private readonly ConcurrentDictionary<string, bool> _faults = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _operations = new(StringComparer.Ordinal);

    /// <summary>What was not as described.</summary>
    public IReadOnlyList<string> Faults => [.. _faults.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The operations that were used.</summary>
    public IReadOnlyList<string> Operations => [.. _operations.Keys.Order(StringComparer.Ordinal)];

    /// <summary>
    /// A server's way to answer, watched. What is not below the base path is not looked at, nor is an answer that is cut off.
    /// </summary>
    public Func<StubRequest, StubAnswer> Watch(Func<StubRequest, StubAnswer> answer) => request =>
    {
        var said = answer(request);
        if (description is not null && !said.IsCut && request.Target.StartsWith(basePath + "/", StringComparison.Ordinal))
        {
            Add(description, request, said);
        }

        return said;
    };

    private void Add(ApiDescription against, StubRequest request, StubAnswer said)
    {
        var target = request.Target[basePath.Length..].Split('?', 2);
        var exchange = new ApiExchange(request.Method, Uri.UnescapeDataString(target[0]), said.Status)
        {
            Query = [.. target.Skip(1).SelectMany(q => q.Split('&', StringSplitOptions.RemoveEmptyEntries)).Select(Pair)],
            Headers = request.Headers,
            Request = Encoding.UTF8.GetBytes(request.Body),
            RequestType = MediaType(request.Headers),
            Answer = said.Bytes ?? Encoding.UTF8.GetBytes(said.Body),
            AnswerType = MediaType(said.Headers),
        };
        if (against.OperationOf(exchange) is { } operation)
        {
            _operations[operation] = true;
        }

        foreach (var fault in against.Check(exchange))
        {
            _faults[fault] = true;
        }
    }

    private static string MediaType(IReadOnlyDictionary<string, string> headers) =>
        headers.FirstOrDefault(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value
            ?.Split(';', 2)[0].Trim() ?? "application/json";

    private static (string Name, string Value) Pair(string text)
    {
        var parts = text.Split('=', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length == 2 ? Uri.UnescapeDataString(parts[1].Replace('+', ' ')) : string.Empty);
    }
}
