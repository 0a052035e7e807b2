using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Rollout.Journal;

namespace PatchContainers.Platforms.Kubernetes.Journal;

/// <summary>
/// Journals and leases as objects of one namespace: whoever loses their disk finds them again. A journal is a ConfigMap (see
/// <see cref="JournalHead"/>) that each append replaces under its resourceVersion.
/// </summary>
/// <remarks>
/// A lease and a journal are two objects, and no write spans both. That an owner who lost the lease cannot write comes from an order. The
/// owner first opens the head, with its fence in it, then reads the Lease, and only where that is still its own appends, as often as the
/// head stays as it is. Whoever takes the lease over first writes the Lease, then lists the open heads, and closes each with the new fence.
/// So either the list shows what the old owner opened, and its next append meets a greater fence; or it opened later, and the Lease that it
/// reads then is no longer its own. A journal is created in the same order: an open head without an entry, which is no journal yet.
/// Where an answer was lost, what is there is read back: the entry with the same bytes is the one that was to be written.
/// </remarks>
internal sealed class KubernetesJournalStore(StateObjects objects, TimeProvider clock) : IJournalStore
{
    private readonly KubernetesLeases _leases = new(objects, clock);

    // Heads that were open when the Lease was seen to be ours still.
    private readonly ConcurrentDictionary<(string Id, JournalLease Lease), bool> _opened = new();

    public TimeSpan LeaseDuration => KubernetesLeases.Duration;

    public async Task<JournalLease> AcquireAsync(string resource, CancellationToken cancellationToken = default)
    {
        await objects.CheckRightsAsync(cancellationToken).ConfigureAwait(false);
        var lease = await _leases.TakeAsync(resource, () => GreatestFenceAsync(resource, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            var open = await objects.ListConfigMapsAsync(JournalHead.OpenOfResource(resource), cancellationToken).ConfigureAwait(false);
            foreach (var head in open.Select(content => new JournalHead(content)))
            {
                await CloseAsync(head.Id, lease, cancellationToken).ConfigureAwait(false);
            }

            return lease;
        }
        catch
        {
            await TryReleaseAsync(lease).ConfigureAwait(false);
            throw;
        }
    }

    public Task RenewAsync(JournalLease lease, CancellationToken cancellationToken = default) => _leases.RenewAsync(lease, cancellationToken);

    public Task CheckAsync(JournalLease lease, CancellationToken cancellationToken = default) => _leases.CheckAsync(lease, cancellationToken);

    public Task ReleaseAsync(JournalLease lease, CancellationToken cancellationToken = default) =>
        _leases.ReleaseAsync(lease, cancellationToken);

    public async Task CreateAsync(string id, JournalLease lease, JournalEntry first, CancellationToken cancellationToken = default)
    {
        RolloutId.Check(id);
        await _leases.CheckAsync(lease, cancellationToken).ConfigureAwait(false);
        var call = Guid.NewGuid().ToString("N");
        await StateObjects.UntilDoneAsync(id, async () =>
        {
            var head = await FindHeadAsync(id, cancellationToken).ConfigureAwait(false);
            if (head is not null)
            {
                return head.CreatedBy == call ? true
                    : throw new PatchException(PatchErrorCode.AlreadyExists, id, $"There is a rollout '{id}' already.");
            }

            head = JournalHead.New(id, lease.Resource, lease.Fence, call);
            return await WriteAsync(head.Content, cancellationToken).ConfigureAwait(false) == StateWrite.Done;
        }, cancellationToken).ConfigureAwait(false);
        await WriteEntryAsync(id, lease, first, isNew: true, cancellationToken).ConfigureAwait(false);
    }

    public Task AppendAsync(string id, JournalLease lease, JournalEntry entry, CancellationToken cancellationToken = default) =>
        WriteEntryAsync(RolloutId.Check(id), lease, entry, isNew: false, cancellationToken);

    public async Task<IReadOnlyList<JournalEntry>> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        var head = await CheckExistsAsync(RolloutId.Check(id), cancellationToken).ConfigureAwait(false);
        var address = objects.Address(KubernetesResource.ConfigMaps, JournalHead.Name(id));
        var bytes = Encoding.UTF8.GetBytes(await ReadLogAsync(head, cancellationToken).ConfigureAwait(false));
        var entries = JournalFile.Read(bytes, address, out var end);

        // Nothing here is ever written in part: what looks torn was cut.
        return end == bytes.Length && entries.Count == head.Count ? entries
            : throw Damaged(address, $"it has {entries.Count} whole entries, and {head.Count} were written");
    }

    public async Task PostAsync(string id, JournalRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        await CheckExistsAsync(RolloutId.Check(id), cancellationToken).ConfigureAwait(false);
        var (name, json) = (RequestsName(id), JsonSerializer.Serialize(request, JournalJson.Relaxed.JournalRequest));
        await StateObjects.UntilDoneAsync(id, async () =>
        {
            var found = await objects.FindAsync(KubernetesResource.ConfigMaps, name, cancellationToken).ConfigureAwait(false)
                ?? StateObjects.ConfigMap(name, new JsonObject { [JournalHead.IdLabel] = id }, []);
            var data = StateObjects.Part(found, "data");
            if (data.Any(d => StateObjects.Text(data, d.Key) == json))
            {
                // It was written, and the answer was lost.
                return true;
            }

            if (data.Sum(d => Encoding.UTF8.GetByteCount(StateObjects.Text(data, d.Key))) + Encoding.UTF8.GetByteCount(json)
                > StateObjects.MaxBytes)
            {
                throw new PatchException(PatchErrorCode.LimitExceeded, id, $"Too much was asked of the rollout '{id}': the ConfigMap "
                    + $"'{name}' is full. Stop the rollout, and start another.");
            }

            data[(data.Count + 1).ToString("d6", CultureInfo.InvariantCulture)] = json;
            return await WriteAsync(found, cancellationToken).ConfigureAwait(false) == StateWrite.Done;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<JournalRequest>> ReadRequestsAsync(string id, CancellationToken cancellationToken = default)
    {
        var name = RequestsName(RolloutId.Check(id));
        var found = await objects.FindAsync(KubernetesResource.ConfigMaps, name, cancellationToken).ConfigureAwait(false);
        var data = found is null ? [] : StateObjects.Part(found, "data");
        return [.. data.Select(d => d.Key).Order(StringComparer.Ordinal).Select(key => Parse(key, StateObjects.Text(data, key)))];

        JournalRequest Parse(string key, string json)
        {
            try
            {
                return JsonSerializer.Deserialize(json, JournalJson.Relaxed.JournalRequest) ?? throw new JsonException("It holds nothing.");
            }
            catch (JsonException e)
            {
                var address = objects.Address(KubernetesResource.ConfigMaps, name);
                throw new PatchException(PatchErrorCode.InvalidData, address,
                    $"'{key}' in '{address}' is not the request that was written: {e.Message} Delete the key, and ask again.", e);
            }
        }
    }

    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await objects.ListConfigMapsAsync(JournalHead.Created, cancellationToken).ConfigureAwait(false))
            .Select(content => new JournalHead(content).Id).Order(StringComparer.Ordinal)];

    private static string RequestsName(string id) => JournalHead.Name(id) + "-requests";

    private Task WriteEntryAsync(string id, JournalLease lease, JournalEntry entry, bool isNew, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(entry);
        var line = Encoding.UTF8.GetString(JournalFile.WriteLine(entry));
        var isUnknown = false;
        return StateObjects.UntilDoneAsync(id, async () =>
        {
            var head = await FindHeadAsync(id, cancellationToken).ConfigureAwait(false);
            if (head is null || (!head.IsCreated && !isNew))
            {
                throw NotFound(id);
            }

            if (isUnknown && await HasAsync(head, entry.Number, line, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }

            if (head.Resource != StateObjects.Hash(lease.Resource) || head.Fence > lease.Fence)
            {
                throw KubernetesLeases.Lost(lease, null);
            }

            if (!head.IsOpen || head.Fence < lease.Fence)
            {
                head.Take(lease.Fence, isOpen: true);
                await WriteAsync(head.Content, cancellationToken).ConfigureAwait(false);
                return false;
            }

            if (!_opened.ContainsKey((id, lease)))
            {
                await _leases.CheckAsync(lease, cancellationToken).ConfigureAwait(false);
                _opened[(id, lease)] = true;
            }

            if (entry.Number != head.Count + 1)
            {
                throw new PatchException(PatchErrorCode.Conflict, id,
                    $"Entry {entry.Number} of the rollout '{id}' cannot be written: its journal has {head.Count} entries. Another process "
                    + "went on with it; nothing was written.");
            }

            foreach (var piece in head.Append(line))
            {
                await CreatePieceAsync(piece, cancellationToken).ConfigureAwait(false);
            }

            var written = await WriteAsync(head.Content, cancellationToken).ConfigureAwait(false);
            isUnknown |= written == StateWrite.Unknown;
            return written == StateWrite.Done;
        }, cancellationToken);
    }

    private async Task<bool> HasAsync(JournalHead head, int number, string line, CancellationToken cancellationToken)
    {
        if (head.Count < number)
        {
            return false;
        }

        var lines = (await ReadLogAsync(head, cancellationToken).ConfigureAwait(false)).Split('\n');
        return lines.Length > number && lines[number - 1] + "\n" == line;
    }

    private async Task<string> ReadLogAsync(JournalHead head, CancellationToken cancellationToken)
    {
        var log = new StringBuilder();
        foreach (var name in head.Pieces)
        {
            var piece = await objects.FindAsync(KubernetesResource.ConfigMaps, name, cancellationToken).ConfigureAwait(false)
                ?? throw Damaged(objects.Address(KubernetesResource.ConfigMaps, name), "it is not there");
            log.Append(JournalHead.LogOf(piece));
        }

        return log.Append(head.Log).ToString();
    }

    private Task CreatePieceAsync(JsonObject piece, CancellationToken cancellationToken)
    {
        var name = StateObjects.Text(piece, "metadata", "name");
        return StateObjects.UntilDoneAsync(name, async () =>
        {
            if (await WriteAsync(piece, cancellationToken).ConfigureAwait(false) == StateWrite.Done)
            {
                return true;
            }

            // It is there already, or may be: left by a crash, or by an answer that was lost.
            return await objects.FindAsync(KubernetesResource.ConfigMaps, name, cancellationToken).ConfigureAwait(false) switch
            {
                null => false,
                { } found when JournalHead.LogOf(found) == JournalHead.LogOf(piece) => true,
                _ => throw Damaged(objects.Address(KubernetesResource.ConfigMaps, name), "its name is that of another content"),
            };
        }, cancellationToken);
    }

    private Task CloseAsync(string id, JournalLease lease, CancellationToken cancellationToken) => StateObjects.UntilDoneAsync(id, async () =>
    {
        var head = await FindHeadAsync(id, cancellationToken).ConfigureAwait(false);
        if (head is null || (head.Fence == lease.Fence && !head.IsOpen))
        {
            return true;
        }

        if (head.Fence >= lease.Fence)
        {
            throw KubernetesLeases.Lost(lease, null);
        }

        head.Take(lease.Fence, isOpen: false);
        return await WriteAsync(head.Content, cancellationToken).ConfigureAwait(false) == StateWrite.Done;
    }, cancellationToken);

    // Somebody deleted the Lease: its number goes on from what the journals remember.
    private async Task<long> GreatestFenceAsync(string resource, CancellationToken cancellationToken) =>
        (await objects.ListConfigMapsAsync(JournalHead.OfResource(resource), cancellationToken).ConfigureAwait(false))
            .Select(content => new JournalHead(content).Fence).DefaultIfEmpty().Max();

    private async Task TryReleaseAsync(JournalLease lease)
    {
        try
        {
            await _leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
        }
        catch (PatchException)
        {
            // What went wrong before is what has to be told; the lease ends by itself.
        }
    }

    private async Task<JournalHead> CheckExistsAsync(string id, CancellationToken cancellationToken) =>
        await FindHeadAsync(id, cancellationToken).ConfigureAwait(false) is { IsCreated: true } head ? head : throw NotFound(id);

    private async Task<JournalHead?> FindHeadAsync(string id, CancellationToken cancellationToken) =>
        await objects.FindAsync(KubernetesResource.ConfigMaps, JournalHead.Name(id), cancellationToken).ConfigureAwait(false)
            is { } content ? new JournalHead(content) : null;

    private Task<StateWrite> WriteAsync(JsonObject configMap, CancellationToken cancellationToken) =>
        objects.WriteAsync(KubernetesResource.ConfigMaps, configMap, cancellationToken);

    private PatchException NotFound(string id) => new(PatchErrorCode.NotFound, id,
        $"There is no rollout '{id}' ({objects.Address(KubernetesResource.ConfigMaps, JournalHead.Name(id))}).");

    private static PatchException Damaged(string address, string fault) => new(PatchErrorCode.HistoryDamaged, address,
        $"'{address}' is not the journal that was written: {fault}. The rollout cannot go on from it: put back what was there, or see in the "
        + "history what was changed.");
}
