using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;

namespace PatchContainers.Platforms.Kubernetes.Journal;

/// <summary>What became of a write.</summary>
internal enum StateWrite
{
    Done,

    /// <summary>Another writer was first; nothing was written.</summary>
    Late,

    /// <summary>No answer came: whether it was done has to be looked up.</summary>
    Unknown,
}

/// <summary>Objects of one namespace, read and written under their resourceVersion.</summary>
internal sealed class StateObjects(KubernetesClient client, string ns) : IDisposable
{
    public const string Prefix = "patchcontainers-";

    /// <summary>What the API server lets one ConfigMap hold is 1 MiB; the rest is for the names.</summary>
    public const int MaxBytes = 1000 * 1024;

    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string Manager = "patchcontainers";

    /// <summary>The rights that it takes in its namespace.</summary>
    public static readonly IReadOnlyList<(string Verb, KubernetesResource Resource)> Rights =
    [
        ("get", KubernetesResource.Leases), ("create", KubernetesResource.Leases), ("update", KubernetesResource.Leases),
        ("get", KubernetesResource.ConfigMaps), ("list", KubernetesResource.ConfigMaps), ("create", KubernetesResource.ConfigMaps),
        ("update", KubernetesResource.ConfigMaps),
    ];

    private const int MaxTries = 60;
    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(60);

    private bool _isAllowed;

    /// <summary>
    /// Whether the account has all rights that it takes; asked before anything is written, so that nothing is begun and left.
    /// </summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Forbidden"/>: it lacks some, which are named.</exception>
    public async Task CheckRightsAsync(CancellationToken cancellationToken)
    {
        if (_isAllowed)
        {
            return;
        }

        var allowed = await Task.WhenAll(Rights.Select(r => client.CanAsync(r.Verb, r.Resource, ns, cancellationToken)))
            .ConfigureAwait(false);
        var missing = Rights.Zip(allowed).Where(r => !r.Second).Select(r => $"{r.First.Verb} {r.First.Resource.Plural}").ToList();
        if (missing.Count > 0)
        {
            throw new PatchException(PatchErrorCode.Forbidden, $"kubernetes://{client.Context.Name}/{ns}",
                $"A right is missing for journals and locks: the account of the context '{client.Context.Name}' needs to "
                + $"{string.Join(", ", missing)} in the namespace {ns}.");
        }

        _isAllowed = true;
    }

    /// <summary>Where an object is, for messages.</summary>
    public string Address(KubernetesResource resource, string name) => $"kubernetes://{client.Context.Name}/{ns}/{resource.Plural}/{name}";

    /// <summary>Reads an object; null where there is none.</summary>
    public async Task<JsonObject?> FindAsync(KubernetesResource resource, string name, CancellationToken cancellationToken)
    {
        try
        {
            return ToObject(resource, await client.GetAsync(resource, ns, name, cancellationToken).ConfigureAwait(false));
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Lists ConfigMaps: what is there when the call begins is among them.</summary>
    public async Task<IReadOnlyList<JsonObject>> ListConfigMapsAsync(string selector, CancellationToken cancellationToken)
    {
        var found = new List<JsonObject>();
        await foreach (var item in client.ListAsync(KubernetesResource.ConfigMaps, ns, $"{ManagedBy}={Manager},{selector}", null,
            cancellationToken).ConfigureAwait(false))
        {
            found.Add(ToObject(KubernetesResource.ConfigMaps, item));
        }

        return found;
    }

    /// <summary>Creates an object, or replaces the version that was read.</summary>
    public async Task<StateWrite> WriteAsync(KubernetesResource resource, JsonObject content, CancellationToken cancellationToken)
    {
        try
        {
            var metadata = content["metadata"]!;
            await (metadata["resourceVersion"] is null
                ? client.CreateAsync(resource, ns, content, KubernetesClient.FieldManager, false, cancellationToken)
                : client.ReplaceAsync(resource, ns, (string)metadata["name"]!, content, KubernetesClient.FieldManager, false, cancellationToken))
                .ConfigureAwait(false);
            return StateWrite.Done;
        }
        catch (PatchException e) when (e.Code is PatchErrorCode.Conflict or PatchErrorCode.AlreadyExists)
        {
            return StateWrite.Late;
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.Unreachable)
        {
            return StateWrite.Unknown;
        }
    }

    /// <summary>
    /// Reads and writes until it is done: each try reads anew what is there. A server that cannot be reached fails the reading, after the
    /// client has waited for it.
    /// </summary>
    /// <param name="what">What is written, for messages.</param>
    /// <param name="tryOnce">Returns false where it has to be tried again.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task UntilDoneAsync(string what, Func<Task<bool>> tryOnce, CancellationToken cancellationToken)
    {
        for (var tries = 1; tries <= MaxTries; tries++)
        {
            if (await tryOnce().ConfigureAwait(false))
            {
                return;
            }

            await Task.Delay(MaxPause * Random.Shared.NextDouble(), cancellationToken).ConfigureAwait(false);
        }

        throw new PatchException(PatchErrorCode.Conflict, what,
            $"'{what}' could not be written: {MaxTries} times another writer was first, or no answer came. Try again later.");
    }

    /// <summary>A ConfigMap that is to be created.</summary>
    public static JsonObject ConfigMap(string name, JsonObject labels, JsonObject data)
    {
        labels[ManagedBy] = Manager;
        return new JsonObject
        {
            ["apiVersion"] = KubernetesResource.ConfigMaps.ApiVersion,
            ["kind"] = KubernetesResource.ConfigMaps.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = labels },
            ["data"] = data,
        };
    }

    /// <summary>A text of an object, at a path of members; empty where there is none.</summary>
    public static string Text(JsonObject? content, params string[] path)
    {
        JsonNode? node = content;
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node is JsonValue value && value.TryGetValue<string>(out var text) ? text : string.Empty;
    }

    /// <summary>The part of an object that is an object itself; it is made where it is not there.</summary>
    public static JsonObject Part(JsonObject content, string name) =>
        content[name] as JsonObject ?? (JsonObject)(content[name] = new JsonObject())!;

    /// <summary>The first 32 hexadecimal digits of a text's SHA-256: names and labels have to be short and plain.</summary>
    public static string Hash(string text) => Images.Digest.OfBytes(Encoding.UTF8.GetBytes(text)).Hex[..32];

    public void Dispose() => client.Dispose();

    // Lists leave out what their items are; and which fields who set is the server's own account, which nobody need send back.
    private static JsonObject ToObject(KubernetesResource resource, JsonElement element)
    {
        var content = JsonObject.Create(element)!;
        content["apiVersion"] = resource.ApiVersion;
        content["kind"] = resource.Kind;
        (content["metadata"] as JsonObject)?.Remove("managedFields");
        return content;
    }
}
