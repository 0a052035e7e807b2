using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>
/// One watch, over as many connections as it takes: servers end them every few minutes, and when they restart. It goes on from the last
/// version it saw, so that nothing is missed or told twice.
/// </summary>
internal sealed class KubernetesWatch(KubernetesConnection connection, string context, KubernetesClientOptions options, KubernetesCall call,
    string query)
{
    private const int MaxLine = 32 * 1024 * 1024;

    // The server ends the watch; past that and some more, the connection is dead. Bookmarks come every minute.
    private const int ServerSeconds = 290;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(ServerSeconds + 30);

    private HttpResponseMessage? _response;
    private JsonLineReader? _lines;

    public async IAsyncEnumerable<KubernetesWatchEvent> RunAsync(string? version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            for (var idle = 1; ; idle++)
            {
                var expired = !await OpenAsync(version, cancellationToken).ConfigureAwait(false);
                while (!expired && await NextAsync(cancellationToken).ConfigureAwait(false) is { } told)
                {
                    if (told.Type == KubernetesWatchEventType.Expired)
                    {
                        expired = true;
                        break;
                    }

                    version = told.ResourceVersion;
                    idle = 0;
                    yield return told;
                }

                Close();
                if (expired)
                {
                    yield return new KubernetesWatchEvent(KubernetesWatchEventType.Expired, default, string.Empty);
                    yield break;
                }

                if (idle > 0)
                {
                    // It ended before it told anything: not at once again.
                    await connection.DelayAsync(idle, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            Close();
        }
    }

    // False where the version is too old.
    private async Task<bool> OpenAsync(string? version, CancellationToken cancellationToken)
    {
        var address = $"{call.Address}?watch=true&allowWatchBookmarks=true&timeoutSeconds={ServerSeconds}{query}"
            + (string.IsNullOrEmpty(version) ? string.Empty : "&resourceVersion=" + Uri.EscapeDataString(version));
        return await connection.SendAsync(call with { Address = address }, async (response, token) =>
        {
            if (response.StatusCode == HttpStatusCode.Gone)
            {
                response.Dispose();
                return false;
            }

            _lines = new JsonLineReader(await response.Content.ReadAsStreamAsync(token).ConfigureAwait(false), MaxLine);
            _response = response;
            return true;
        }, cancellationToken, HttpStatusCode.Gone).ConfigureAwait(false);
    }

    // Null where the connection ended, or must be made anew.
    private async Task<KubernetesWatchEvent?> NextAsync(CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(Silence, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            return await _lines!.ReadAsync(either.Token).ConfigureAwait(false) is { } line ? Read(line) : null;
        }
        catch (Exception e) when (KubernetesConnection.IsConnectionFault(e, cancellationToken))
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw KubernetesErrors.Protocol(context, call, "the server's watch is no stream of events", e);
        }
    }

    private KubernetesWatchEvent? Read(ReadOnlyMemory<byte> line)
    {
        var reader = new Utf8JsonReader(line.Span, new JsonReaderOptions { MaxDepth = KubernetesClient.MaxDepth });
        var root = JsonElement.ParseValue(ref reader);
        var target = root.At("object") ?? throw KubernetesErrors.Protocol(context, call, "an event of the server's watch has no object");
        KubernetesWatchEventType type;
        switch (root.Text("type"))
        {
            case "ADDED":
                type = KubernetesWatchEventType.Added;
                break;
            case "MODIFIED":
                type = KubernetesWatchEventType.Modified;
                break;
            case "DELETED":
                type = KubernetesWatchEventType.Deleted;
                break;
            case "BOOKMARK":
                type = KubernetesWatchEventType.Bookmark;
                break;
            case "ERROR":
                // Of what else can go wrong, the next connection tells.
                return target.Number("code") == (int)HttpStatusCode.Gone
                    ? new KubernetesWatchEvent(KubernetesWatchEventType.Expired, default, string.Empty) : null;
            default:
                throw KubernetesErrors.Protocol(context, call, "the server's watch has an event of an unknown type");
        }

        return new KubernetesWatchEvent(type, target, target.Text("metadata", "resourceVersion")
            ?? throw KubernetesErrors.Protocol(context, call, "an event of the server's watch has no resourceVersion"));
    }

    private void Close()
    {
        _response?.Dispose();
        (_response, _lines) = (null, null);
    }
}
