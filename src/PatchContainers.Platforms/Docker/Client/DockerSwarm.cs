using System.Text.Json;
using System.Text.Json.Nodes;
using static PatchContainers.Platforms.Docker.Client.DockerQuery;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>The swarm that an engine manages. An engine that manages none refuses (<see cref="PatchErrorCode.NotSupported"/>).</summary>
internal sealed class DockerSwarm(DockerConnection connection)
{
    // Where the image has a registry, the manager asks that for the digest before it answers.
    private static readonly TimeSpan WritePatience = TimeSpan.FromMinutes(3);

    /// <summary>Lists services, with <c>ServiceStatus</c>: how many tasks run, and how many should.</summary>
    /// <param name="filters">As <c>docker service ls</c> takes them: <c>label</c>, <c>name</c>, <c>mode</c>, ...; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IReadOnlyList<JsonElement>> ServicesAsync(IReadOnlyDictionary<string, IReadOnlyList<string>>? filters,
        CancellationToken cancellationToken) => connection.ListAsync(DockerCall.Get(
            new DockerQuery("services").Filters(filters).Add("status", true).ToString(), "list services", "services"), cancellationToken);

    /// <summary>Reads one service: its <c>Version.Index</c>, <c>Spec</c>, <c>PreviousSpec</c>, <c>UpdateStatus</c>.</summary>
    /// <param name="service">Its name or id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<JsonElement> ServiceAsync(string service, CancellationToken cancellationToken) => connection.ObjectAsync(
        DockerCall.Get($"services/{Segment(service)}", $"read service {service}", Name(service)), cancellationToken);

    /// <summary>Creates a service, and returns its id.</summary>
    /// <param name="spec">Its specification, with its <c>Name</c>.</param>
    /// <param name="auth">What <see cref="DockerAuth"/> makes; empty for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<string> CreateServiceAsync(JsonObject spec, string auth, CancellationToken cancellationToken)
    {
        var name = (string?)spec["Name"] ?? string.Empty;
        var call = DockerCall.Post("services/create", $"create service {name}", Name(name)) with
        {
            Body = DockerCalls.Bytes(spec),
            RegistryAuth = auth,
            Patience = WritePatience,
        };
        return (await connection.ObjectAsync(call, cancellationToken).ConfigureAwait(false)).Text("ID")
            ?? throw DockerErrors.Protocol(connection.Endpoint, call, "the engine tells no id of the new service");
    }

    /// <summary>Writes a service's specification over the version that was read, and returns the manager's warnings.</summary>
    /// <param name="service">Its id, or its name.</param>
    /// <param name="version">The version that was read: <c>Version.Index</c>.</param>
    /// <param name="spec">The whole new specification.</param>
    /// <param name="auth">What <see cref="DockerAuth"/> makes; empty to keep the login that the specification has.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: another version is there.</exception>
    public Task<IReadOnlyList<string>> UpdateServiceAsync(string service, long version, JsonNode spec, string auth,
        CancellationToken cancellationToken) => UpdateAsync(service, version, spec, auth, q => q.Add("registryAuthFrom",
            auth.Length == 0 ? "spec" : null), "update", cancellationToken);

    /// <summary>Puts a service's previous specification back, with its login, and returns the manager's warnings.</summary>
    /// <param name="service">Its id, or its name.</param>
    /// <param name="version">The version that was read: <c>Version.Index</c>.</param>
    /// <param name="spec">The specification that was read; the manager takes <c>PreviousSpec</c> itself.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.Conflict"/>: another version is there.</exception>
    public Task<IReadOnlyList<string>> RollbackServiceAsync(string service, long version, JsonNode spec,
        CancellationToken cancellationToken) => UpdateAsync(service, version, spec, string.Empty,
            q => q.Add("registryAuthFrom", "previous-spec").Add("rollback", "previous"), "roll back", cancellationToken);

    /// <summary>Removes a service and its tasks.</summary>
    public Task RemoveServiceAsync(string service, CancellationToken cancellationToken) => connection.DoneAsync(
        DockerCall.Delete($"services/{Segment(service)}", $"remove service {service}", Name(service)), cancellationToken);

    /// <summary>Lists tasks, also those that have ended and that the manager still remembers.</summary>
    /// <param name="filters">As <c>docker service ps</c> takes them: <c>service</c>, <c>desired-state</c>, ...; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IReadOnlyList<JsonElement>> TasksAsync(IReadOnlyDictionary<string, IReadOnlyList<string>>? filters,
        CancellationToken cancellationToken) => connection.ListAsync(
            DockerCall.Get(new DockerQuery("tasks").Filters(filters).ToString(), "list tasks", "tasks"), cancellationToken);

    /// <summary>Lists the swarm's nodes.</summary>
    public Task<IReadOnlyList<JsonElement>> NodesAsync(CancellationToken cancellationToken) =>
        connection.ListAsync(DockerCall.Get("nodes", "list nodes", "nodes"), cancellationToken);

    private async Task<IReadOnlyList<string>> UpdateAsync(string service, long version, JsonNode spec, string auth,
        Func<DockerQuery, DockerQuery> query, string verb, CancellationToken cancellationToken)
    {
        // The version makes a repeat safe, but the second would be told as another writer's.
        var address = query(new DockerQuery($"services/{Segment(service)}/update").Add("version", version));
        var answer = await connection.ObjectAsync(DockerCall.Post(address.ToString(), $"{verb} service {service}", Name(service)) with
        {
            Body = DockerCalls.Bytes(spec),
            RegistryAuth = auth,
            Patience = WritePatience,
        }, cancellationToken).ConfigureAwait(false);
        return answer.Items("Warnings").Select(w => w.GetString() ?? string.Empty).ToArray();
    }

    private static string Name(string service) => $"service {service}".TrimEnd();
}
