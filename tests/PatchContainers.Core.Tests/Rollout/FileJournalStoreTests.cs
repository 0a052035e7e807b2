using System.Text;
using PatchContainers.Rollout;
using PatchContainers.Rollout.Journal;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class FileJournalStoreTests : IDisposable
{
    private const string Id = "20261121-074500-3f9c";
    private const string Resource = "/srv/deploy";

    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly FileJournalStore _store;

    public FileJournalStoreTests() => _store = Open();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string JournalPath => _folder["journal", "rollouts", Id, "journal"];

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_written_is_read_back_whole()
    {
        var lease = await _store.AcquireAsync(Resource, Token);
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
        await _store.CreateAsync(Id, lease, first, Token);
        await _store.AppendAsync(Id, lease, second, Token);

        using var other = Open();
        Assert.Equivalent(new[] { first, second }, await other.ReadAsync(Id, Token), strict: true);
        Assert.Equal([Id], await other.ListAsync(Token));
        Assert.Contains("\"Kind\":\"Planned\"", await File.ReadAllTextAsync(JournalPath, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_is_written_only_as_the_next_one_and_an_id_only_once()
    {
        var lease = await CreateAsync();
        foreach (var number in (int[])[0, 1, 3])
        {
            Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
                _store.AppendAsync(Id, lease, Entry(number), Token))).Code);
        }

        await _store.AppendAsync(Id, lease, Entry(2), Token);
        Assert.Equal(PatchErrorCode.AlreadyExists,
            (await Assert.ThrowsAsync<PatchException>(() => _store.CreateAsync(Id, lease, Entry(1), Token))).Code);
        Assert.Equal(2, (await _store.ReadAsync(Id, Token)).Count);
    }

    [Fact]
    public async Task Of_many_writers_of_one_entry_exactly_one_wins()
    {
        var lease = await CreateAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var store = Open();
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
        Assert.Equal($"{winner}", (await _store.ReadAsync(Id, Token))[^1].Detail);
    }

    [Fact]
    public async Task An_entry_torn_at_any_byte_is_not_there_and_the_next_one_takes_its_place()
    {
        var lease = await CreateAsync();
        var whole = (await File.ReadAllBytesAsync(JournalPath, Token)).Length;
        await _store.AppendAsync(Id, lease, Entry(2), Token);
        var bytes = await File.ReadAllBytesAsync(JournalPath, Token);
        for (var length = whole; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(JournalPath, bytes[..length], Token);
            Assert.Single(await _store.ReadAsync(Id, Token));
            await _store.AppendAsync(Id, lease, Entry(2), Token);
            Assert.Equal(bytes, await File.ReadAllBytesAsync(JournalPath, Token));
        }

        // A power cut left room that was never filled.
        await File.WriteAllBytesAsync(JournalPath, [.. bytes[..whole], .. new byte[100], (byte)'\n'], Token);
        await _store.AppendAsync(Id, lease, Entry(2), Token);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(JournalPath, Token));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(4_000)]
    [InlineData(4_096)]
    [InlineData(100_000)]
    public async Task Entries_of_any_length_are_followed_by_the_next_one_only_whatever_a_crash_left(int length)
    {
        var lease = await CreateAsync();
        for (var number = 2; number <= 6; number++)
        {
            var next = Entry(number) with { Detail = new string('x', number % 2 == 0 ? length : 1) };
            await File.AppendAllTextAsync(JournalPath, new string('y', length), Token);
            using var other = Open();
            Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
                other.AppendAsync(Id, lease, next with { Number = number - 1 }, Token))).Code);
            await _store.AppendAsync(Id, lease, next, Token);
            Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
                other.AppendAsync(Id, lease, next, Token))).Code);
        }

        Assert.Equal([1, 2, 3, 4, 5, 6], (await _store.ReadAsync(Id, Token)).Select(e => e.Number));
        var bytes = await File.ReadAllBytesAsync(JournalPath, Token);
        bytes[^10] ^= 1;
        await File.WriteAllBytesAsync(JournalPath, bytes, Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => _store.AppendAsync(Id, lease, Entry(7), Token));
        Assert.Equal(PatchErrorCode.HistoryDamaged, e.Code);
        Assert.Contains("Line 6", e.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(JournalPath, Token));
    }

    [Fact]
    public async Task Any_byte_changed_in_a_whole_entry_is_an_error_that_names_file_and_line()
    {
        var lease = await CreateAsync();
        await _store.AppendAsync(Id, lease, Entry(2), Token);
        await _store.AppendAsync(Id, lease, Entry(3), Token);
        var bytes = await File.ReadAllBytesAsync(JournalPath, Token);
        var second = Array.IndexOf(bytes, (byte)'\n') + 1;
        for (var at = second; bytes[at] != '\n'; at++)
        {
            var changed = (byte[])bytes.Clone();
            changed[at] ^= 1;
            await File.WriteAllBytesAsync(JournalPath, changed, Token);
            var e = await Assert.ThrowsAsync<PatchException>(() => _store.ReadAsync(Id, Token));
            Assert.Equal((PatchErrorCode.HistoryDamaged, JournalPath), (e.Code, e.Target));
            Assert.Contains("Line 2", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_lease_is_refused_while_it_is_held_naming_who_and_since_when()
    {
        var lease = await _store.AcquireAsync(Resource, Token);
        using var other = Open();
        var e = await Assert.ThrowsAsync<PatchException>(() => other.AcquireAsync(Resource, Token));
        Assert.Equal((PatchErrorCode.Conflict, Resource), (e.Code, e.Target));
        Assert.Contains(PatchContainers.History.HistoryActor.Current(), e.Message, StringComparison.Ordinal);
        Assert.Contains("2026-11-21 07:45:00Z", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await other.AcquireAsync("/srv/other", Token)).Fence);

        await _store.ReleaseAsync(lease, Token);
        Assert.Equal(2, (await other.AcquireAsync(Resource, Token)).Fence);
    }

    [Fact]
    public async Task An_owner_whose_lease_was_taken_after_its_time_cannot_write_renew_or_release()
    {
        var lease = await CreateAsync();
        using var other = Open();
        _clock.Now += _store.LeaseDuration - TimeSpan.FromTicks(1);
        await Assert.ThrowsAsync<PatchException>(() => other.AcquireAsync(Resource, Token));
        _clock.Now += TimeSpan.FromTicks(1);
        var taken = await other.AcquireAsync(Resource, Token);
        Assert.True(taken.Fence > lease.Fence);

        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
            _store.AppendAsync(Id, lease, Entry(2), Token))).Code);
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
            _store.CreateAsync("20261121-074500-ffff", lease, Entry(1), Token))).Code);
        Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() => _store.RenewAsync(lease, Token))).Code);
        await _store.ReleaseAsync(lease, Token);
        await other.AppendAsync(Id, taken, Entry(2), Token);
    }

    [Fact]
    public async Task A_lease_that_is_renewed_lasts()
    {
        var lease = await _store.AcquireAsync(Resource, Token);
        using var other = Open();
        for (var i = 0; i < 3; i++)
        {
            _clock.Now += _store.LeaseDuration * 0.9;
            await _store.RenewAsync(lease, Token);
        }

        await Assert.ThrowsAsync<PatchException>(() => other.AcquireAsync(Resource, Token));
    }

    [Fact]
    public async Task The_lease_of_a_process_that_died_on_this_host_is_taken_at_once_and_that_of_another_host_is_not()
    {
        await _store.AcquireAsync(Resource, Token);
        var path = Directory.GetFiles(_folder["journal", "leases"]).Single();
        var text = await File.ReadAllTextAsync(path, Token);
        var start = ProcessIdentity.Current().Start;

        // The same process id, given to another process since.
        await File.WriteAllTextAsync(path, text.Replace($"\"Start\":\"{start}\"", "\"Start\":\"1\"", StringComparison.Ordinal), Token);
        Assert.Equal(2, (await _store.AcquireAsync(Resource, Token)).Fence);

        await File.WriteAllTextAsync(path, text.Replace($"\"Id\":{Environment.ProcessId}", "\"Id\":4194399", StringComparison.Ordinal),
            Token);
        Assert.Equal(2, (await _store.AcquireAsync(Resource, Token)).Fence);

        await File.WriteAllTextAsync(path, text.Replace("\"Host\":\"", "\"Host\":\"another-", StringComparison.Ordinal)
            .Replace($"\"Id\":{Environment.ProcessId}", "\"Id\":4194399", StringComparison.Ordinal), Token);
        await Assert.ThrowsAsync<PatchException>(() => _store.AcquireAsync(Resource, Token));
    }

    [Fact]
    public async Task A_lease_that_cannot_be_read_is_an_error_and_not_free()
    {
        await _store.AcquireAsync(Resource, Token);
        var path = Directory.GetFiles(_folder["journal", "leases"]).Single();
        await File.WriteAllTextAsync(path, "{\"Resource\":", Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => _store.AcquireAsync(Resource, Token));
        Assert.Equal((PatchErrorCode.InvalidData, path), (e.Code, e.Target));
    }

    [Fact]
    public async Task A_folder_that_a_process_left_while_it_made_a_journal_is_no_rollout()
    {
        Directory.CreateDirectory(_folder["journal", "rollouts", Id]);
        Assert.Empty(await _store.ListAsync(Token));
        Assert.Equal(PatchErrorCode.NotFound, (await Assert.ThrowsAsync<PatchException>(() => _store.ReadAsync(Id, Token))).Code);
    }

    [Fact]
    public async Task A_file_in_the_folders_place_is_an_error_that_names_it()
    {
        await File.WriteAllBytesAsync(_folder["journal"], Encoding.UTF8.GetBytes("x"), Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => _store.AcquireAsync(Resource, Token));
        Assert.Equal((PatchErrorCode.FileError, _folder["journal"]), (e.Code, e.Target));
    }

    private static JournalEntry Entry(int number) =>
        new() { Number = number, Kind = JournalEntryKind.Taken, Time = new DateTimeOffset(2026, 11, 21, 7, 45, 0, TimeSpan.Zero) };

    private FileJournalStore Open() => new(new PatchState(_folder.Path), _clock);

    private async Task<JournalLease> CreateAsync()
    {
        var lease = await _store.AcquireAsync(Resource, Token);
        await _store.CreateAsync(Id, lease, Entry(1), Token);
        return lease;
    }
}
