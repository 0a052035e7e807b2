using PatchContainers.Inventory;
using PatchContainers.Platforms.Docker.Client;
using PatchContainers.Platforms.Docker.Containers;
using PatchContainers.Platforms.Yaml;
using PatchContainers.Rollout;

namespace PatchContainers.Platforms.Docker.Compose;

/// <summary>
/// Changes services of Compose projects: the file is pinned, and the service's containers are recreated, each after those that it waits
/// for. What a file is and what a container is, is left to those who change them.
/// </summary>
/// <param name="files">Changes the file.</param>
/// <param name="containers">Recreates containers.</param>
/// <param name="clients">The client of an engine, by its host.</param>
/// <param name="limits">How much of a file is read.</param>
/// <param name="pace">How dependencies are waited for.</param>
/// <param name="clock">The clock.</param>
internal sealed class ComposeOrchestrator(IOrchestrator files, IOrchestrator containers, Func<string, DockerClient> clients, YamlLimits limits,
    ComposePace pace, TimeProvider clock) : IOrchestrator
{
    /// <inheritdoc/>
    public bool KeepsOld => true;

    /// <inheritdoc/>
    public bool CanHandle(string platform) => platform == RingTarget.Compose;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RolloutChange>> CheckAsync(
        IReadOnlyList<RolloutChange> changes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        var result = (await files.CheckAsync(changes, cancellationToken).ConfigureAwait(false)).ToArray();
        var parts = new List<(int Index, Part Part)>();
        for (var i = 0; i < result.Length; i++)
        {
            if (result[i].Status == ChangeStatus.Refused)
            {
                continue;
            }

            try
            {
                var found = await FindPartsAsync(result[i], cancellationToken).ConfigureAwait(false);
                result[i] = found.Count > 0 ? result[i]
                    : result[i] with { Detail = "There is no container of it: only the file is written." };
                parts.AddRange(found.Select(p => (i, p)));
            }
            catch (PatchException e) when (e.Code is PatchErrorCode.InvalidData or PatchErrorCode.NotSupported or PatchErrorCode.FileError)
            {
                result[i] = result[i] with { Status = ChangeStatus.Refused, Detail = e.Message };
            }
        }

        var seen = await containers.CheckAsync([.. parts.Select(p => p.Part.Change)], cancellationToken).ConfigureAwait(false);
        foreach (var ((index, _), refused) in parts.Zip(seen).Where(p => p.Second.Status == ChangeStatus.Refused).Reverse())
        {
            result[index] = result[index] with { Status = ChangeStatus.Refused, Detail = refused.Detail };
        }

        return result;
    }

    /// <inheritdoc/>
    public void Announce(IReadOnlyList<RolloutChange> changes) => files.Announce(changes);

    /// <inheritdoc/>
    public async Task<string?> PrepareAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var before = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in await FindPartsAsync(change, cancellationToken).ConfigureAwait(false))
        {
            before[part.Name] = await containers.PrepareAsync(part.Change, cancellationToken).ConfigureAwait(false) ?? string.Empty;
        }

        return new ComposeBefore(before).ToText();
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> ApplyAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var project = await ProjectAsync(change, cancellationToken).ConfigureAwait(false);
        var wait = new DependencyWait(clients(change.Options.Host), project, pace, clock);
        if (await wait.RunAsync(ServiceOf(change), cancellationToken).ConfigureAwait(false) is { Length: > 0 } fault)
        {
            return change with { Status = ChangeStatus.Failed, Detail = fault };
        }

        var written = await files.ApplyAsync(change, cancellationToken).ConfigureAwait(false);
        if (written.Status != ChangeStatus.Written)
        {
            return written;
        }

        foreach (var part in Parts(change))
        {
            var made = await containers.ApplyAsync(part.Change, cancellationToken).ConfigureAwait(false);
            if (made.Status == ChangeStatus.Failed)
            {
                // The file holds the new image: this is no change that was not begun.
                throw new PatchException(PatchErrorCode.ChangeFailed, change.Workload, $"{part.Name}: {made.Detail}");
            }
        }

        return change with { Status = ChangeStatus.Applied, Detail = string.Empty };
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> AwaitAsync(
        RolloutChange change, AwaitedState state, TimeSpan atMost, CancellationToken cancellationToken = default)
    {
        if (state != AwaitedState.Old && await files.AwaitAsync(change, state, TimeSpan.Zero, cancellationToken).ConfigureAwait(false)
            is { Status: not ChangeStatus.Written } left)
        {
            return left;
        }

        var parts = Parts(change);
        if (parts.Count == 0)
        {
            return change with { Status = ChangeStatus.Healthy, Detail = "There is no container of it: nothing was seen to run." };
        }

        // A service is as well as the worst of its containers.
        var found = await Task.WhenAll(parts.Select(p => containers.AwaitAsync(p.Change, state, atMost, cancellationToken)))
            .ConfigureAwait(false);
        var worst = Worst(change, parts, found, ChangeStatus.Failed, ChangeStatus.LeftAlone, ChangeStatus.Inconclusive, ChangeStatus.Applied,
            ChangeStatus.Healthy) with { Ran = found.Any(f => f.Ran) };

        // While it soaks, what was said when it became well stands.
        return change.Status == ChangeStatus.Healthy && worst.Status == ChangeStatus.Healthy ? worst with { Detail = change.Detail } : worst;
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> FinishAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var parts = Parts(change);
        var found = new List<RolloutChange>();
        foreach (var part in parts)
        {
            found.Add(await containers.FinishAsync(part.Change, cancellationToken).ConfigureAwait(false));
        }

        return Worst(change, parts, found, ChangeStatus.Failed, ChangeStatus.Healthy);
    }

    /// <inheritdoc/>
    public async Task<RolloutChange> RevertAsync(RolloutChange change, CancellationToken cancellationToken = default)
    {
        var parts = Parts(change);
        var found = new List<RolloutChange>();
        foreach (var part in parts)
        {
            found.Add(await containers.RevertAsync(part.Change, cancellationToken).ConfigureAwait(false));
        }

        var worst = Worst(change, parts, found, ChangeStatus.Failed, ChangeStatus.LeftAlone, ChangeStatus.Applied, ChangeStatus.RolledBack);
        var written = await files.RevertAsync(change, cancellationToken).ConfigureAwait(false);
        return written.Status == ChangeStatus.RolledBack ? worst
            : worst.Status == ChangeStatus.Failed ? worst with { Detail = $"{worst.Detail} {written.Detail}" }
            : written with { Detail = $"{written.Detail} {worst.Detail}".TrimEnd() };
    }

    private async Task<IReadOnlyList<Part>> FindPartsAsync(RolloutChange change, CancellationToken cancellationToken)
    {
        var project = await ProjectAsync(change, cancellationToken).ConfigureAwait(false);
        var service = ServiceOf(change);
        var all = await new ProjectContainers(clients(change.Options.Host), project.Name).ListAsync(null, cancellationToken)
            .ConfigureAwait(false);
        var listed = all.Where(c => ProjectContainers.ServiceOf(c) == service).ToList();
        if (listed.Count > 0 && ComposeLayers.RefusalOf(all, change.Path, service, limits, cancellationToken) is { Length: > 0 } why)
        {
            throw new PatchException(PatchErrorCode.NotSupported, change.Workload, why);
        }

        return [.. listed.Select(c => PartOf(change, c.ListedName(), string.Empty))];
    }

    private Task<ComposeProject> ProjectAsync(RolloutChange change, CancellationToken cancellationToken) =>
        Task.Run(() => ComposeProject.Read(change.Path, change.Options.Project, limits, cancellationToken), cancellationToken);

    private static IReadOnlyList<Part> Parts(RolloutChange change) => [.. ComposeBefore.Parse(change.Before, change.Workload).Containers
        .OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => PartOf(change, c.Key, c.Value))];

    // That Compose owns the container is why it is changed here.
    private static Part PartOf(RolloutChange change, string name, string before) => new(name, change with
    {
        Workload = new DockerWorkloadId(DockerWorkloadId.Docker, change.Options.Host, name).ToString(),
        Platform = DockerWorkloadId.Docker,
        Path = string.Empty,
        Before = before,
        Detail = string.Empty,
        Options = change.Options with { Force = true },
    });

    private static string ServiceOf(RolloutChange change) => WorkloadIdText.Unescape(change.Workload[(change.Workload.LastIndexOf('/') + 1)..])
        ?? throw new PatchException(PatchErrorCode.InvalidArgument, change.Workload, $"'{change.Workload}' names no Compose service.");

    private static RolloutChange Worst(RolloutChange change, IReadOnlyList<Part> parts, IReadOnlyList<RolloutChange> found,
        params ChangeStatus[] fromWorst)
    {
        var worst = fromWorst.FirstOrDefault(s => found.Any(f => f.Status == s), fromWorst[^1]);
        return change with
        {
            Status = worst,
            Detail = string.Join(' ', found.Select((f, i) => f.Detail.Length == 0 ? string.Empty : $"{parts[i].Name}: {f.Detail}")
                .Where(d => d.Length > 0)),
        };
    }

    private sealed record Part(string Name, RolloutChange Change);
}
