using System.Text;
using PatchContainers.Rollout.Journal;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Rollout;

public sealed class FileJournalStoreTests : JournalStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<FileJournalStore> _opened = [];

    private string JournalPath => _folder["journal", "rollouts", Id, "journal"];

    public void Dispose()
    {
        _opened.ForEach(store => store.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public async Task A_journal_is_text_in_which_kinds_are_words()
    {
        await CreateAsync();
        Assert.Contains("\"Kind\":\"Taken\"", await File.ReadAllTextAsync(JournalPath, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_torn_at_any_byte_is_not_there_and_the_next_one_takes_its_place()
    {
        var lease = await CreateAsync();
        var whole = (await File.ReadAllBytesAsync(JournalPath, Token)).Length;
        await Store.AppendAsync(Id, lease, Entry(2), Token);
        var bytes = await File.ReadAllBytesAsync(JournalPath, Token);
        for (var length = whole; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(JournalPath, bytes[..length], Token);
            Assert.Single(await Store.ReadAsync(Id, Token));
            await Store.AppendAsync(Id, lease, Entry(2), Token);
            Assert.Equal(bytes, await File.ReadAllBytesAsync(JournalPath, Token));
        }

        // A power cut left room that was never filled.
        await File.WriteAllBytesAsync(JournalPath, [.. bytes[..whole], .. new byte[100], (byte)'\n'], Token);
        await Store.AppendAsync(Id, lease, Entry(2), Token);
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
            var other = Open();
            Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
                other.AppendAsync(Id, lease, next with { Number = number - 1 }, Token))).Code);
            await Store.AppendAsync(Id, lease, next, Token);
            Assert.Equal(PatchErrorCode.Conflict, (await Assert.ThrowsAsync<PatchException>(() =>
                other.AppendAsync(Id, lease, next, Token))).Code);
        }

        Assert.Equal([1, 2, 3, 4, 5, 6], (await Store.ReadAsync(Id, Token)).Select(e => e.Number));
        var bytes = await File.ReadAllBytesAsync(JournalPath, Token);
        bytes[^10] ^= 1;
        await File.WriteAllBytesAsync(JournalPath, bytes, Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => Store.AppendAsync(Id, lease, Entry(7), Token));
        Assert.Equal(PatchErrorCode.HistoryDamaged, e.Code);
        Assert.Contains("Line 6", e.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(JournalPath, Token));
    }

    [Fact]
    public async Task Any_byte_changed_in_a_whole_entry_is_an_error_that_names_file_and_line()
    {
        var lease = await CreateAsync();
        await Store.AppendAsync(Id, lease, Entry(2), Token);
        await Store.AppendAsync(Id, lease, Entry(3), Token);
        var bytes = await File.ReadAllBytesAsync(JournalPath, Token);
        var second = Array.IndexOf(bytes, (byte)'\n') + 1;
        for (var at = second; bytes[at] != '\n'; at++)
        {
            var changed = (byte[])bytes.Clone();
            changed[at] ^= 1;
            await File.WriteAllBytesAsync(JournalPath, changed, Token);
            var e = await Assert.ThrowsAsync<PatchException>(() => Store.ReadAsync(Id, Token));
            Assert.Equal((PatchErrorCode.HistoryDamaged, JournalPath), (e.Code, e.Target));
            Assert.Contains("Line 2", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_lease_of_a_process_that_died_on_this_host_is_taken_at_once_and_that_of_another_host_is_not()
    {
        await Store.AcquireAsync(Resource, Token);
        var path = Directory.GetFiles(_folder["journal", "leases"]).Single();
        var text = await File.ReadAllTextAsync(path, Token);
        var start = ProcessIdentity.Current().Start;

        // The same process id, given to another process since.
        await File.WriteAllTextAsync(path, text.Replace($"\"Start\":\"{start}\"", "\"Start\":\"1\"", StringComparison.Ordinal), Token);
        Assert.Equal(2, (await Store.AcquireAsync(Resource, Token)).Fence);

        await File.WriteAllTextAsync(path, text.Replace($"\"Id\":{Environment.ProcessId}", "\"Id\":4194399", StringComparison.Ordinal),
            Token);
        Assert.Equal(2, (await Store.AcquireAsync(Resource, Token)).Fence);

        await File.WriteAllTextAsync(path, text.Replace("\"Host\":\"", "\"Host\":\"another-", StringComparison.Ordinal)
            .Replace($"\"Id\":{Environment.ProcessId}", "\"Id\":4194399", StringComparison.Ordinal), Token);
        await Assert.ThrowsAsync<PatchException>(() => Store.AcquireAsync(Resource, Token));
    }

    [Fact]
    public async Task A_lease_that_cannot_be_read_is_an_error_and_not_free()
    {
        await Store.AcquireAsync(Resource, Token);
        var path = Directory.GetFiles(_folder["journal", "leases"]).Single();
        await File.WriteAllTextAsync(path, "{\"Resource\":", Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => Store.AcquireAsync(Resource, Token));
        Assert.Equal((PatchErrorCode.InvalidData, path), (e.Code, e.Target));
    }

    [Fact]
    public async Task A_folder_that_a_process_left_while_it_made_a_journal_is_no_rollout()
    {
        Directory.CreateDirectory(_folder["journal", "rollouts", Id]);
        Assert.Empty(await Store.ListAsync(Token));
        Assert.Equal(PatchErrorCode.NotFound, (await Assert.ThrowsAsync<PatchException>(() => Store.ReadAsync(Id, Token))).Code);
    }

    [Fact]
    public async Task A_file_in_the_folders_place_is_an_error_that_names_it()
    {
        await File.WriteAllBytesAsync(_folder["journal"], Encoding.UTF8.GetBytes("x"), Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => Store.AcquireAsync(Resource, Token));
        Assert.Equal((PatchErrorCode.FileError, _folder["journal"]), (e.Code, e.Target));
    }

    protected override IJournalStore Open()
    {
        var store = new FileJournalStore(new PatchState(_folder.Path), Clock);
        _opened.Add(store);
        return store;
    }
}
