using System.Text.Json;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>
/// Agrees with an engine on a version: its newest or ours, whichever is older (<c>Api-Version</c> of <c>/_ping</c>). Where ours is older,
/// the engine's <c>MinAPIVersion</c> must allow it.
/// </summary>
internal sealed class DockerVersionQuestion(DockerConnection connection, Func<string, string?> variable)
{
    private const string ForcedVariable = "DOCKER_API_VERSION";

    private static readonly DockerCall Ping = DockerCall.Get("_ping", "ask for the version", "engine");

    public async Task<DockerVersionAnswer> AskAsync(CancellationToken cancellationToken)
    {
        var forced = Forced();
        var (newest, isPodman) = await connection.SendAsync(Ping, "_ping", (response, _) =>
        {
            using (response)
            {
                return DockerApiVersion.TryParse(Header(response, "Api-Version"), out var version)
                    ? Task.FromResult((version, Header(response, "Libpod-API-Version") is not null))
                    : throw DockerErrors.Protocol(connection.Endpoint, Ping, "it tells no API version. Is this address an engine's?");
            }
        }, cancellationToken).ConfigureAwait(false);
        if (forced is { } spoken)
        {
            return new DockerVersionAnswer(spoken, newest, isPodman);
        }

        if (newest < DockerApiVersion.Oldest)
        {
            throw NotSupported($"it speaks the API up to {newest}, and {DockerApiVersion.Oldest} is the oldest that is understood here. "
                + "Update it to Docker 20.10 or later");
        }

        if (newest > DockerApiVersion.Newest && await MinimumAsync(cancellationToken).ConfigureAwait(false) is { } minimum
            && minimum > DockerApiVersion.Newest)
        {
            throw NotSupported($"it speaks the API from {minimum} on, and {DockerApiVersion.Newest} is the newest that is understood here. "
                + "Update PatchContainers, or let the engine speak older versions (DOCKER_MIN_API_VERSION)");
        }

        return new DockerVersionAnswer(newest < DockerApiVersion.Newest ? newest : DockerApiVersion.Newest, newest, isPodman);
    }

    private DockerApiVersion? Forced() => variable(ForcedVariable) is not { Length: > 0 } text ? null
        : DockerApiVersion.TryParse(text, out var version) && version >= DockerApiVersion.Oldest && version <= DockerApiVersion.Newest
            ? version
        : throw new PatchException(PatchErrorCode.InvalidArgument, text, $"{ForcedVariable} is '{text}', and not a version from "
            + $"{DockerApiVersion.Oldest} to {DockerApiVersion.Newest}. Unset it: the newest that both speak is found out.");

    private Task<DockerApiVersion?> MinimumAsync(CancellationToken cancellationToken) =>
        connection.SendAsync<DockerApiVersion?>(Ping, "version", async (response, token) =>
        {
            using (response)
            using (var body = await PooledBody.ReadAsync(response, DockerConnection.MaxBody, token).ConfigureAwait(false))
            {
                return body is not null && DockerApiVersion.TryParse(Minimum(body.Bytes), out var version) ? version : null;
            }
        }, cancellationToken);

    private string? Minimum(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            return JsonElement.ParseValue(ref reader).Text("MinAPIVersion");
        }
        catch (JsonException e)
        {
            throw DockerErrors.Protocol(connection.Endpoint, Ping, "its answer is no JSON. Is this address an engine's?", e);
        }
    }

    private PatchException NotSupported(string fault) => new(PatchErrorCode.NotSupported, connection.Endpoint.Name,
        $"The engine {connection.Endpoint.Name} cannot be used: {fault}.");

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
