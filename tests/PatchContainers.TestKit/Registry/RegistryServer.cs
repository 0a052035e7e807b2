using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace PatchContainers.TestKit.Registry;

/// <summary>
/// A registry of the OCI distribution specification 1.1 over real HTTP on 127.0.0.1: pull, push in one piece and in chunks, mount, tags in
/// pages, authentication; and lies to order.
/// </summary>
public sealed class RegistryServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<RegistryRequest> _requests = new();
    private readonly RegistryTokens _tokens;
    private readonly RegistryManifests _manifests;
    private readonly RegistryBlobs _blobs;
    private readonly RegistryUploads _uploads;

    private RegistryServer(RegistryServerOptions options, WebApplication application)
    {
        Options = options;
        _application = application;
        _tokens = new RegistryTokens(this);
        _manifests = new RegistryManifests(this);
        _blobs = new RegistryBlobs(this);
        _uploads = new RegistryUploads(this);
    }

    /// <summary>What kind of registry it is.</summary>
    public RegistryServerOptions Options { get; }

    /// <summary>What it holds.</summary>
    public RegistryContent Content { get; } = new();

    /// <summary>What it does wrong.</summary>
    public RegistryLies Lies { get; } = new();

    /// <summary>Its name in references: <c>127.0.0.1:PORT</c>.</summary>
    public string Host { get; private set; } = string.Empty;

    /// <summary>The requests so far, in the order of their answers.</summary>
    public IReadOnlyList<RegistryRequest> Requests => [.. _requests];

    /// <summary>Starts a registry on a free port.</summary>
    public static async Task<RegistryServer> StartAsync(RegistryServerOptions? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        options ??= new RegistryServerOptions();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (options.SelfSignedTls)
                {
                    listen.UseHttps(SelfSigned());
                }
            });
        });
        var application = builder.Build();
        var server = new RegistryServer(options, application);
        application.Run(server.HandleAsync);
        await application.StartAsync();
        server.Host = new Uri(application.Urls.Single()).Authority;
        return server;
    }

    /// <summary>How many requests there were of this method, whose path contains this text.</summary>
    public int Count(string method, string path = "") =>
        _requests.Count(r => r.Method == method && r.Path.Contains(path, StringComparison.Ordinal));

    /// <summary>Forgets the requests so far.</summary>
    public void ClearRequests() => _requests.Clear();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256) { CertificateExtensions = { names.Build() } };
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    internal static async Task ErrorAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.WriteAsJsonAsync(new { errors = new[] { new { code, message } } });
        }
    }

    private Task HandleAsync(HttpContext context)
    {
        // Before the answer leaves, so that whoever has it finds it here.
        context.Response.OnStarting(() =>
        {
            _requests.Enqueue(new RegistryRequest(context.Request.Method, context.Request.Path + context.Request.QueryString.Value,
                context.Request.Headers.Authorization.ToString(), context.Request.Headers.Accept.ToString(), context.Response.StatusCode));
            return Task.CompletedTask;
        });
        return AnswerAsync(context);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (await LieAsync(context))
        {
            return;
        }

        var path = context.Request.Path.Value ?? string.Empty;
        if (path == "/token")
        {
            await _tokens.IssueAsync(context);
            return;
        }

        if (!path.StartsWith("/v2/", StringComparison.Ordinal))
        {
            await ErrorAsync(context, 404, "NOT_FOUND", "not here");
            return;
        }

        var parts = Split(path[4..]);
        if (!await _tokens.AllowsAsync(context, parts?.Repository))
        {
            return;
        }

        if (path == "/v2/")
        {
            context.Response.Headers["Docker-Distribution-Api-Version"] = "registry/2.0";
            return;
        }

        await (parts switch
        {
            { Kind: "manifests" } p => _manifests.HandleAsync(context, p.Repository, p.Rest),
            { Kind: "tags", Rest: "list" } p => _manifests.ListTagsAsync(context, p.Repository),
            { Kind: "blobs", Rest: "uploads" } p => _uploads.StartAsync(context, p.Repository),
            { Kind: "blobs" } p when p.Rest.StartsWith("uploads/", StringComparison.Ordinal) =>
                _uploads.ContinueAsync(context, p.Repository, p.Rest["uploads/".Length..]),
            { Kind: "blobs" } p => _blobs.HandleAsync(context, p.Repository, p.Rest),
            _ => ErrorAsync(context, 404, "NOT_FOUND", "no such endpoint"),
        });
    }

    private async Task<bool> LieAsync(HttpContext context)
    {
        var status = Lies.TooManyRequests > 0 ? 429 : Lies.Unavailable > 0 ? 503 : 0;
        if (status == 0)
        {
            return false;
        }

        if (status == 429)
        {
            Lies.TooManyRequests--;
        }
        else
        {
            Lies.Unavailable--;
        }

        if (Lies.RetryAfter is { } after)
        {
            context.Response.Headers.RetryAfter = after;
        }

        var detail = Lies.EchoAuthorization ? context.Request.Headers.Authorization.ToString() : "try again";
        await ErrorAsync(context, status, status == 429 ? "TOOMANYREQUESTS" : "UNAVAILABLE", detail);
        return true;
    }

    // A repository's name may itself hold the words, so the last of them counts.
    private static Parts? Split(string path)
    {
        foreach (var (word, kind) in new[] { ("/blobs/uploads/", "blobs"), ("/blobs/", "blobs"), ("/manifests/", "manifests"),
            ("/tags/", "tags") })
        {
            var at = path.LastIndexOf(word, StringComparison.Ordinal);
            if (at > 0)
            {
                var rest = path[(at + word.Length)..];
                return new Parts(path[..at], kind, word == "/blobs/uploads/" ? ("uploads/" + rest).TrimEnd('/') : rest);
            }
        }

        return null;
    }

    private sealed record Parts(string Repository, string Kind, string Rest);
}
