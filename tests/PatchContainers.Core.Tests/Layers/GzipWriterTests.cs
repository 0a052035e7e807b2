using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Images;
using PatchContainers.Layers;
using Xunit;

namespace PatchContainers.Core.Tests.Layers;

public sealed class GzipWriterTests
{
    public static TheoryData<string, byte[], int> Contents => new()
    {
        { "nothing", [], 20 },
        { "one byte", [7], 21 },
        { "text", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"Package: p{i % 97}\nStatus: install ok installed\n\n"))), 40_000 },
        { "zeros", new byte[1_000_000], 12_000 },
        { "noise", Noise(300_000), 300_100 },
        { "noise of one block", Noise(65_535), 65_600 },
        { "noise and text", [.. Noise(65_530), .. Encoding.UTF8.GetBytes(new string('a', 70_000)), .. Noise(5)], 66_500 },
        { "repeats from afar", [.. Noise(32_768), .. Noise(32_768), .. Noise(32_768)], 36_000 },
        { "high bytes", Enumerable.Range(0, 100_000).Select(i => (byte)(128 + (i * i % 127))).ToArray(), 50_000 },
    };

    [Theory]
    [MemberData(nameof(Contents))]
    public void What_is_written_is_read_back_by_another_reader_and_is_no_larger_than_it_may_be(string name, byte[] content, int limit)
    {
        var written = Write([content]);
        Assert.True(content.AsSpan().SequenceEqual(Read(written)), name);
        Assert.InRange(written.Length, 20, limit);
    }

    [Fact]
    public void Any_bytes_written_in_any_pieces_come_back_and_give_the_same_bytes()
    {
        var run = from value in Gen.Choose(0, 255) from length in Gen.Choose(1, 3000) from step in Gen.Choose(0, 3)
                  select Enumerable.Range(0, length).Select(i => (byte)(value + (i * step))).ToArray();
        Prop.ForAll(run.ListOf().ToArbitrary(), runs =>
        {
            var whole = runs.SelectMany(r => r).ToArray();
            var written = Write(runs);
            return whole.AsSpan().SequenceEqual(Read(written)) && written.AsSpan().SequenceEqual(Write([whole]));
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>Pinned: who changes the encoder changes the digest of every layer that is written again.</summary>
    [Fact]
    public void The_bytes_are_the_same_on_every_runtime() => Assert.Equal(
        "sha256:3509a373c241bfbfd36859aef53bc17cfa38c6b2effbb8f8d83258604a9940e0",
        Digest.OfBytes(Write([Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"line {i * 7919 % 1013}\n")))])).ToString());

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(11).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Write(IEnumerable<byte[]> pieces)
    {
        using var output = new MemoryStream();
        using var gzip = new GzipWriter(output);
        foreach (var piece in pieces)
        {
            gzip.Write(piece);
        }

        gzip.Finish();
        return output.ToArray();
    }

    private static byte[] Read(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }
}
