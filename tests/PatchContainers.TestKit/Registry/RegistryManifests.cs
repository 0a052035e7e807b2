using System.Globalization;
using Microsoft.AspNetCore.Http;
using PatchContainers.Images;
using PatchContainers.TestKit.Images;

namespace PatchContainers.TestKit.Registry;

/// <summary>The endpoints <c>/v2/NAME/manifests/REFERENCE</c> and <c>/v2/NAME/tags/list</c>.</summary>
internal sealed class RegistryManifests(RegistryServer server)
{
    public Task HandleAsync(HttpContext context, string repository, string reference) => context.Request.Method switch
    {
        "GET" or "HEAD" => ReadAsync(context, repository, reference),
        "PUT" => WriteAsync(context, repository, reference),
        _ => RegistryServer.ErrorAsync(context, 405, "UNSUPPORTED", "method not allowed"),
    };

    public async Task ListTagsAsync(HttpContext context, string name)
    {
        if (server.Content.Find(name) is not { } repository)
        {
            await RegistryServer.ErrorAsync(context, 404, "NAME_UNKNOWN", "repository name not known to registry");
            return;
        }

        var last = context.Request.Query["last"].ToString();
        var asked = int.TryParse(context.Request.Query["n"], CultureInfo.InvariantCulture, out var n) ? n : int.MaxValue;
        var size = Math.Min(asked, server.Options.TagPageSize);
        var left = repository.Tags.Keys.Order(StringComparer.Ordinal).Where(t => string.CompareOrdinal(t, last) > 0).ToArray();
        var page = left.Take(size).ToArray();
        if (left.Length > page.Length && page.Length > 0)
        {
            context.Response.Headers.Link = $"</v2/{name}/tags/list?last={Uri.EscapeDataString(page[^1])}&n={size}>; rel=\"next\"";
        }

        await context.Response.WriteAsJsonAsync(new { name, tags = page });
    }

    private async Task ReadAsync(HttpContext context, string name, string reference)
    {
        if (server.Content.Find(name)?.Manifest(reference) is not { } manifest)
        {
            await RegistryServer.ErrorAsync(context, 404, "MANIFEST_UNKNOWN", "manifest unknown");
            return;
        }

        var accepted = context.Request.Headers.Accept.ToString();
        var response = context.Response;
        if (server.Lies.Schema1 || (server.Options.Old && !accepted.Contains(manifest.MediaType, StringComparison.Ordinal)))
        {
            // An old registry converts what a client does not accept; the converted form has a digest of its own.
            var converted = System.Text.Encoding.UTF8.GetBytes(
                "{\"schemaVersion\":1,\"name\":\"" + name + "\",\"fsLayers\":[],\"history\":[]}");
            manifest = new TestBlob(MediaTypes.DockerSchema1Signed, converted, Digest.OfBytes(converted));
        }

        var digest = manifest.Descriptor.Digest;
        var content = server.Lies.WrongManifests ? [.. manifest.Content, (byte)' '] : manifest.Content;
        response.ContentType = manifest.MediaType;
        if (server.Options.DigestOnHead || context.Request.Method == "GET")
        {
            response.Headers["Docker-Content-Digest"] = (server.Lies.WrongDigestHeader
                ? Digest.OfBytes("something else"u8) : digest).ToString();
        }

        if (server.Lies.ManifestPadding == 0)
        {
            response.ContentLength = content.Length;
        }

        if (context.Request.Method == "HEAD")
        {
            return;
        }

        await response.Body.WriteAsync(content);
        var blank = Enumerable.Repeat((byte)' ', 64 * 1024).ToArray();
        for (var left = server.Lies.ManifestPadding; left > 0 && !context.RequestAborted.IsCancellationRequested; left -= blank.Length)
        {
            await response.Body.WriteAsync(blank, context.RequestAborted);
        }
    }

    private async Task WriteAsync(HttpContext context, string name, string reference)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var content = body.ToArray();
        var digest = Digest.OfBytes(content);
        var mediaType = context.Request.ContentType ?? string.Empty;
        if (reference.Contains(':', StringComparison.Ordinal) && reference != digest.ToString())
        {
            await RegistryServer.ErrorAsync(context, 400, "DIGEST_INVALID", "provided digest did not match uploaded content");
            return;
        }

        var repository = server.Content[name];
        var missing = MediaTypes.IsIndex(mediaType)
            ? ImageIndex.Parse(content, mediaType, reference).Manifests.FirstOrDefault(m => !repository.Manifests.ContainsKey(m.Digest))
            : Parts(ImageManifest.Parse(content, mediaType, reference)).FirstOrDefault(b => !repository.Blobs.ContainsKey(b.Digest));
        if (missing is not null)
        {
            await RegistryServer.ErrorAsync(context, 404, MediaTypes.IsIndex(mediaType)
                ? "MANIFEST_UNKNOWN" : "MANIFEST_BLOB_UNKNOWN", $"unknown: {missing.Digest}");
            return;
        }

        repository.Manifests[digest] = new TestBlob(mediaType, content, digest);
        if (!reference.Contains(':', StringComparison.Ordinal))
        {
            repository.Tags[reference] = digest;
        }

        context.Response.StatusCode = 201;
        context.Response.Headers.Location = $"/v2/{name}/manifests/{digest}";
        context.Response.Headers["Docker-Content-Digest"] = digest.ToString();
    }

    private static IEnumerable<Descriptor> Parts(ImageManifest manifest) =>
        manifest.Layers.Where(l => l.Urls.Count == 0).Prepend(manifest.Config);
}
