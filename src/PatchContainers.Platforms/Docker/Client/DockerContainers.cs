using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using static PatchContainers.Platforms.Docker.Client.DockerQuery;

namespace PatchContainers.Platforms.Docker.Client;

/// <summary>The containers of an engine. A container is named by its id, or its name without a slash.</summary>
internal sealed class DockerContainers(DockerConnection connection)
{

    /// <summary>Lists containers, as <c>docker ps</c> does.</summary>
    /// <param name="all">Whether those that do not run, too.</param>
    /// <param name="filters">As <c>docker ps</c> takes them: <c>label</c>, <c>name</c>, <c>status</c>, ...; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IReadOnlyList<JsonElement>> ListAsync(bool all, IReadOnlyDictionary<string, IReadOnlyList<string>>? filters,
        CancellationToken cancellationToken) => connection.ListAsync(DockerCall.Get(
            new DockerQuery("containers/json").Add("all", all).Filters(filters).ToString(), "list containers", "containers"),
            cancellationToken);

    /// <summary>Reads one container, with the image's defaults merged into its configuration.</summary>
    public Task<JsonElement> InspectAsync(string container, CancellationToken cancellationToken) =>
        connection.ObjectAsync(DockerCall.Get(Path(container, "json"), $"read container {container}", Name(container)), cancellationToken);

    /// <summary>Creates a container, and returns its id. The image must be there.</summary>
    /// <param name="name">Its name; null for one that the engine makes up.</param>
    /// <param name="configuration">Its configuration, with <c>HostConfig</c> and <c>NetworkingConfig</c>.</param>
    /// <param name="platform"><c>linux/arm64</c>, where the image has several; null for the engine's own.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<string> CreateAsync(string? name, JsonObject configuration, string? platform, CancellationToken cancellationToken)
    {
        var call = DockerCall.Post(new DockerQuery("containers/create").Add("name", name).Add("platform", platform).ToString(),
            $"create container {name}".TrimEnd(), Name(name ?? string.Empty)) with { Body = DockerCalls.Bytes(configuration) };
        return (await connection.ObjectAsync(call, cancellationToken).ConfigureAwait(false)).Text("Id")
            ?? throw DockerErrors.Protocol(connection.Endpoint, call, "the engine tells no id of the new container");
    }

    /// <summary>Starts a container; false where it ran already.</summary>
    public Task<bool> StartAsync(string container, CancellationToken cancellationToken) =>
        connection.DoneAsync(Post(container, "start", "start") with { AlsoTaken = HttpStatusCode.NotModified, IsRepeatable = true },
            cancellationToken);

    /// <summary>Stops a container; false where it was stopped already.</summary>
    /// <param name="container">The container.</param>
    /// <param name="grace">How long it may take to end by itself, in whole seconds; null for what the container says, else 10 s.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<bool> StopAsync(string container, TimeSpan? grace, CancellationToken cancellationToken)
    {
        // The engine answers when it is done. What the container itself says may be longer than any limit here.
        var patience = grace is { } time ? time + TimeSpan.FromSeconds(60) : Timeout.InfiniteTimeSpan;
        return connection.DoneAsync(Post(container, "stop", "stop", q => q.Add("t", grace is { } t ? (long)t.TotalSeconds : null)) with
        {
            AlsoTaken = HttpStatusCode.NotModified,
            IsRepeatable = true,
            Patience = patience,
        }, cancellationToken);
    }

    /// <summary>Gives a container another name.</summary>
    public Task RenameAsync(string container, string name, CancellationToken cancellationToken) =>
        connection.DoneAsync(Post(container, "rename", "rename", q => q.Add("name", name)), cancellationToken);

    /// <summary>Sets when the engine starts a container again by itself.</summary>
    /// <param name="container">The container.</param>
    /// <param name="policy"><c>HostConfig.RestartPolicy</c>, as inspecting tells it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task SetRestartPolicyAsync(string container, JsonNode policy, CancellationToken cancellationToken) =>
        connection.ObjectAsync(Post(container, "update", "set the restart policy of") with
        {
            Body = DockerCalls.Bytes(new JsonObject { ["RestartPolicy"] = policy.DeepClone() }),
            IsRepeatable = true,
        }, cancellationToken);

    /// <summary>Removes a container.</summary>
    /// <param name="container">The container.</param>
    /// <param name="force">Whether it is killed where it runs.</param>
    /// <param name="volumes">Whether its anonymous volumes go, too.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task RemoveAsync(string container, bool force, bool volumes, CancellationToken cancellationToken) =>
        connection.DoneAsync(DockerCall.Delete(
            new DockerQuery($"containers/{Segment(container)}").Add("force", force).Add("v", volumes).ToString(),
            $"remove container {container}", Name(container)), cancellationToken);

    /// <summary>Waits until a container has ended, and returns its exit code.</summary>
    /// <param name="container">The container.</param>
    /// <param name="condition"><c>not-running</c>, <c>next-exit</c> or <c>removed</c>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.ChangeFailed"/>: the engine could not wait for it.</exception>
    public async Task<long> WaitAsync(string container, string condition, CancellationToken cancellationToken)
    {
        var call = Post(container, "wait", "wait for", q => q.Add("condition", condition)) with
        {
            IsRepeatable = condition == "not-running",
            Patience = Timeout.InfiniteTimeSpan,
        };
        var answer = await connection.ObjectAsync(call, cancellationToken).ConfigureAwait(false);
        return answer.Text("Error", "Message") is { Length: > 0 } fault
            ? throw new PatchException(PatchErrorCode.ChangeFailed, call.Object,
                $"{call.Purpose} (engine {connection.Endpoint.Name}): {DockerErrors.Sentence(fault)}.")
            : answer.Number("StatusCode")
                ?? throw DockerErrors.Protocol(connection.Endpoint, call, "the engine tells no exit code");
    }

    /// <summary>The files that differ from the image's: <c>Path</c>, and <c>Kind</c> (0 changed, 1 added, 2 deleted).</summary>
    public Task<IReadOnlyList<JsonElement>> ChangesAsync(string container, CancellationToken cancellationToken) =>
        connection.ListAsync(DockerCall.Get(Path(container, "changes"), $"compare the files of container {container}", Name(container)),
            cancellationToken);

    /// <summary>Runs a command in a running container, to its end. A cancellation ends the waiting, not the command.</summary>
    /// <param name="container">The container.</param>
    /// <param name="command">The program and its arguments; no shell.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<DockerExecResult> ExecAsync(string container, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var create = Post(container, "exec", "run a command in") with
        {
            Body = DockerCalls.Bytes(new JsonObject
            {
                ["AttachStdout"] = true,
                ["AttachStderr"] = true,
                ["Cmd"] = new JsonArray([.. command.Select(word => (JsonNode)word)]),
            }),
        };
        var id = Segment((await connection.ObjectAsync(create, cancellationToken).ConfigureAwait(false)).Text("Id")
            ?? throw DockerErrors.Protocol(connection.Endpoint, create, "the engine tells no id of the command"));
        try
        {
            var output = await OutputAsync(create, id, cancellationToken).ConfigureAwait(false);
            return new DockerExecResult(await ExitCodeAsync(create, id, cancellationToken).ConfigureAwait(false), output);
        }
        catch (PatchException e) when (e.Code == PatchErrorCode.NotFound)
        {
            // An engine that is started anew knows none of the commands that it was told to run.
            throw new PatchException(PatchErrorCode.Unreachable, create.Object, $"{create.Purpose} (engine {connection.Endpoint.Name}): the "
                + "engine was started anew meanwhile, or the container removed. Whether the command ran to its end is not known.", e);
        }
    }

    private async Task<string> OutputAsync(DockerCall create, string id, CancellationToken cancellationToken)
    {
        var start = create with
        {
            Address = $"exec/{id}/start",
            Body = DockerCalls.Bytes(new JsonObject { ["Detach"] = false, ["Tty"] = false }),
        };
        try
        {
            var stream = await connection.StreamAsync(start, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return await DockerExecOutput.ReadAsync(stream, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (InvalidDataException e)
        {
            throw DockerErrors.Protocol(connection.Endpoint, start, e.Message, e);
        }
        catch (Exception e) when (DockerConnection.IsConnectionFault(e, cancellationToken))
        {
            throw DockerErrors.NoAnswer(connection.Endpoint, start, e, isSent: true);
        }
    }

    private async Task<long> ExitCodeAsync(DockerCall create, string id, CancellationToken cancellationToken)
    {
        var look = DockerCall.Get($"exec/{id}/json", create.Purpose, create.Object);
        for (var attempt = 1; ; attempt++)
        {
            var state = await connection.ObjectAsync(look, cancellationToken).ConfigureAwait(false);
            if (state.Number("ExitCode") is { } code && !state.IsTrue("Running"))
            {
                return code;
            }

            // The output ends a moment before the engine has noted the end.
            await connection.DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
        }
    }

    private static DockerCall Post(string container, string action, string verb, Func<DockerQuery, DockerQuery>? query = null)
    {
        var address = new DockerQuery(Path(container, action));
        return DockerCall.Post((query?.Invoke(address) ?? address).ToString(), $"{verb} container {container}", Name(container));
    }

    private static string Path(string container, string action) => $"containers/{Segment(container)}/{action}";

    private static string Name(string container) => $"container {container}".TrimEnd();
}
