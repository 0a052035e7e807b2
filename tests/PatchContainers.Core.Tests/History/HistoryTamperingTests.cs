using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.History;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.History;

/// <summary>A history of 12 records, one of them standing for a torn line, and everything that can be done to it.</summary>
public sealed class HistoryTamperingTests : IAsyncLifetime
{
    private const int Records = 12;
    private const int TornAfter = 5;

    private readonly TemporaryFolder _folder = new();
    private string _path = string.Empty;
    private byte[] _bytes = [];
    private byte[][] _lines = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _path = _folder["history.jsonl"];
        using var history = new HistoryFile(_path, TimeProvider.System);
        while ((await history.ReadHeadAsync(Token)).Sequence is var sequence && sequence < Records)
        {
            if (sequence == TornAfter)
            {
                await File.AppendAllTextAsync(_path, "{\"Sequence\":6,\"Time", Token);
            }

            await history.AppendAsync(new PatchRecord { Key = $"r/{sequence}/1", Image = "web", Findings = ["CVE-1"] }, Token);
        }

        _bytes = await File.ReadAllBytesAsync(_path, Token);
        _lines = Encoding.UTF8.GetString(_bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Encoding.UTF8.GetBytes)
            .ToArray();
        Assert.Equal(Records + 1, _lines.Length);
        Assert.True(Verify(_bytes).IsIntact);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Every_single_byte_that_is_changed_is_found_and_the_record_is_named()
    {
        var place = Gen.Choose(0, _bytes.Length - 2).SelectMany(at => Gen.Choose(1, 255).Select(flip => (At: at, Flip: flip)));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(place.ToArbitrary(), x =>
        {
            var changed = (byte[])_bytes.Clone();
            changed[x.At] ^= (byte)x.Flip;
            var verification = Verify(changed);
            var line = _bytes.AsSpan(0, x.At).Count((byte)'\n');
            var record = line < TornAfter ? line + 1 : line == TornAfter ? TornAfter + 1 : line;
            return !verification.IsIntact && verification.FirstFault == record;
        }));
    }

    [Fact]
    public void A_line_break_that_becomes_any_other_byte_is_found()
    {
        // The break in front of the last record, too: both records are one line then, and it is the last.
        for (var flip = 1; flip < 256; flip++)
        {
            var changed = (byte[])_bytes.Clone();
            changed[Array.LastIndexOf(_bytes, (byte)'\n', _bytes.Length - 2)] ^= (byte)flip;
            Assert.Equal((false, Records - 1), (Verify(changed).IsIntact, Verify(changed).FirstFault));
        }
    }

    [Fact]
    public void Every_line_that_is_removed_before_the_last_is_found()
    {
        for (var i = 0; i < _lines.Length - 1; i++)
        {
            AssertFound(i, [.. _lines[..i], .. _lines[(i + 1)..]]);
        }
    }

    [Fact]
    public void Every_line_that_stands_twice_is_found()
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            AssertFound(i + 1, [.. _lines[..i], _lines[i], .. _lines[i..]]);
        }
    }

    [Fact]
    public void Every_two_lines_that_are_swapped_are_found()
    {
        for (var i = 0; i < _lines.Length; i++)
        {
            for (var j = i + 1; j < _lines.Length; j++)
            {
                var swapped = (byte[][])_lines.Clone();
                (swapped[i], swapped[j]) = (swapped[j], swapped[i]);
                AssertFound(i, swapped);
            }
        }
    }

    [Fact]
    public void A_record_that_was_rewritten_with_a_new_hash_is_found_by_the_one_after()
    {
        for (var i = 0; i < _lines.Length - 1; i++)
        {
            if (i is TornAfter)
            {
                continue;
            }

            var rewritten = (byte[][])_lines.Clone();
            rewritten[i] = HistoryLine.Write(HistoryLine.Read(_lines[i]) with { Actor = "somebody else" }).Line;
            AssertFound(i, rewritten);
        }
    }

    private void AssertFound(int line, byte[][] lines)
    {
        var verification = Verify([.. lines.SelectMany(l => (byte[])[.. l, (byte)'\n'])]);
        Assert.False(verification.IsIntact, $"line {line}");

        // The torn line has no number of its own: it is the Interrupted record's.
        Assert.Equal(line <= TornAfter ? line + 1 : line, verification.FirstFault);
    }

    private HistoryVerification Verify(byte[] bytes) => new HistoryVerifier(_path, []).Verify(new MemoryStream(bytes), Token);
}
