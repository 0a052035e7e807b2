using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PatchContainers.TestKit.Kubernetes;

/// <summary>
/// As much of an API server as it takes to do what a real one cannot be made to do: forget the version of a list or a watch in the middle,
/// answer 429 and 503, end watches. Over real HTTP on 127.0.0.1, without TLS; lists are paged, and gzip where it is asked for.
/// </summary>
public sealed class KubernetesServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<KubernetesRequest> _requests = new();
    private readonly ConcurrentDictionary<string, IReadOnlyList<JsonObject>> _lists = new(StringComparer.Ordinal);

    private KubernetesServer(WebApplication application) => _application = application;

    /// <summary>Its address.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>The requests so far.</summary>
    public IReadOnlyList<KubernetesRequest> Requests => [.. _requests];

    /// <summary>The next answers, before anything else is looked at.</summary>
    public ConcurrentQueue<KubernetesFault> Faults { get; } = new();

    /// <summary>How often the version of a list is forgotten once its first page was given (410).</summary>
    public int ForgottenLists { get; set; }

    /// <summary>Whether lists of several pages give the same continue token for ever.</summary>
    public bool RepeatsTokens { get; set; }

    /// <summary>The watches to come: each connection gets the lines of one, and is closed. The last one stays open.</summary>
    public ConcurrentQueue<IReadOnlyList<string>> Watches { get; } = new();

    /// <summary>Starts a server on a free port.</summary>
    public static async Task<KubernetesServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        var server = new KubernetesServer(application);
        application.Run(server.HandleAsync);
        await application.StartAsync();
        server.Address = new Uri(application.Urls.Single());
        return server;
    }

    /// <summary>Sets what a list holds: <c>api/v1/pods</c>, <c>apis/apps/v1/namespaces/demo/deployments</c>.</summary>
    public void SetList(string path, IEnumerable<JsonObject> items) => _lists["/" + path] = items.ToArray();

    /// <summary>A kubeconfig for this server.</summary>
    /// <param name="user">The user's fields, in YAML's flow style: <c>token: abc</c>.</param>
    public string Kubeconfig(string user = "token: t0ken") => $$$"""
        apiVersion: v1
        kind: Config
        clusters: [{name: fake, cluster: {server: "{{{Address}}}"}}]
        users: [{name: someone, user: { {{{user}}} }}]
        contexts: [{name: fake, context: {cluster: fake, user: someone, namespace: demo}}]
        current-context: fake
        """;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        using var reader = new StreamReader(request.Body);
        _requests.Enqueue(new KubernetesRequest(request.Method, request.Path.Value ?? string.Empty, request.QueryString.Value ?? string.Empty,
            request.Headers.Authorization.ToString(), await reader.ReadToEndAsync())
        {
            Headers = request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
        });
        if (Faults.TryDequeue(out var fault))
        {
            await FailAsync(context, fault);
        }
        else if (request.Query["watch"] == "true")
        {
            await WatchAsync(context);
        }
        else if (_lists.TryGetValue(request.Path.Value!, out var items))
        {
            await ListAsync(context, items);
        }
        else if (KindsBelow(request.Path.Value!) is { Count: > 0 } kinds)
        {
            await context.Response.WriteAsync(new JsonObject { ["kind"] = "APIResourceList", ["resources"] = kinds }.ToJsonString());
        }
        else
        {
            await StatusAsync(context, 404, "NotFound", "there is nothing here");
        }
    }

    // The kinds of a group's version that there are lists of.
    private JsonArray KindsBelow(string path) => [.. _lists.Keys.Where(l => l.StartsWith(path + "/", StringComparison.Ordinal))
        .Select(l => l.Split('/')[^1]).Distinct().Select(name => new JsonObject { ["name"] = name })];

    private static async Task FailAsync(HttpContext context, KubernetesFault fault)
    {
        if (fault.Status == 0)
        {
            context.Abort();
            return;
        }

        if (fault.RetryAfter is { } after)
        {
            context.Response.Headers.RetryAfter = after;
        }

        var message = fault.Message.Replace("{authorization}", context.Request.Headers.Authorization.ToString(), StringComparison.Ordinal);
        await StatusAsync(context, fault.Status, fault.Reason, message);
    }

    private async Task ListAsync(HttpContext context, IReadOnlyList<JsonObject> items)
    {
        var query = context.Request.Query;
        var start = query["continue"].ToString() is { Length: > 0 } token ? int.Parse(token, null) : 0;
        if (start > 0 && ForgottenLists > 0)
        {
            ForgottenLists--;
            await StatusAsync(context, 410, "Expired", "The provided continue parameter is too old");
            return;
        }

        var end = int.TryParse(query["limit"], out var limit) ? Math.Min(items.Count, start + limit) : items.Count;
        var metadata = new JsonObject { ["resourceVersion"] = "1000" };
        if (end < items.Count)
        {
            metadata["continue"] = $"{(RepeatsTokens ? 1 : end)}";
        }

        // The items are written as they are: a large list is not copied into another tree.
        var response = context.Response;
        response.ContentType = "application/json";
        var zip = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal);
        if (zip)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        await using Stream body = zip ? new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true) : response.Body;
        await body.WriteAsync(Encoding.UTF8.GetBytes($$"""{"kind":"List","apiVersion":"v1","metadata":{{metadata.ToJsonString()}} ,"items":["""));
        for (var i = start; i < end; i++)
        {
            await body.WriteAsync(Encoding.UTF8.GetBytes((i > start ? "," : string.Empty) + items[i].ToJsonString()));
        }

        await body.WriteAsync("]}"u8.ToArray());
    }

    private async Task WatchAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync();
        if (Watches.TryDequeue(out var lines))
        {
            foreach (var line in lines)
            {
                await context.Response.WriteAsync(line);
            }

            if (!Watches.IsEmpty)
            {
                return;
            }
        }

        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task StatusAsync(HttpContext context, int status, string reason, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["status"] = "Failure",
            ["reason"] = reason,
            ["message"] = message,
            ["code"] = status,
        }.ToJsonString());
    }
}
