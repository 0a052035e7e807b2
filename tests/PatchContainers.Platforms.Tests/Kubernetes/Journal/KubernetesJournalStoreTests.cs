using System.Text.Json.Nodes;
using PatchContainers.Core.Tests.Rollout;
using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Journal;

/// <summary>On a real control plane: a journal is only as good as the compare-and-swap of the server.</summary>
public sealed class KubernetesJournalStoreTests : JournalStoreContract, IAsyncLifetime
{
    private readonly List<SharedState> _opened = [];
    private ScratchNamespace _namespace = null!;

    public async ValueTask InitializeAsync() => _namespace = await ScratchNamespace.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        _opened.ForEach(state => state.Dispose());
        await _namespace.DisposeAsync();
    }

    [Fact]
    public async Task Kubectl_shows_who_has_the_lease_and_what_the_journal_says()
    {
        await CreateAsync();
        var lease = await _namespace.Admin.GetAsync(KubernetesResource.Leases, _namespace.Name, LeaseObject.Name(Resource), Token);
        Assert.StartsWith(PatchContainers.History.HistoryActor.Current(), lease.Text("spec", "holderIdentity"), StringComparison.Ordinal);
        Assert.Equal((1, 120), (lease.Number("spec", "leaseTransitions"), lease.Number("spec", "leaseDurationSeconds")));
        Assert.Equal(Resource, lease.Text("metadata", "annotations", "patchcontainers/resource"));
        Assert.Equal("2026-11-21T07:45:00.000000Z", lease.Text("spec", "renewTime"));
        var head = await _namespace.Admin.GetAsync(KubernetesResource.ConfigMaps, _namespace.Name, JournalHead.Name(Id), Token);
        Assert.Contains("\"Number\":1", head.Text("data", "journal"), StringComparison.Ordinal);
        Assert.Equal("patchcontainers", head.Text("metadata", "labels", "app.kubernetes.io/managed-by"));
    }

    [Fact]
    public async Task An_owner_that_paused_between_opening_a_journal_and_writing_to_it_writes_nothing_once_another_took_over()
    {
        var lease = await CreateAsync();
        var stale = await HeadAsync();
        Clock.Now += Store.LeaseDuration;
        var taken = await Open().AcquireAsync(Resource, Token);

        // What the paused owner is about to send.
        new JournalHead(stale).Append("late\n");
        var e = await Assert.ThrowsAsync<PatchException>(() => _namespace.Admin.ReplaceAsync(KubernetesResource.ConfigMaps, _namespace.Name,
            JournalHead.Name(Id), stale, KubernetesClient.FieldManager, false, Token));
        Assert.Equal(PatchErrorCode.Conflict, e.Code);

        // And one that opened it only after the other had looked which are open.
        var late = new JournalHead(await HeadAsync());
        Assert.Equal((taken.Fence, false), (late.Fence, late.IsOpen));
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => Open().AppendAsync(Id, lease, Entry(2), Token))).Code);
        Assert.Single(await Store.ReadAsync(Id, Token));
    }

    [Fact]
    public async Task An_owner_that_comes_late_to_a_journal_nobody_had_open_is_told_by_the_lease()
    {
        var first = await CreateAsync();
        await Store.ReleaseAsync(first, Token);
        var second = await Store.AcquireAsync(Resource, Token);
        await Store.ReleaseAsync(second, Token);
        var third = await Store.AcquireAsync(Resource, Token);
        Assert.Equal((2, false), (new JournalHead(await HeadAsync()).Fence, new JournalHead(await HeadAsync()).IsOpen));

        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => Store.AppendAsync(Id, second, Entry(2), Token))).Code);
        await Store.AppendAsync(Id, third, Entry(2), Token);
        Assert.Equal(2, (await Store.ReadAsync(Id, Token)).Count);
    }

    [Fact]
    public async Task A_lease_that_looks_over_and_is_prolonged_meanwhile_is_not_taken()
    {
        var lease = await Store.AcquireAsync(Resource, Token);

        // The other clock is ten minutes ahead, and its holder lives.
        var other = Open(new WatchedClock(Clock, TimeSpan.FromMinutes(10), () => Store.RenewAsync(lease, Token)));
        Clock.Now += TimeSpan.FromSeconds(40);
        var e = await Assert.ThrowsAsync<PatchException>(() => other.AcquireAsync(Resource, Token));
        Assert.Equal(PatchErrorCode.Conflict, e.Code);
        await Store.RenewAsync(lease, Token);
    }

    [Fact]
    public async Task A_lease_that_was_deleted_goes_on_from_the_fence_of_its_journals()
    {
        var lease = await CreateAsync();
        await _namespace.Admin.DeleteAsync(KubernetesResource.Leases, _namespace.Name, LeaseObject.Name(Resource), null, DeletePropagation.Background, false, Token);
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => Store.RenewAsync(lease, Token))).Code);
        var next = await Open().AcquireAsync(Resource, Token);
        Assert.Equal(2, next.Fence);
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => Store.AppendAsync(Id, lease, Entry(2), Token))).Code);
    }

    [Fact]
    public async Task A_piece_that_is_gone_and_a_text_that_was_changed_are_damage_that_names_them()
    {
        var lease = await CreateAsync();
        await Store.AppendAsync(Id, lease, Entry(2) with { Detail = new string('x', 600_000) }, Token);
        var head = await HeadAsync();
        var piece = new JournalHead(head).Pieces[^1];
        await _namespace.Admin.DeleteAsync(KubernetesResource.ConfigMaps, _namespace.Name, piece, null, DeletePropagation.Background, false, Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => Store.ReadAsync(Id, Token));
        Assert.Equal(PatchErrorCode.HistoryDamaged, e.Code);
        Assert.Contains(piece, e.Message, StringComparison.Ordinal);

        head["data"]!["pieces"] = string.Empty;
        await _namespace.Admin.ReplaceAsync(KubernetesResource.ConfigMaps, _namespace.Name, JournalHead.Name(Id), head, "kubectl", false, Token);
        Assert.Equal(PatchErrorCode.HistoryDamaged, (await Assert.ThrowsAsync<PatchException>(() => Store.ReadAsync(Id, Token))).Code);
    }

    [Fact]
    public async Task A_missing_right_is_named()
    {
        using var state = KubernetesState.Open(ControlPlane.Open("dev"), _namespace.Name, Clock);
        var e = await Assert.ThrowsAsync<PatchException>(() => state.Journal.AcquireAsync(Resource, Token));
        Assert.Equal(PatchErrorCode.Forbidden, e.Code);
        Assert.Contains($"update configmaps in the namespace {_namespace.Name}", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<PatchException>(() => state.Journal.ListAsync(Token));
        Assert.Contains($"list configmaps in namespace {_namespace.Name}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_quarantine_is_shared_and_of_many_writers_none_is_lost()
    {
        Open();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
        {
            Open();
            return new QuarantineStore(_opened[^1].Quarantine, Clock).AddAsync(Quarantined($"{i}"), Token);
        }));
        var store = new QuarantineStore(_opened[0].Quarantine, Clock);
        Assert.Equal(6, (await store.GetAsync(Token)).Count);
        Assert.Single(await store.ClearAsync("3", null, "me", Token));
        Assert.Equal(5, (await store.GetAsync(Token)).Count);
        var e = await Assert.ThrowsAsync<PatchException>(() => store.AddAsync(Quarantined("big") with { Reason = new string('x', 1_100_000) }, Token));
        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
    }

    protected override IJournalStore Open() => Open(Clock);

    private static QuarantinedDigest Quarantined(string digest) =>
        new() { Repository = "registry.example/web", Digest = digest, Path = Resource, Ring = "staging", Rollout = Id };

    private IJournalStore Open(TimeProvider clock)
    {
        var state = KubernetesState.Open(ControlPlane.Open(), _namespace.Name, clock);
        lock (_opened)
        {
            _opened.Add(state);
        }

        return state.Journal;
    }

    private async Task<JsonObject> HeadAsync() => JsonObject.Create(await _namespace.Admin.GetAsync(KubernetesResource.ConfigMaps, _namespace.Name,
        JournalHead.Name(Id), Token))!;

    /// <summary>Runs ahead of another; while it is waited for, something happens.</summary>
    private sealed class WatchedClock(ManualClock clock, TimeSpan ahead, Func<Task> meanwhile) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.Now + ahead;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _ = Task.Run(async () =>
            {
                await meanwhile();
                callback(state);
            });
            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
