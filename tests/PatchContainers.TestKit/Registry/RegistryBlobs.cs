using System.Globalization;
using Microsoft.AspNetCore.Http;
using PatchContainers.Images;

namespace PatchContainers.TestKit.Registry;

/// <summary>The endpoint <c>/v2/NAME/blobs/DIGEST</c>.</summary>
internal sealed class RegistryBlobs(RegistryServer server)
{
    public async Task HandleAsync(HttpContext context, string name, string reference)
    {
        var response = context.Response;
        if (context.Request.Method is not ("GET" or "HEAD"))
        {
            await RegistryServer.ErrorAsync(context, 405, "UNSUPPORTED", "method not allowed");
            return;
        }

        if (!Digest.TryParse(reference, out var digest))
        {
            await RegistryServer.ErrorAsync(context, 400, "DIGEST_INVALID", "invalid digest");
            return;
        }

        if (server.Content.Find(name)?.Blobs.GetValueOrDefault(digest) is not { } content)
        {
            await RegistryServer.ErrorAsync(context, 404, "BLOB_UNKNOWN", "blob unknown to registry");
            return;
        }

        if (server.Options.RedirectBlobsTo is { } elsewhere && context.Request.Method == "GET")
        {
            response.StatusCode = 307;
            response.Headers.Location = elsewhere.TrimEnd('/') + context.Request.Path;
            return;
        }

        response.ContentType = "application/octet-stream";
        response.Headers["Docker-Content-Digest"] = reference;
        response.Headers.AcceptRanges = "bytes";
        var start = Start(context.Request.Headers.Range.ToString());
        if (start > 0)
        {
            if (start >= content.Length)
            {
                response.StatusCode = 416;
                return;
            }

            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {start}-{content.Length - 1}/{content.Length}";
        }

        response.ContentLength = content.Length - start;
        if (context.Request.Method == "HEAD")
        {
            return;
        }

        var bytes = content.AsMemory(start);
        if (server.Lies.WrongBlobs)
        {
            bytes = bytes.ToArray();
            bytes.Span[^1] ^= 1;
        }

        if (server.Lies.TruncatedBlobs > 0)
        {
            server.Lies.TruncatedBlobs--;
            await response.Body.WriteAsync(bytes[..(bytes.Length / 2)]);
            await response.Body.FlushAsync();
            context.Abort();
            return;
        }

        await response.Body.WriteAsync(bytes);
    }

    private static int Start(string range) => range.StartsWith("bytes=", StringComparison.Ordinal) && range.EndsWith('-')
        ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture)
        : 0;
}
