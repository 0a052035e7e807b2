using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>The forms that answers have: one document, lines of documents, a stream, nothing.</summary>
internal static class DockerCalls
{
    private const int MaxLine = 4 * 1024 * 1024;

    /// <summary>Makes a request whose answer is one object.</summary>
    public static Task<JsonElement> ObjectAsync(this DockerConnection connection, DockerCall call, CancellationToken cancellationToken) =>
        connection.DocumentAsync(call, JsonValueKind.Object, cancellationToken);

    /// <summary>Makes a request whose answer is a list. Engines write an empty one as <c>null</c>, too.</summary>
    public static async Task<IReadOnlyList<JsonElement>> ListAsync(this DockerConnection connection, DockerCall call,
        CancellationToken cancellationToken)
    {
        var list = await connection.DocumentAsync(call, JsonValueKind.Array, cancellationToken).ConfigureAwait(false);
        return list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];
    }

    /// <summary>Makes a request whose answer says nothing.</summary>
    /// <returns>Whether something was done: false where it was so already.</returns>
    public static Task<bool> DoneAsync(this DockerConnection connection, DockerCall call, CancellationToken cancellationToken) =>
        connection.SendAsync(call, (response, _) =>
        {
            using (response)
            {
                return Task.FromResult(response.IsSuccessStatusCode);
            }
        }, cancellationToken);

    /// <summary>Makes a request whose answer is a stream. Its readers give cancellations of their own.</summary>
    public static Task<Stream> StreamAsync(this DockerConnection connection, DockerCall call, CancellationToken cancellationToken) =>
        connection.SendAsync(call, async (response, token) =>
            (Stream)new ResponseStream(response, await response.Content.ReadAsStreamAsync(token).ConfigureAwait(false)), cancellationToken);

    /// <summary>Makes a request whose answer is documents, one a line.</summary>
    /// <param name="connection">The engine.</param>
    /// <param name="call">The request.</param>
    /// <param name="silence">How long the engine may say nothing in between.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException">The answer is no success or no such documents, or breaks off.</exception>
    public static async IAsyncEnumerable<JsonElement> LinesAsync(this DockerConnection connection, DockerCall call, TimeSpan silence,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = await connection.StreamAsync(call, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var lines = new JsonLineReader(stream, MaxLine);
            while (await connection.NextAsync(call, lines, silence, cancellationToken).ConfigureAwait(false) is { } line)
            {
                yield return line;
            }
        }
    }

    /// <summary>A document as a request carries it.</summary>
    public static byte[] Bytes(JsonNode content) => JsonSerializer.SerializeToUtf8Bytes(content);

    private static Task<JsonElement> DocumentAsync(this DockerConnection connection, DockerCall call, JsonValueKind kind,
        CancellationToken cancellationToken) => connection.SendAsync(call, async (response, token) =>
        {
            using (response)
            using (var body = await PooledBody.ReadAsync(response, DockerConnection.MaxBody, token).ConfigureAwait(false))
            {
                var document = Parse(connection, call, body is null ? throw DockerErrors.Protocol(connection.Endpoint, call,
                    $"the engine's answer has more than {DockerConnection.MaxBody} bytes") : body.Bytes);
                return document.ValueKind == kind || (kind == JsonValueKind.Array && document.ValueKind == JsonValueKind.Null) ? document
                    : throw DockerErrors.Protocol(connection.Endpoint, call, $"the engine's answer is not of the type {kind}");
            }
        }, cancellationToken);

    private static async Task<JsonElement?> NextAsync(this DockerConnection connection, DockerCall call, JsonLineReader lines,
        TimeSpan silence, CancellationToken cancellationToken)
    {
        using var timeout = connection.Timeout(silence);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            while (await lines.ReadAsync(either.Token).ConfigureAwait(false) is { } line)
            {
                if (!line.Span.Trim("\r "u8).IsEmpty)
                {
                    return Parse(connection, call, line.Span);
                }
            }

            return null;
        }
        catch (InvalidDataException e)
        {
            throw DockerErrors.Protocol(connection.Endpoint, call, "the engine's answer is not one document a line", e);
        }
        catch (Exception e) when (DockerConnection.IsConnectionFault(e, cancellationToken))
        {
            throw DockerErrors.NoAnswer(connection.Endpoint, call, e, isSent: true);
        }
    }

    private static JsonElement Parse(DockerConnection connection, DockerCall call, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException e)
        {
            throw DockerErrors.Protocol(connection.Endpoint, call, "the engine's answer is no JSON. Is this address an engine's?", e);
        }
    }
}
