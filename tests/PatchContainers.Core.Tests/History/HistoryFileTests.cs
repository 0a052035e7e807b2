using System.Security.Cryptography;
using System.Text;
using PatchContainers.History;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.History;

public sealed class HistoryFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HistoryFile _history;
    private readonly string _path;

    public HistoryFileTests()
    {
        _path = _folder["state", "history.jsonl"];
        _history = new HistoryFile(_path, TimeProvider.System);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_hash_of_a_line_is_what_sha256sum_says_of_its_bytes_before_the_hash()
    {
        var first = await AppendAsync("a");
        var second = await AppendAsync("b");

        var lines = await File.ReadAllLinesAsync(_path, Token);
        var body = lines[0][..lines[0].IndexOf(",\"Hash\":", StringComparison.Ordinal)];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body))), first.Hash);
        Assert.Equal((2L, first.Hash), (second.Sequence, second.PreviousHash));
        Assert.Equal(new string('0', 64), first.PreviousHash);
    }

    [Fact]
    public async Task What_is_appended_is_given_back_as_it_will_be_read()
    {
        var record = new PatchRecord
        {
            Time = new DateTimeOffset(2026, 11, 21, 9, 45, 0, 123, TimeSpan.FromHours(2)),
            Kind = PatchRecordKind.Gate,
            Actor = "Zoë \"the\" \\ operator\n\u2028",
            Image = "registry.example/shop/web:1.4",
            OldDigest = "sha256:old",
            NewDigest = "sha256:new",
            Workload = "compose:///srv/compose.yaml/web",
            Rollout = "20261121-074500-3f9c",
            Outcome = "Passed",
            Findings = ["CVE-2023-0001", "CVE-2023-0002"],
            Gates = ["policy: Passed"],
            Detail = "\0\t😀 ,\"Key\":\"not the key\",\"Hash\":\"",
            Key = "20261121-074500-3f9c/2/1",
        };
        var appended = await _history.AppendAsync(record, Token);
        var read = await SingleAsync(new HistoryFilter());

        Assert.Equal(new DateTimeOffset(2026, 11, 21, 7, 45, 0, 123, TimeSpan.Zero), read.Time);
        Assert.Equivalent(appended, read, strict: true);
        Assert.Equivalent(record with { Time = read.Time, Sequence = 1, PreviousHash = new string('0', 64), Hash = read.Hash }, read,
            strict: true);
        Assert.Equal(read.Hash, (await _history.AppendAsync(record, Token)).Hash);
    }

    [Fact]
    public async Task Time_and_actor_are_filled_in_where_they_are_not_given()
    {
        var record = await _history.AppendAsync(new PatchRecord { Kind = PatchRecordKind.Scan }, Token);
        Assert.NotEqual(default, record.Time);
        Assert.Equal(TimeSpan.Zero, record.Time.Offset);
        Assert.Equal(HistoryActor.Current(), record.Actor);
    }

    [Fact]
    public async Task A_record_whose_key_is_there_is_not_written_again_by_this_process_or_another()
    {
        var first = await AppendAsync("r/1/1");
        await AppendAsync(string.Empty);
        await AppendAsync(string.Empty);
        var length = new FileInfo(_path).Length;

        using var other = new HistoryFile(_path, TimeProvider.System);
        Assert.Equivalent(first, await AppendAsync("r/1/1"), strict: true);
        Assert.Equivalent(first, await other.AppendAsync(new PatchRecord { Key = "r/1/1", Detail = "another" }, Token), strict: true);
        Assert.Equal(length, new FileInfo(_path).Length);

        // What another process appends since is seen, too.
        await other.AppendAsync(new PatchRecord { Key = "r/2/1" }, Token);
        Assert.Equal(4, (await AppendAsync("r/2/1")).Sequence);
        Assert.Equal(4, (await _history.ReadHeadAsync(Token)).Sequence);
    }

    [Fact]
    public async Task A_key_of_a_file_that_was_replaced_meanwhile_is_not_remembered()
    {
        await AppendAsync("r/1/1");
        File.Delete(_path);
        await AppendAsync("r/2/1");
        Assert.Equal(2, (await AppendAsync("r/1/1")).Sequence);
        Assert.True((await _history.VerifyAsync(null, Token)).IsIntact);
    }

    [Fact]
    public async Task An_empty_history_is_intact_and_has_a_head_of_zeros()
    {
        Assert.Equal($"0:{new string('0', 64)}", (await _history.ReadHeadAsync(Token)).ToString());
        var verification = await _history.VerifyAsync(null, Token);
        Assert.True(verification.IsIntact);
        Assert.Equal(0, verification.Count);
        Assert.Empty(await _history.ReadAsync(new HistoryFilter(), Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_line_torn_at_any_byte_is_completed_as_interrupted_and_is_no_tampering()
    {
        await AppendAsync("r/1/1");
        var whole = (await File.ReadAllBytesAsync(_path, Token)).Length;
        await AppendAsync("r/2/1");
        var bytes = await File.ReadAllBytesAsync(_path, Token);

        // Cut before the last line break, the line is whole but for that: it is a record.
        for (var length = whole + 1; length < bytes.Length - 1; length++)
        {
            await File.WriteAllBytesAsync(_path, bytes[..length], Token);
            Assert.True((await _history.VerifyAsync(null, Token)).IsIntact);
            Assert.Single(await _history.ReadAsync(new HistoryFilter(), Token).ToListAsync(Token));

            Assert.Equal(3, (await AppendAsync("r/2/1")).Sequence);
            var verification = await _history.VerifyAsync(null, Token);
            Assert.True(verification.IsIntact, verification.Detail);
            var records = await _history.ReadAsync(new HistoryFilter(), Token).ToListAsync(Token);
            Assert.Equal([PatchRecordKind.Stale, PatchRecordKind.Interrupted, PatchRecordKind.Stale], records.Select(r => r.Kind));
            Assert.Contains($"{length - whole} bytes", records[1].Detail, StringComparison.Ordinal);
        }

        await File.WriteAllBytesAsync(_path, bytes[..^1], Token);
        Assert.Equal(2, (await AppendAsync("r/2/1")).Sequence);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_path, Token));
    }

    [Fact]
    public async Task A_completion_that_is_torn_itself_is_completed_again()
    {
        await AppendAsync("r/1/1");
        await File.AppendAllTextAsync(_path, "{\"Sequence\":2,", Token);
        var torn = new FileInfo(_path).Length;
        await AppendAsync("r/2/1");
        var bytes = await File.ReadAllBytesAsync(_path, Token);

        for (var length = torn; length < bytes.Length; length++)
        {
            await File.WriteAllBytesAsync(_path, bytes[..(int)length], Token);
            await AppendAsync("r/2/1");
            var verification = await _history.VerifyAsync(null, Token);
            Assert.True(verification.IsIntact, $"{length}: {verification.Detail}");
            Assert.Single(await _history.ReadAsync(new HistoryFilter(), Token).ToListAsync(Token), r => r.Key == "r/2/1");
        }
    }

    [Fact]
    public async Task Room_that_a_power_cut_left_unfilled_is_completed_as_interrupted()
    {
        await AppendAsync("r/1/1");
        await using (var file = new FileStream(_path, FileMode.Append))
        {
            file.Write(new byte[300]);
            file.Write("}\n"u8);
        }

        await AppendAsync("r/2/1");
        Assert.True((await _history.VerifyAsync(null, Token)).IsIntact);
        Assert.Equal(3, (await _history.ReadHeadAsync(Token)).Sequence);
    }

    [Fact]
    public async Task Torn_bytes_that_were_changed_afterwards_are_found()
    {
        await AppendAsync("r/1/1");
        await File.AppendAllTextAsync(_path, "{\"Sequence\":2,", Token);
        await AppendAsync("r/2/1");
        await AppendAsync("r/3/1");
        var text = await File.ReadAllTextAsync(_path, Token);

        await File.WriteAllTextAsync(_path, text.Replace("{\"Sequence\":2,#torn", "{\"Sequence\":9,#torn", StringComparison.Ordinal),
            Token);
        Assert.Equal(2, (await _history.VerifyAsync(null, Token)).FirstFault);
        await File.WriteAllTextAsync(_path, text.Replace("{\"Sequence\":2,#torn\n", string.Empty, StringComparison.Ordinal), Token);
        Assert.Equal(2, (await _history.VerifyAsync(null, Token)).FirstFault);
    }

    [Fact]
    public async Task Nothing_is_appended_after_a_last_line_that_was_edited()
    {
        await AppendAsync("r/1/1");
        var text = await File.ReadAllTextAsync(_path, Token);
        await File.WriteAllTextAsync(_path, text.Replace("Outcome\":\"\"", "Outcome\":\"Passed\"", StringComparison.Ordinal), Token);

        var e = await Assert.ThrowsAsync<PatchException>(() => AppendAsync("r/2/1"));
        Assert.Equal((PatchErrorCode.HistoryDamaged, _path), (e.Code, e.Target));
        var verification = await _history.VerifyAsync(null, Token);
        Assert.Equal((false, 1L), (verification.IsIntact, verification.FirstFault!.Value));
    }

    [Fact]
    public async Task A_kept_head_finds_a_cut_tail_and_a_rewritten_chain_and_nothing_else_does()
    {
        for (var i = 1; i <= 5; i++)
        {
            await AppendAsync($"r/{i}/1");
        }

        var head = await _history.ReadHeadAsync(Token);
        Assert.Equal(head, HistoryHead.Parse(head.ToString()));
        await AppendAsync("r/6/1");
        Assert.True((await _history.VerifyAsync(head, Token)).IsIntact);

        var lines = await File.ReadAllLinesAsync(_path, Token);
        await File.WriteAllLinesAsync(_path, lines[..4], Token);
        Assert.True((await _history.VerifyAsync(null, Token)).IsIntact);
        var cut = await _history.VerifyAsync(head, Token);
        Assert.Equal((false, 5L), (cut.IsIntact, cut.FirstFault!.Value));
        Assert.Contains("cut", cut.Detail, StringComparison.Ordinal);

        File.Delete(_path);
        for (var i = 1; i <= 5; i++)
        {
            await _history.AppendAsync(new PatchRecord { Key = $"r/{i}/1", Detail = "as somebody else would have it" }, Token);
        }

        Assert.True((await _history.VerifyAsync(null, Token)).IsIntact);
        var rewritten = await _history.VerifyAsync(head, Token);
        Assert.Equal((false, 5L), (rewritten.IsIntact, rewritten.FirstFault!.Value));
        Assert.Contains("rewritten", rewritten.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_the_files_place_is_an_error_that_names_it()
    {
        Directory.CreateDirectory(_path);
        var e = await Assert.ThrowsAsync<PatchException>(() => AppendAsync("a"));
        Assert.Equal((PatchErrorCode.FileError, _path), (e.Code, e.Target));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("-1:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("1:00")]
    [InlineData("1:G000000000000000000000000000000000000000000000000000000000000000")]
    public void A_head_of_another_form_is_an_error(string text) =>
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => HistoryHead.Parse(text)).Code);

    [Fact]
    public async Task A_line_that_is_no_record_stops_the_reading_with_an_error_that_names_its_place()
    {
        await AppendAsync("a");
        await File.AppendAllTextAsync(_path, "{\"a\":1}\n", Token);
        var e = await Assert.ThrowsAsync<PatchException>(async () => await _history.ReadAsync(new HistoryFilter(), Token)
            .ToListAsync(Token));
        Assert.Equal(PatchErrorCode.HistoryDamaged, e.Code);
        Assert.Contains("byte", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_was_made_to_look_torn_is_not_passed_over()
    {
        await AppendAsync("r/1/1");
        await AppendAsync("r/2/1");
        var lines = await File.ReadAllLinesAsync(_path, Token);
        await File.WriteAllLinesAsync(_path, [lines[0] + "#torn", lines[1]], Token);
        var e = await Assert.ThrowsAsync<PatchException>(async () => await _history.ReadAsync(new HistoryFilter(), Token).ToListAsync(Token));
        Assert.Equal(PatchErrorCode.HistoryDamaged, e.Code);
        Assert.Equal(1, (await _history.VerifyAsync(null, Token)).FirstFault);
    }

    private Task<PatchRecord> AppendAsync(string key) => _history.AppendAsync(new PatchRecord { Key = key }, Token);

    private async Task<PatchRecord> SingleAsync(HistoryFilter filter) =>
        Assert.Single(await _history.ReadAsync(filter, Token).ToListAsync(Token));
}
