using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace PatchContainers.TestKit.Http;

/// <summary>A request as it came.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Body">The body as text.</param>
/// <param name="ClientCertificate">The subject of the client's certificate; null where it gave none.</param>
public sealed record StubRequest(
    string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body, string? ClientCertificate);

/// <summary>What is answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body.</param>
/// <param name="Location">The Location header, if any.</param>
/// <param name="ContentEncoding">The Content-Encoding header, if any; the body stays as it is.</param>
public sealed record StubAnswer(int Status, string Body = "", string? Location = null, string? ContentEncoding = null)
{
    /// <summary>Headers besides.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>A body that is no text; null for <see cref="Body"/>.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>Whether the connection is cut in place of an answer.</summary>
    public bool IsCut { get; init; }
}

/// <summary>An HTTP server on 127.0.0.1, or on a Unix socket, that answers as it is told, and keeps what it was asked.</summary>
public sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<StubRequest> _requests = new();

    private StubServer(WebApplication application) => _application = application;

    /// <summary>Its address, without a slash at the end.</summary>
    public string Url { get; private set; } = string.Empty;

    /// <summary>The requests so far.</summary>
    public IReadOnlyList<StubRequest> Requests => [.. _requests];

    /// <summary>Starts a server on a Unix socket.</summary>
    /// <param name="socket">The socket's path.</param>
    /// <param name="answer">Answers a request.</param>
    public static Task<StubServer> StartOnSocketAsync(string socket, Func<StubRequest, StubAnswer> answer) =>
        StartAsync(kestrel => kestrel.ListenUnixSocket(socket), answer);

    /// <summary>Starts a server on a free port.</summary>
    /// <param name="answer">Answers a request.</param>
    /// <param name="certificate">Its certificate; null for a server without TLS.</param>
    /// <param name="asksForCertificate">Whether it asks clients for theirs; it takes any, or none.</param>
    public static Task<StubServer> StartAsync(
        Func<StubRequest, StubAnswer> answer, X509Certificate2? certificate = null, bool asksForCertificate = false) =>
        StartAsync(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = certificate,
                    ClientCertificateMode = asksForCertificate ? ClientCertificateMode.AllowCertificate
                        : ClientCertificateMode.NoCertificate,
                    ClientCertificateValidation = (_, _, _) => true,
                });
            }
        }), answer);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private static async Task<StubServer> StartAsync(Action<KestrelServerOptions> listen, Func<StubRequest, StubAnswer> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(listen);
        var application = builder.Build();
        var server = new StubServer(application);
        application.Run(context => server.HandleAsync(context, answer));
        await application.StartAsync();
        server.Url = application.Urls.Single();
        return server;
    }

    private async Task HandleAsync(HttpContext context, Func<StubRequest, StubAnswer> answer)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new StubRequest(context.Request.Method, context.Request.Path + context.Request.QueryString,
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(context.RequestAborted), context.Connection.ClientCertificate?.Subject);
        _requests.Enqueue(request);
        var said = answer(request);
        if (said.IsCut)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = said.Status;
        if (said.Location is not null)
        {
            context.Response.Headers.Location = said.Location;
        }

        if (said.ContentEncoding is not null)
        {
            context.Response.Headers.ContentEncoding = said.ContentEncoding;
        }

        foreach (var (name, value) in said.Headers)
        {
            context.Response.Headers[name] = value;
        }

        if (said.Bytes is not null)
        {
            await context.Response.Body.WriteAsync(said.Bytes, context.RequestAborted);
        }
        else if (said.Body.Length > 0)
        {
            await context.Response.WriteAsync(said.Body, context.RequestAborted);
        }
    }
}
