using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

/// <summary>What every store of journals does.</summary>
public abstract class JournalStoreContract
{
    protected const string Id = "20261121-074500-3f9c";
    protected const string Resource = "/srv/deploy";

    private IJournalStore? _store;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    internal ManualClock Clock { get; } = new();

    protected IJournalStore Store => _store ??= Open();

    [Fact]
    public async Task What_is_written_is_read_back_whole()
    {
        var lease = await Store.AcquireAsync(Resource, Token);
        var first = Entry(1) with
        {
            Kind = JournalEntryKind.Planned,
            Fence = lease.Fence,
            Actor = "zoë@host",
            Plan = new RolloutPlan
            {
                Path = Resource,
                Name = "shop",
                Rings =
                [
                    new PatchRing
                    {
                        Name = "staging",
                        Targets = [new RingTarget { Context = "east", Namespaces = ["shop"], Selector = "app=web", Kinds = ["Deployment"] }],
                        Batch = Portion.Parse("25%"),
                        Timeout = TimeSpan.FromMinutes(3),
                        Canary = Portion.Parse("1"),
                        CanarySoak = TimeSpan.FromMinutes(4),
                        Soak = TimeSpan.FromHours(25),
                        Gates = [PolicyGate.Define(PatchContainers.Scanning.Severity.High) with { HasBaseline = true }],
                        Windows = ["Sat,Sun 02:00 +4h Europe/Berlin"],
                        Freezes = ["2026-12-24..2026-12-26 Europe/Berlin"],
                        Approval = true,
                        TrialJob = true,
                    },
                    new PatchRing { Name = "production", Targets = [new RingTarget { Path = "/srv/deploy/production" }] },
                ],
                RingOrder = ["staging", "production"],
                Changes = [new RolloutChange { Workload = "w\n\0", Platform = "Text", Ring = "staging", OldImage = "a", NewImage = "b",
                    NewDigest = "c", Status = ChangeStatus.Written }],
                SkippedGates = ["late"],
                OnFailure = FailureAction.Freeze,
                OnInconclusive = InconclusiveAction.Continue,
                RollbackScope = RollbackScope.Ring,
                SkipRefused = true,
                Refusals = [new RolloutRefusal(PatchErrorCode.ChangeRefused, "w", "staging", "why")],
                Fixes = new Dictionary<string, IReadOnlyList<string>> { ["c"] = ["CVE-1"] },
            },
        };
        var second = Entry(2) with { Step = 1, Action = "Gate", Ring = "staging", Target = "policy", Change = 0, Outcome = "Passed",
            Detail = "fine", Digests = ["c"], Uncertain = true, HistoryHead = "1:0", Scope = RollbackScope.Rollout };
        await Store.CreateAsync(Id, lease, first, Token);
        await Store.AppendAsync(Id, lease, second, Token);

        var other = Open();
        Assert.Equivalent(new[] { first, second }, await other.ReadAsync(Id, Token), strict: true);
        Assert.Equal([Id], await other.ListAsync(Token));
    }

    [Fact]
    public async Task An_entry_is_written_only_as_the_next_one_and_an_id_only_once()
    {
        var lease = await CreateAsync();
        foreach (var number in (int[])[0, 1, 3])
        {
            Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
                Store.AppendAsync(Id, lease, Entry(number), Token))).Code);
        }

        await Store.AppendAsync(Id, lease, Entry(2), Token);
        Assert.Equal(PatchErrorCode.AlreadyExists,
            (await Assert.ThrowsAsync<PatchException>(() => Store.CreateAsync(Id, lease, Entry(1), Token))).Code);
        Assert.Equal(2, (await Store.ReadAsync(Id, Token)).Count);
    }

    [Fact]
    public async Task Of_many_writers_of_one_entry_exactly_one_wins()
    {
        var lease = await CreateAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var store = Open();
            try
            {
                await store.AppendAsync(Id, lease, Entry(2) with { Detail = $"{i}" }, Token);
                return i;
            }
            catch (PatchException e) when (e.Code == PatchErrorCode.Conflict)
            {
                return -1;
            }
        }));
        var winner = Assert.Single(results, r => r >= 0);
        Assert.Equal($"{winner}", (await Store.ReadAsync(Id, Token))[^1].Detail);
    }

    [Fact]
    public async Task A_lease_is_refused_while_it_is_held_naming_who_and_since_when()
    {
        var lease = await Store.AcquireAsync(Resource, Token);
        var other = Open();
        var e = await Assert.ThrowsAsync<PatchException>(() => other.AcquireAsync(Resource, Token));
        Assert.Equal((PatchErrorCode.Conflict, Resource), (e.Code, e.Target));
        Assert.Contains(PatchContainers.History.HistoryActor.Current(), e.Message, StringComparison.Ordinal);
        Assert.Contains("2026-11-21 07:45:00Z", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await other.AcquireAsync("/srv/other", Token)).Fence);

        await Store.ReleaseAsync(lease, Token);
        Assert.Equal(2, (await other.AcquireAsync(Resource, Token)).Fence);
    }

    [Fact]
    public async Task An_owner_whose_lease_was_taken_after_its_time_cannot_write_renew_or_release()
    {
        var lease = await CreateAsync();
        var other = Open();
        Clock.Now += Store.LeaseDuration - TimeSpan.FromTicks(1);
        await Assert.ThrowsAsync<PatchException>(() => other.AcquireAsync(Resource, Token));
        Clock.Now += TimeSpan.FromTicks(1);
        var taken = await other.AcquireAsync(Resource, Token);
        Assert.True(taken.Fence > lease.Fence);

        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
            Store.AppendAsync(Id, lease, Entry(2), Token))).Code);
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
            Store.CreateAsync("20261121-074500-ffff", lease, Entry(1), Token))).Code);
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => Store.RenewAsync(lease, Token))).Code);
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => Store.CheckAsync(lease, Token))).Code);
        await Store.ReleaseAsync(lease, Token);
        await other.CheckAsync(taken, Token);
        await other.AppendAsync(Id, taken, Entry(2), Token);
    }

    [Fact]
    public async Task A_lease_that_is_renewed_lasts()
    {
        var lease = await Store.AcquireAsync(Resource, Token);
        var other = Open();
        for (var i = 0; i < 3; i++)
        {
            Clock.Now += Store.LeaseDuration * 0.9;
            await Store.RenewAsync(lease, Token);
        }

        await Assert.ThrowsAsync<PatchException>(() => other.AcquireAsync(Resource, Token));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(40_000)]
    [InlineData(700_000)]
    [InlineData(1_500_000)]
    public async Task Entries_of_any_length_and_in_any_script_are_read_back_in_their_order(int length)
    {
        var lease = await CreateAsync();
        var written = new List<JournalEntry> { Entry(1) };
        for (var number = 2; number <= 6; number++)
        {
            var text = string.Concat(Enumerable.Repeat(number % 2 == 0 ? "x\"\n" : "\U0001F433\u00e9", length / 3));
            written.Add(Entry(number) with { Detail = number == 4 ? "short" : text });
            await Store.AppendAsync(Id, lease, written[^1], Token);
        }

        Assert.Equal(written, await Open().ReadAsync(Id, Token));
    }

    [Fact]
    public async Task Requests_are_left_without_a_lease_and_read_in_their_order_whoever_leaves_them_at_once()
    {
        await CreateAsync();
        Assert.Empty(await Store.ReadRequestsAsync(Id, Token));
        await Store.PostAsync(Id, Request("a"), Token);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Open().PostAsync(Id, Request($"{i}"), Token)));
        await Store.PostAsync(Id, Request("z"), Token);
        var ids = (await Store.ReadRequestsAsync(Id, Token)).Select(r => r.Id).ToArray();
        Assert.Equal(("a", "z", 8), (ids[0], ids[^1], ids.Distinct().Count()));
        Assert.Equal(PatchErrorCode.NotFound, (await Assert.ThrowsAsync<PatchException>(() =>
            Store.PostAsync("20261121-074500-ffff", Request("b"), Token))).Code);
    }

    [Theory]
    [InlineData("../20261121-074500-3f9c")]
    [InlineData("20261121-074500-3f9c\n")]
    [InlineData("")]
    public async Task What_is_no_id_is_refused_and_what_is_not_there_is_not_found(string id)
    {
        Assert.Equal(PatchErrorCode.InvalidArgument, (await Assert.ThrowsAsync<PatchException>(() => Store.ReadAsync(id, Token))).Code);
        Assert.Equal(PatchErrorCode.NotFound, (await Assert.ThrowsAsync<PatchException>(() => Store.ReadAsync(Id, Token))).Code);
        Assert.Empty(await Store.ListAsync(Token));
    }

    [Fact]
    public async Task What_was_begun_under_a_lease_is_closed_to_it_when_another_takes_it_however_often()
    {
        var lease = await CreateAsync();
        for (var number = 2; number <= 4; number++)
        {
            Clock.Now += Store.LeaseDuration;
            var (last, other) = (lease, Open());
            lease = await other.AcquireAsync(Resource, Token);
            Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
                Store.AppendAsync(Id, last, Entry(number), Token))).Code);
            await other.AppendAsync(Id, lease, Entry(number), Token);
        }

        Assert.Equal(4, (await Store.ReadAsync(Id, Token)).Count);
    }

    /// <summary>Another process's store on the same place. Whoever made it closes it.</summary>
    protected abstract IJournalStore Open();

    protected static JournalEntry Entry(int number) =>
        new() { Number = number, Kind = JournalEntryKind.Taken, Time = new DateTimeOffset(2026, 11, 21, 7, 45, 0, TimeSpan.Zero) };

    protected static JournalRequest Request(string id) => new() { Id = id, Kind = JournalEntryKind.StopAsked, Actor = "me" };

    protected async Task<JournalLease> CreateAsync()
    {
        var lease = await Store.AcquireAsync(Resource, Token);
        await Store.CreateAsync(Id, lease, Entry(1), Token);
        return lease;
    }
}
