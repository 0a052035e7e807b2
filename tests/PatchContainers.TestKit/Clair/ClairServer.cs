using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.TestKit.ApiDescriptions;
using PatchContainers.TestKit.Http;

namespace PatchContainers.TestKit.Clair;

/// <summary>
/// Clair v4 over real HTTP on 127.0.0.1: it fetches the layers that it is told of and holds them against their digests, takes as long as
/// it is told, and knows the vulnerabilities that it is told. All it is asked and answers is held against Clair's published description,
/// where that is there.
/// </summary>
public sealed class ClairServer : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private readonly ConcurrentDictionary<string, int> _polls = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _deleted = new();
    private readonly ClairServerOptions _options;
    private readonly ApiWatch _watch;
    private StubServer? _server;
    private int _reports;

    private ClairServer(ClairServerOptions options)
    {
        _options = options;
        _watch = new ApiWatch(ConformanceData.Find("clair", "openapi", "openapi.json") is { } file ? ApiDescription.Read(file) : null);
    }

    /// <summary>Its address.</summary>
    public string Url => _server!.Url;

    /// <summary>What it was asked.</summary>
    public IReadOnlyList<StubRequest> Requests => _server!.Requests;

    /// <summary>What was not as Clair's description says.</summary>
    public IReadOnlyList<string> Faults => _watch.Faults;

    /// <summary>What is answered instead, one after another: by the beginning of method and target (<c>GET /matcher/</c>).</summary>
    public ConcurrentQueue<(string Beginning, StubAnswer Answer)> Instead { get; } = new();

    /// <summary>The sets of notifications that were deleted.</summary>
    public IReadOnlyList<string> Deleted => [.. _deleted];

    /// <summary>Starts it.</summary>
    public static async Task<ClairServer> StartAsync(ClairServerOptions? options = null)
    {
        var clair = new ClairServer(options ?? new ClairServerOptions());
        clair._server = await StubServer.StartAsync(clair._watch.Watch(clair.Answer));
        return clair;
    }

    /// <summary>The error that Clair answers with.</summary>
    public static StubAnswer Error(int status, string code, string message) =>
        Json(status, JsonSerializer.Serialize(new { code, message }));

    /// <summary>A notification of a new vulnerability in a package.</summary>
    /// <param name="manifest">The manifest's digest.</param>
    /// <param name="flaw">The vulnerability.</param>
    public static JsonNode Notification(Digest manifest, string flaw) => new JsonObject
    {
        ["id"] = Guid.NewGuid().ToString(),
        ["manifest"] = manifest.ToString(),
        ["reason"] = "added",
        ["vulnerability"] = new JsonObject
        {
            ["name"] = flaw,
            ["normalized_severity"] = "High",
            ["fixed_in_version"] = "7.88.1-10+deb12u5",
            ["package"] = new JsonObject { ["id"] = "1", ["name"] = "curl", ["version"] = string.Empty },
            ["arch_op"] = "equals",
            ["distribution"] = new JsonObject { ["id"] = "1", ["did"] = "debian", ["version_id"] = "12" },
        },
    };

    /// <summary>An answer in JSON.</summary>
    public static StubAnswer Json(int status, string body) =>
        new(status, body) { Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json" } };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private StubAnswer Answer(StubRequest request)
    {
        // Clair says no more than that (middleware/auth).
        if (_options.Key is { } key && !IsToken(request.Headers.GetValueOrDefault("Authorization") ?? string.Empty, key))
        {
            return new StubAnswer(401);
        }

        if (Instead.TryPeek(out var next) && $"{request.Method} {request.Target}".StartsWith(next.Beginning, StringComparison.Ordinal)
            && Instead.TryDequeue(out next))
        {
            return next.Answer;
        }

        var (path, query) = request.Target.Split('?', 2) is [var p, var q] ? (p, q) : (request.Target, string.Empty);
        var last = path[(path.LastIndexOf('/') + 1)..];
        return (request.Method, path[..^last.Length]) switch
        {
            ("POST", "/indexer/api/v1/") when last == "index_report" => Index(JsonNode.Parse(request.Body)!),
            ("GET", "/indexer/api/v1/index_report/") => IndexReport(200, last),
            ("GET", "/matcher/api/v1/vulnerability_report/") => Report(last),
            ("GET", "/matcher/api/v1/internal/") when last == "update_operation" => Json(200, _options.UpdateOperations),
            ("GET", "/notifier/api/v1/notification/") => Notifications(last, query),
            ("DELETE", "/notifier/api/v1/notification/") => Delete(last),
            _ => new StubAnswer(404),
        };
    }

    // RFC 7519; what Clair checks, with its 15 s of patience.
    private bool IsToken(string header, byte[] key)
    {
        if (header.Split(' ') is not ["Bearer", var token] || token.Split('.') is not [var head, var claims, var signature])
        {
            return false;
        }

        var now = _options.TimeProvider.GetUtcNow().ToUnixTimeSeconds();
        var said = JsonNode.Parse(Bytes(claims))!;
        return JsonNode.Parse(Bytes(head))!["alg"]!.GetValue<string>() == "HS256"
            && Bytes(signature).SequenceEqual(HMACSHA256.HashData(key, System.Text.Encoding.ASCII.GetBytes($"{head}.{claims}")))
            && said["iss"]!.GetValue<string>() == _options.Issuer
            && said["nbf"]!.GetValue<long>() <= now + 15 && said["iat"]!.GetValue<long>() <= now + 15
            && said["exp"]!.GetValue<long>() >= now - 15;
    }

    private static byte[] Bytes(string base64Url) =>
        Convert.FromBase64String(base64Url.Replace('-', '+').Replace('_', '/').PadRight((base64Url.Length + 3) / 4 * 4, '='));

    private StubAnswer Index(JsonNode manifest)
    {
        foreach (var layer in manifest["layers"]!.AsArray())
        {
            var (hash, uri) = (layer!["hash"]!.GetValue<string>(), layer["uri"]!.GetValue<string>());
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            if (layer["headers"]?["Authorization"]?[0]?.GetValue<string>() is { } authorization)
            {
                request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
            }

            using var response = Http.Send(request);
            using var content = response.Content.ReadAsStream();
#pragma warning disable CA1308 // Digests are in lower case.
            if ((int)response.StatusCode != 200 || $"sha256:{Convert.ToHexString(SHA256.HashData(content)).ToLowerInvariant()}" != hash)
#pragma warning restore CA1308
            {
                return Error(500, "internal-error",
                    $"failed to start scan: failed to fetch layers: fetcher: encountered errors: unexpected status: {(int)response.StatusCode}");
            }
        }

        return IndexReport(201, manifest["hash"]!.GetValue<string>());
    }

    private StubAnswer IndexReport(int status, string digest)
    {
        var poll = status == 201 ? _polls[digest] = 0 : _polls.AddOrUpdate(digest, 1, (_, n) => n + 1);
        var state = poll < _options.IndexStates.Count ? _options.IndexStates[poll] : "IndexFinished";
        var report = new JsonObject
        {
            ["manifest_hash"] = digest,
            ["state"] = state,
            ["success"] = state == "IndexFinished",
            ["err"] = state == "IndexError" ? _options.IndexError : string.Empty,
        };
        return Json(status, report.ToJsonString());
    }

    private StubAnswer Report(string digest)
    {
        if (_reports++ < _options.InitializingReports)
        {
            return new StubAnswer(202);
        }

        return _polls.ContainsKey(digest) ? Json(_options.ReportStatus, _options.Report(digest))
            : Error(404, "not-found", $"index report for manifest \"{digest}\" not found");
    }

    // Pages begin behind the notification that the one before ended with.
    private StubAnswer Notifications(string id, string query)
    {
        if (!Guid.TryParse(id, out _))
        {
            return Error(400, "bad-request", $"could not parse notification id: invalid UUID length: {id.Length}");
        }

        var parameters = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('='))
            .ToDictionary(p => p[0], p => p[1]);
        var size = int.Parse(parameters.GetValueOrDefault("page_size") ?? "500", CultureInfo.InvariantCulture);
        var all = _deleted.Contains(id) ? [] : _options.Notifications.GetValueOrDefault(id) ?? [];
        var rest = parameters.TryGetValue("next", out var next)
            ? all.SkipWhile(n => n["id"]!.GetValue<string>() != next).Skip(1).ToArray() : [.. all];
        var page = new JsonObject { ["size"] = size };
        if (rest.Length > size)
        {
            page["next"] = rest[size - 1]["id"]!.GetValue<string>();
        }

        var list = new JsonArray([.. rest.Take(size).Select(n => n.DeepClone())]);
        return Json(200, new JsonObject { ["page"] = page, ["notifications"] = list }.ToJsonString());
    }

    private StubAnswer Delete(string id)
    {
        _deleted.Enqueue(id);
        return new StubAnswer(200);
    }
}
