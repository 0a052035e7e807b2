using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Config;

namespace PatchContainers.Platforms.Kubernetes.Client;

/// <summary>
/// One API server, as one user. Objects are JSON as the server sends it. What goes wrong is a <see cref="PatchException"/>:
/// <see cref="PatchErrorCode.Unauthorized"/>, <see cref="PatchErrorCode.Forbidden"/> (naming the right that is missing),
/// <see cref="PatchErrorCode.NotFound"/>, <see cref="PatchErrorCode.Conflict"/> (another version, or a patch's <c>test</c> failed),
/// <see cref="PatchErrorCode.AlreadyExists"/>, <see cref="PatchErrorCode.InvalidData"/>, <see cref="PatchErrorCode.Unreachable"/>,
/// <see cref="PatchErrorCode.ProtocolError"/>.
/// </summary>
internal sealed class KubernetesClient : IDisposable
{
    /// <summary>The name under which the server keeps which fields we set.</summary>
    public const string FieldManager = "patchcontainers";

    internal const int MaxDepth = 256;

    private const int MaxPageBytes = 64 * 1024 * 1024;
    private const int MaxRestarts = 3;

    private readonly KubernetesConnection _connection;
    private readonly KubernetesClientOptions _options;
    private readonly ConcurrentDictionary<string, IReadOnlySet<string>> _served = new(StringComparer.Ordinal);

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <exception cref="PatchException">The certificate authority cannot be read.</exception>
    public KubernetesClient(KubeContext context, KubernetesClientOptions? options = null)
    {
        Context = context;
        _options = options ?? new KubernetesClientOptions();
        _connection = new KubernetesConnection(context, _options);
    }

    /// <summary>The context: its name, and the namespace that is meant where none is named.</summary>
    public KubeContext Context { get; }

    /// <summary>Reads one object.</summary>
    public Task<JsonElement> GetAsync(KubernetesResource resource, string? ns, string name, CancellationToken cancellationToken) =>
        SendAsync(Call(HttpMethod.Get, "get", resource, ns, name), cancellationToken);

    /// <summary>
    /// Lists objects, page by page. Where the server forgets the list's version in between, the list begins anew, and what was given already
    /// is not given again.
    /// </summary>
    /// <param name="resource">What to list.</param>
    /// <param name="ns">The namespace; null for all.</param>
    /// <param name="labelSelector">As kubectl takes it; null for all.</param>
    /// <param name="fieldSelector">As kubectl takes it; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async IAsyncEnumerable<JsonElement> ListAsync(KubernetesResource resource, string? ns, string? labelSelector, string? fieldSelector,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        var again = false;
        await foreach (var page in ListPagesAsync(resource, ns, labelSelector, fieldSelector, cancellationToken).ConfigureAwait(false))
        {
            again |= page.IsRestart;
            foreach (var item in page.Items)
            {
                var key = item.Text("metadata", "uid") ?? $"{item.Text("metadata", "namespace")}/{item.Text("metadata", "name")}";
                if (given.Add(key) || !again)
                {
                    yield return item;
                }
            }
        }
    }

    /// <summary>Lists objects as <see cref="ListAsync"/> does, with the version that a watch can go on from.</summary>
    public async IAsyncEnumerable<KubernetesListPage> ListPagesAsync(KubernetesResource resource, string? ns, string? labelSelector,
        string? fieldSelector, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var call = Call(HttpMethod.Get, "list", resource, ns, null);
        var query = Selectors(labelSelector, fieldSelector);
        var (limit, next, restarts, isRestart) = (_options.PageSize, string.Empty, 0, false);
        var given = new HashSet<string>(StringComparer.Ordinal);
        do
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"{call.Address}?limit={limit}{query}")
                + (next.Length > 0 ? "&continue=" + Uri.EscapeDataString(next) : string.Empty);
            var (status, list) = await _connection.SendAsync(call with { Address = address }, async (response, token) =>
            {
                using (response)
                {
                    if (response.StatusCode == HttpStatusCode.Gone)
                    {
                        return (PageStatus.Gone, KubernetesListBody.Empty);
                    }

                    using var body = await PooledBody.ReadAsync(response, MaxPageBytes, token).ConfigureAwait(false);
                    return body is null ? (PageStatus.TooLarge, KubernetesListBody.Empty) : (PageStatus.Read, KubernetesListBody.Parse(Context.Name, call, body.Bytes));
                }
            }, cancellationToken, HttpStatusCode.Gone).ConfigureAwait(false);
            if (status == PageStatus.TooLarge && limit > 1)
            {
                limit = Math.Max(1, limit / 8);
            }
            else if (status == PageStatus.Gone && next.Length > 0 && restarts < MaxRestarts)
            {
                (next, isRestart) = (string.Empty, true);
                restarts++;
                given.Clear();
            }
            else if (status != PageStatus.Read)
            {
                throw status == PageStatus.TooLarge
                    ? KubernetesErrors.Protocol(Context.Name, call, $"one object has more than {MaxPageBytes} bytes")
                    : new PatchException(PatchErrorCode.Unreachable, call.Object, $"{call.Method} {call.Object} (context '{Context.Name}'): the "
                        + $"server forgot the list's version {MaxRestarts + 1} times before its end (HTTP 410). Try again later.");
            }
            else
            {
                next = list.Metadata.Text("continue") ?? string.Empty;
                if (next.Length > 0 && !given.Add(next))
                {
                    throw KubernetesErrors.Protocol(Context.Name, call,
                        "the server gives a continue token again that it gave before, and the list would have no end");
                }

                yield return new KubernetesListPage(list.Items, list.Metadata.Text("resourceVersion") ?? string.Empty, isRestart);
                isRestart = false;
                continue;
            }
        }
        while (next.Length > 0 || isRestart);
    }

    /// <summary>
    /// Tells what happens from a version on, without end: lost connections are made anew, for as long as calls are tried again. The last
    /// event is <see cref="KubernetesWatchEventType.Expired"/> where the server has forgotten the version.
    /// </summary>
    /// <param name="resource">What to watch.</param>
    /// <param name="ns">The namespace; null for all.</param>
    /// <param name="labelSelector">As kubectl takes it; null for all.</param>
    /// <param name="fieldSelector">As kubectl takes it: <c>metadata.name=web</c>; null for all.</param>
    /// <param name="fromResourceVersion">An object's or a list's version; null to begin with an <c>Added</c> for all that is there.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<KubernetesWatchEvent> WatchAsync(KubernetesResource resource, string? ns, string? labelSelector,
        string? fieldSelector, string? fromResourceVersion, CancellationToken cancellationToken) =>
        new KubernetesWatch(_connection, Context.Name, _options, Call(HttpMethod.Get, "watch", resource, ns, null),
            Selectors(labelSelector, fieldSelector)).RunAsync(fromResourceVersion, cancellationToken);

    /// <summary>Changes an object, and returns it as it is then.</summary>
    /// <param name="resource">The object's kind.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="content">The patch.</param>
    /// <param name="kind">What sort of patch it is. A JSON patch is not sent again when the connection is lost in the middle.</param>
    /// <param name="fieldManager">Who sets the fields: <see cref="FieldManager"/>.</param>
    /// <param name="dryRun">Whether the server shall check it, and change nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<JsonElement> PatchAsync(KubernetesResource resource, string? ns, string name, JsonNode content, PatchKind kind,
        string fieldManager, bool dryRun, CancellationToken cancellationToken) =>
        WriteAsync(Call(HttpMethod.Patch, "patch", resource, ns, name) with
        {
            Body = Bytes(content),
            ContentType = kind.MediaType(),
            IsRepeatable = dryRun || kind != PatchKind.Json,
        }, fieldManager, dryRun, cancellationToken);

    /// <summary>Creates an object.</summary>
    public Task<JsonElement> CreateAsync(KubernetesResource resource, string? ns, JsonNode content, string fieldManager, bool dryRun,
        CancellationToken cancellationToken) =>
        WriteAsync(Call(HttpMethod.Post, "create", resource, ns, null) with { Body = Bytes(content), IsRepeatable = dryRun }, fieldManager, dryRun,
            cancellationToken);

    /// <summary>Writes an object over the version that was read.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: the content has no <c>metadata.resourceVersion</c>, and
    /// would go over whatever is there; <see cref="PatchErrorCode.Conflict"/>: another version is there.</exception>
    public Task<JsonElement> ReplaceAsync(KubernetesResource resource, string? ns, string name, JsonNode content, string fieldManager,
        bool dryRun, CancellationToken cancellationToken)
    {
        var call = Call(HttpMethod.Put, "update", resource, ns, name) with { Body = Bytes(content), IsRepeatable = dryRun };
        return (content["metadata"] as JsonObject)?["resourceVersion"] is JsonValue
            ? WriteAsync(call, fieldManager, dryRun, cancellationToken)
            : throw new PatchException(PatchErrorCode.InvalidArgument, call.Object, $"{call.Object} is replaced without a resourceVersion.");
    }

    /// <summary>Deletes an object.</summary>
    /// <param name="resource">The object's kind.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="uid">The object that is meant, should another of its name be there by now; null for any.</param>
    /// <param name="propagation">What becomes of what it owns.</param>
    /// <param name="dryRun">Whether the server shall check it, and change nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task DeleteAsync(KubernetesResource resource, string? ns, string name, string? uid, DeletePropagation propagation, bool dryRun,
        CancellationToken cancellationToken)
    {
        var options = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "DeleteOptions",
            ["propagationPolicy"] = propagation.ToString(),
        };
        if (uid is not null)
        {
            options["preconditions"] = new JsonObject { ["uid"] = uid };
        }

        if (dryRun)
        {
            options["dryRun"] = new JsonArray("All");
        }

        await SendAsync(Call(HttpMethod.Delete, "delete", resource, ns, name) with { Body = Bytes(options), IsRepeatable = dryRun || uid is not null },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether this user may do something (SelfSubjectAccessReview).</summary>
    /// <param name="verb"><c>get</c>, <c>list</c>, <c>watch</c>, <c>patch</c>, ...</param>
    /// <param name="resource">What to do it with.</param>
    /// <param name="ns">Where; null for all namespaces.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<bool> CanAsync(string verb, KubernetesResource resource, string? ns, CancellationToken cancellationToken)
    {
        var attributes = new JsonObject { ["verb"] = verb, ["group"] = resource.Group, ["resource"] = resource.Plural };
        if (!string.IsNullOrEmpty(ns))
        {
            attributes["namespace"] = ns;
        }

        var reviews = KubernetesResource.SelfSubjectAccessReviews;
        var review = new JsonObject
        {
            ["apiVersion"] = reviews.ApiVersion,
            ["kind"] = reviews.Kind,
            ["spec"] = new JsonObject { ["resourceAttributes"] = attributes },
        };
        var answer = await SendAsync(Call(HttpMethod.Post, "create", reviews, null, null) with { Body = Bytes(review) }, cancellationToken)
            .ConfigureAwait(false);
        return answer.IsTrue("status", "allowed");
    }

    /// <summary>The server's version: <c>v1.20.2</c>.</summary>
    public async Task<string> VersionAsync(CancellationToken cancellationToken)
    {
        var call = new KubernetesCall { Method = HttpMethod.Get, Address = "version" };
        return (await SendAsync(call, cancellationToken).ConfigureAwait(false)).Text("gitVersion")
            ?? throw KubernetesErrors.Protocol(Context.Name, call, "the server tells no version");
    }

    /// <summary>Whether the server has this kind in this version.</summary>
    public async Task<bool> IsServedAsync(KubernetesResource resource, CancellationToken cancellationToken)
    {
        if (!_served.TryGetValue(resource.ApiVersion, out var names))
        {
            var call = new KubernetesCall
            {
                Method = HttpMethod.Get,
                Address = resource.Group.Length == 0 ? $"api/{resource.Version}" : $"apis/{resource.Group}/{resource.Version}",
            };
            try
            {
                var list = await SendAsync(call, cancellationToken).ConfigureAwait(false);
                names = list.Items("resources").Select(r => r.Text("name") ?? string.Empty).ToHashSet(StringComparer.Ordinal);
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
            {
                names = new HashSet<string>();
            }

            _served[resource.ApiVersion] = names;
        }

        return names.Contains(resource.Plural);
    }

    /// <summary>CronJobs in the version that the server has: batch/v1, or v1beta1 before Kubernetes 1.21.</summary>
    public async Task<KubernetesResource> CronJobsAsync(CancellationToken cancellationToken) =>
        await IsServedAsync(KubernetesResource.CronJobs, cancellationToken).ConfigureAwait(false)
            || !await IsServedAsync(KubernetesResource.CronJobsV1Beta1, cancellationToken).ConfigureAwait(false)
            ? KubernetesResource.CronJobs : KubernetesResource.CronJobsV1Beta1;

    public void Dispose() => _connection.Dispose();

    private Task<JsonElement> WriteAsync(KubernetesCall call, string fieldManager, bool dryRun, CancellationToken cancellationToken) =>
        SendAsync(call with
        {
            Address = $"{call.Address}?fieldManager={Uri.EscapeDataString(fieldManager)}{(dryRun ? "&dryRun=All" : string.Empty)}",
        }, cancellationToken);

    private Task<JsonElement> SendAsync(KubernetesCall call, CancellationToken cancellationToken) =>
        _connection.SendAsync(call, async (response, token) =>
        {
            using (response)
            using (var body = await PooledBody.ReadAsync(response, KubernetesConnection.MaxBody, token).ConfigureAwait(false))
            {
                return Parse(call, body is null ? throw KubernetesErrors.Protocol(Context.Name, call,
                    $"the server's answer has more than {KubernetesConnection.MaxBody} bytes") : body.Bytes);
            }
        }, cancellationToken);

    private JsonElement Parse(KubernetesCall call, ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
            var root = JsonElement.ParseValue(ref reader);
            return root.ValueKind == JsonValueKind.Object ? root
                : throw KubernetesErrors.Protocol(Context.Name, call, "the server's answer is no object");
        }
        catch (JsonException e)
        {
            throw KubernetesErrors.Protocol(Context.Name, call, "the server's answer is no JSON: this address may be no API server's", e);
        }
    }

    private static KubernetesCall Call(HttpMethod method, string verb, KubernetesResource resource, string? ns, string? name) => new()
    {
        Method = method,
        Address = resource.Path(ns, name),
        Verb = verb,
        Resource = resource,
        Namespace = ns,
        Name = name,
    };

    private static byte[] Bytes(JsonNode content) => JsonSerializer.SerializeToUtf8Bytes(content);

    private static string Selectors(string? labelSelector, string? fieldSelector) =>
        (string.IsNullOrEmpty(labelSelector) ? string.Empty : "&labelSelector=" + Uri.EscapeDataString(labelSelector))
        + (string.IsNullOrEmpty(fieldSelector) ? string.Empty : "&fieldSelector=" + Uri.EscapeDataString(fieldSelector));

    private enum PageStatus
    {
        Read,
        Gone,
        TooLarge,
    }
}
