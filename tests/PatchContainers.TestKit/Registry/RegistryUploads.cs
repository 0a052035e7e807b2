using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using PatchContainers.Images;

namespace PatchContainers.TestKit.Registry;

/// <summary>
/// The endpoints <c>/v2/NAME/blobs/uploads/</c>. The location changes with every chunk, as the specification allows, so that a client which
/// keeps the first one fails.
/// </summary>
internal sealed class RegistryUploads(RegistryServer server)
{
    private readonly ConcurrentDictionary<string, Session> _sessions = new();

    public async Task StartAsync(HttpContext context, string name)
    {
        if (context.Request.Method != "POST")
        {
            await RegistryServer.ErrorAsync(context, 405, "UNSUPPORTED", "method not allowed");
            return;
        }

        var query = context.Request.Query;
        if (Digest.TryParse(query["mount"], out var mount) && server.Options.Mounts
            && server.Content.Find(query["from"].ToString())?.Blobs.TryGetValue(mount, out var mounted) == true)
        {
            server.Content[name].Blobs[mount] = mounted;
            Created(context, name, mount);
            return;
        }

        var session = new Session(Guid.NewGuid().ToString("N"));
        _sessions[session.Id] = session;
        context.Response.StatusCode = 202;
        if (server.Options.ChunkMinLength > 0)
        {
            context.Response.Headers["OCI-Chunk-Min-Length"] = server.Options.ChunkMinLength.ToString(CultureInfo.InvariantCulture);
        }

        Describe(context, name, session);
    }

    public async Task ContinueAsync(HttpContext context, string name, string id)
    {
        if (!_sessions.TryGetValue(id, out var session)
            || session.State.ToString(CultureInfo.InvariantCulture) != context.Request.Query["state"])
        {
            await RegistryServer.ErrorAsync(context, 404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
            return;
        }

        switch (context.Request.Method)
        {
            case "GET":
                context.Response.StatusCode = 204;
                Describe(context, name, session);
                break;
            case "PATCH":
                if (await AppendAsync(context, name, session))
                {
                    context.Response.StatusCode = 202;
                    Describe(context, name, session);
                }

                break;
            case "PUT":
                await FinishAsync(context, name, session);
                break;
            case "DELETE" when server.Lies.LostCancels:
                context.Abort();
                break;
            case "DELETE":
                _sessions.TryRemove(id, out _);
                context.Response.StatusCode = 204;
                break;
            default:
                await RegistryServer.ErrorAsync(context, 405, "UNSUPPORTED", "method not allowed");
                break;
        }
    }

    private async Task FinishAsync(HttpContext context, string name, Session session)
    {
        if (server.Lies.UnavailableCommits > 0)
        {
            server.Lies.UnavailableCommits--;
            await RegistryServer.ErrorAsync(context, 503, "UNAVAILABLE", "try again");
            return;
        }

        if (!await AppendAsync(context, name, session))
        {
            return;
        }

        _sessions.TryRemove(session.Id, out _);
        var content = session.Bytes.ToArray();
        if (!Digest.TryParse(context.Request.Query["digest"], out var digest) || !digest.Matches(content))
        {
            await RegistryServer.ErrorAsync(context, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
            return;
        }

        server.Content[name].Blobs[digest] = content;
        if (server.Lies.LostCommits > 0)
        {
            server.Lies.LostCommits--;
            context.Abort();
            return;
        }

        Created(context, name, digest);
    }

    private async Task<bool> AppendAsync(HttpContext context, string name, Session session)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var range = context.Request.Headers.ContentRange.ToString();
        if (range.Length > 0)
        {
            var ends = range.Replace("bytes ", string.Empty, StringComparison.Ordinal).Split('-')
                .Select(e => long.Parse(e, CultureInfo.InvariantCulture)).ToArray();
            var lost = server.Lies.LostChunks > 0;
            if (lost)
            {
                // Half of the chunk arrived before its sender was cut off.
                server.Lies.LostChunks--;
                session.Bytes.Write(body.ToArray().AsSpan(0, (int)body.Length / 2));
                session.State++;
            }

            if (lost || ends[0] != session.Bytes.Length || ends[1] - ends[0] + 1 != body.Length)
            {
                context.Response.StatusCode = 416;
                Describe(context, name, session);
                return false;
            }

            // Only the last chunk may be shorter, and which one was the last is seen when another one comes.
            if (session.HasShortChunk && body.Length > 0)
            {
                await RegistryServer.ErrorAsync(context, 400, "BLOB_UPLOAD_INVALID", "a chunk below OCI-Chunk-Min-Length was not the last");
                return false;
            }

            session.HasShortChunk = body.Length < server.Options.ChunkMinLength;
        }

        body.Position = 0;
        body.CopyTo(session.Bytes);
        session.State++;
        return true;
    }

    private static void Describe(HttpContext context, string name, Session session)
    {
        context.Response.Headers.Location = $"/v2/{name}/blobs/uploads/{session.Id}?state={session.State}";
        context.Response.Headers.Range = $"0-{Math.Max(0, session.Bytes.Length - 1)}";
        context.Response.Headers["Docker-Upload-UUID"] = session.Id;
    }

    private static void Created(HttpContext context, string name, Digest digest)
    {
        context.Response.StatusCode = 201;
        context.Response.Headers.Location = $"/v2/{name}/blobs/{digest}";
        context.Response.Headers["Docker-Content-Digest"] = digest.ToString();
    }

    private sealed class Session(string id)
    {
        public string Id { get; } = id;

        public MemoryStream Bytes { get; } = new();

        public int State { get; set; }

        public bool HasShortChunk { get; set; }
    }
}
