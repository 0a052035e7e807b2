using PatchContainers.Platforms.Kubernetes.Client;
using PatchContainers.Platforms.Kubernetes.Config;
using PatchContainers.Platforms.Kubernetes.Inventory;
using PatchContainers.Platforms.Kubernetes.Journal;
using PatchContainers.Platforms.Tests.Kubernetes.Rollout;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using Xunit;

namespace PatchContainers.Platforms.Tests.Kubernetes.Journal;

/// <summary>The rights that journals, locks and the quarantine take in a real control plane.</summary>
public sealed class RealStateRightsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_rights_that_an_account_lacks_for_the_state_store_are_named()
    {
        var context = KubeConfig.Read([ControlPlane.Kubeconfig("limited")]).Context();
        var seen = await ClusterProbe.ProbeStateAsync(context, string.Empty, TimeProvider.System, Token);
        Assert.True(seen.IsReachable);
        Assert.Equal(["get leases", "create leases", "update leases", "get configmaps", "list configmaps", "create configmaps", "update configmaps"],
            seen.Rights.Where(r => r is { IsAllowed: false, Namespace: "demo", Purpose: "the state store" }).Select(r => r.Right));
    }

    [Fact]
    public async Task Those_rights_are_all_that_it_takes_and_one_that_is_missing_is_named()
    {
        await using var scene = await RolloutScene.OpenAsync();
        using var account = await scene.AccountAsync("coordination.k8s.io/leases: get, create, update", "/configmaps: get, list, create, update");
        using var objects = new StateObjects(account, scene.Namespace);
        var store = new KubernetesJournalStore(objects, TimeProvider.System);
        var lease = await store.AcquireAsync("shop", Token);
        var first = new JournalEntry { Number = 1, Kind = JournalEntryKind.Taken };
        await store.CreateAsync("20261121-074500-0001", lease, first, Token);
        await store.AppendAsync("20261121-074500-0001", lease, first with { Number = 2 }, Token);
        await store.PostAsync("20261121-074500-0001", new JournalRequest { Id = "a", Kind = JournalEntryKind.StopAsked, Actor = "me" }, Token);
        await store.RenewAsync(lease, Token);
        Assert.Equal(2, (await store.ReadAsync("20261121-074500-0001", Token)).Count);
        Assert.Single(await store.ReadRequestsAsync("20261121-074500-0001", Token));
        Assert.Single(await store.ListAsync(Token));
        var quarantine = new QuarantineStore(new ConfigMapDocument(objects, "patchcontainers-quarantine"), TimeProvider.System);
        await quarantine.AddAsync(new QuarantinedDigest { Repository = "r", Digest = "d", Path = "shop", Rollout = "1", Ring = "staging" }, Token);
        await quarantine.ClearAsync("d", null, "me", Token);
        await store.ReleaseAsync(lease, Token);

        using var other = await scene.AccountAsync("/configmaps: get, list, create, update");
        using var without = new StateObjects(other, scene.Namespace);
        var e = await Assert.ThrowsAsync<PatchException>(() => new KubernetesJournalStore(without, TimeProvider.System).AcquireAsync("shop", Token));
        Assert.Equal(PatchErrorCode.Forbidden, e.Code);
        Assert.Contains($"needs to get leases, create leases, update leases in the namespace {scene.Namespace}.", e.Message, StringComparison.Ordinal);
    }
}
