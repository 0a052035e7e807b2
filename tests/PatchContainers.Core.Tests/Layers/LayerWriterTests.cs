using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using PatchContainers.Images;
using PatchContainers.Layers;
using Xunit;

namespace PatchContainers.Core.Tests.Layers;

public sealed class LayerWriterTests
{
    private static readonly string LongName = string.Join('/', Enumerable.Repeat("directory", 15)) + "/" + new string('f', 120);

    public static TheoryData<string> Paths => new()
    {
        "etc/passwd",
        new string('a', 100),
        string.Join('/', Enumerable.Repeat("split", 20)) + "/file",
        new string('d', 155) + "/" + new string('f', 100),
        new string('d', 156) + "/file",
        LongName,
        "srv/größe.txt",
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public void Another_reader_finds_every_path_and_its_bytes(string path)
    {
        var layer = LayerWriter.Create(w => w.AddFile(path, "content", 0b100_110_100_000, 1000, 70_000_000));
        var entry = Assert.Single(ReadAll(layer));

        Assert.Equal((path, TarEntryType.RegularFile, "content"), (entry.Entry.Name, entry.Entry.EntryType, entry.Text));
        Assert.Equal((0b100_110_100_000, 1000, 70_000_000), ((int)entry.Entry.Mode, entry.Entry.Uid, entry.Entry.Gid));
        Assert.Equal(DateTimeOffset.UnixEpoch, entry.Entry.ModificationTime);
    }

    [Fact]
    public void Every_kind_of_entry_is_written()
    {
        var layer = LayerWriter.Create(w =>
        {
            w.AddDirectory("usr/lib");
            w.AddFile("usr/lib/os-release", "ID=debian\n");
            w.AddSymbolicLink("etc/os-release", "../usr/lib/os-release");
            w.AddHardLink("usr/lib/same", "usr/lib/os-release");
            w.AddWhiteout("etc/motd");
            w.AddWhiteout("top");
            w.AddOpaqueWhiteout("var/cache");
            w.AddSymbolicLink("long", "/" + LongName);
        });

        Assert.Equal(
            [
                "Directory usr/lib/ ", "RegularFile usr/lib/os-release ", "SymbolicLink etc/os-release ../usr/lib/os-release",
                "HardLink usr/lib/same usr/lib/os-release", "RegularFile etc/.wh.motd ", "RegularFile .wh.top ", "RegularFile var/cache/.wh..wh..opq ",
                "SymbolicLink long /" + LongName,
            ],
            ReadAll(layer).Select(e => $"{e.Entry.EntryType} {e.Entry.Name} {e.Entry.LinkName}"));
    }

    [Theory]
    [InlineData(LayerCompression.Gzip, MediaTypes.OciLayerGzip)]
    [InlineData(LayerCompression.None, MediaTypes.OciLayer)]
    public void Digests_are_those_of_the_bytes(LayerCompression compression, string mediaType)
    {
        var layer = LayerWriter.Create(w => w.AddFile("a", new string('x', 100_000)), compression);

        Assert.Equal(new Descriptor(mediaType, Digest.OfBytes(layer.Content.Span), layer.Content.Length), layer.Descriptor);
        Assert.Equal(layer.DiffId, Digest.OfBytes(Tar(layer)));
    }

    [Fact]
    public void The_same_calls_give_the_same_digest()
    {
        static WrittenLayer Make() => LayerWriter.Create(w =>
        {
            w.AddDirectory("etc");
            w.AddFile("etc/hostname", "web\n");
        });

        Assert.Equal(Make().Descriptor.Digest, Make().Descriptor.Digest);
        Assert.Equal("sha256:7a11c49688f09d84122b49efa1bdaff5d43fcc382c0d8611e65c3d62d98385d6", Make().DiffId.ToString());
    }

    [Theory]
    [InlineData("/etc/passwd", "absolute")]
    [InlineData("../etc/passwd", "'..'")]
    [InlineData("etc/../../passwd", "'..'")]
    [InlineData("a\0b", "NUL")]
    public void A_path_that_leads_out_is_refused(string path, string fault)
    {
        var error = Assert.Throws<PatchException>(() => LayerWriter.Create(w => w.AddFile(path, "")));
        Assert.Equal((PatchErrorCode.InvalidArgument, path), (error.Code, error.Target));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_ends_early_is_an_error()
    {
        using var content = new MemoryStream(new byte[10]);
        var error = Assert.Throws<PatchException>(() => LayerWriter.Create(w => w.AddFile("a", content, 11)));
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
    }

    [Fact]
    public void Numbers_that_do_not_fit_go_into_pax_records()
    {
        using var output = new MemoryStream();
        using var writer = new LayerWriter(output, LayerCompression.None) { ModifiedAt = DateTimeOffset.FromUnixTimeSeconds(-5) };
        writer.AddDirectory("a", uid: 0x7FFFFFFF, gid: 3);
        writer.Complete();

        var entry = (PaxTarEntry)Assert.Single(ReadTar(output.ToArray())).Entry;
        Assert.Equal((0x7FFFFFFF, 3, -5L), (entry.Uid, entry.Gid, entry.ModificationTime.ToUnixTimeSeconds()));
    }

    private static byte[] Tar(WrittenLayer layer)
    {
        if (layer.Descriptor.MediaType == MediaTypes.OciLayer)
        {
            return layer.Content.ToArray();
        }

        using var gzip = new GZipStream(new MemoryStream(layer.Content.ToArray()), CompressionMode.Decompress);
        using var tar = new MemoryStream();
        gzip.CopyTo(tar);
        return tar.ToArray();
    }

    private static List<(TarEntry Entry, string Text)> ReadAll(WrittenLayer layer) => ReadTar(Tar(layer));

    private static List<(TarEntry Entry, string Text)> ReadTar(byte[] tar)
    {
        using var reader = new TarReader(new MemoryStream(tar));
        var entries = new List<(TarEntry, string)>();
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8);
            entries.Add((entry, text.ReadToEnd()));
        }

        return entries;
    }
}
