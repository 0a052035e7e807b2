using System.IO.Compression;
using System.Text;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Stores;
using Xunit;

namespace PatchContainers.Core.Tests.Layers;

public sealed class LayerReaderTests
{
    private static readonly ImageReference Repository = ImageReference.Parse("registry.example/app:1");
    private static readonly LayerSelection Everything = new("everything", static _ => true);

    [Theory]
    [InlineData(LayerCompression.Gzip)]
    [InlineData(LayerCompression.None)]
    public async Task Everything_that_the_writer_writes_is_read(LayerCompression compression)
    {
        var longName = string.Join('/', Enumerable.Repeat("directory", 15)) + "/" + new string('f', 120);
        var layer = LayerWriter.Create(w =>
        {
            w.AddDirectory("etc");
            w.AddFile("etc/shadow", "root", 0b110_100_000, 0, 42);
            w.AddFile("usr/bin/su", "#!", 0b100_111_101_101);
            w.AddFile(longName, "long", uid: 70_000_000);
            w.AddFile("srv/größe", "");
            w.AddSymbolicLink("lib", "usr/lib");
            w.AddHardLink("usr/bin/sudo", "usr/bin/su");
            w.AddWhiteout("etc/motd");
            w.AddOpaqueWhiteout("var/cache");
        }, compression);

        var content = await ReadAsync(layer.Content.ToArray(), layer.DiffId);

        Assert.Equal(layer.DiffId, content.DiffId);
        Assert.Equal(
            new LayerEntry[]
            {
                new(longName, LayerEntryKind.File, LayerWriter.FileMode, 70_000_000, 0, 4, "", Digest.OfBytes("long"u8)),
                new("etc", LayerEntryKind.Directory, LayerWriter.DirectoryMode, 0, 0, 0, "", default),
                new("etc/motd", LayerEntryKind.Whiteout, 0, 0, 0, 0, "", default),
                new("etc/shadow", LayerEntryKind.File, 0b110_100_000, 0, 42, 4, "", Digest.OfBytes("root"u8)),
                new("lib", LayerEntryKind.SymbolicLink, 0b111_111_111, 0, 0, 0, "usr/lib", default),
                new("srv/größe", LayerEntryKind.File, LayerWriter.FileMode, 0, 0, 0, "", Digest.OfBytes([])),
                new("usr/bin/su", LayerEntryKind.File, 0b100_111_101_101, 0, 0, 2, "", Digest.OfBytes("#!"u8)),
                new("usr/bin/sudo", LayerEntryKind.HardLink, LayerWriter.FileMode, 0, 0, 0, "usr/bin/su", default),
                new("var/cache", LayerEntryKind.OpaqueWhiteout, 0, 0, 0, 0, "", default),
            },
            content.Entries);
        Assert.Equal("root", Encoding.UTF8.GetString(content.Files["etc/shadow"].Span));
        Assert.Equal(4, content.Files.Count);
    }

    [Fact]
    public async Task Only_the_selected_files_are_kept()
    {
        var layer = LayerWriter.Create(w => w.AddFile("a", "1"));
        Assert.Empty((await ReadAsync(layer.Content.ToArray(), layer.DiffId, LayerSelection.None)).Files);
    }

    [Fact]
    public async Task Large_files_pass_through_many_pieces()
    {
        var bytes = new byte[3_000_001];
        new Random(5).NextBytes(bytes);
        var layer = LayerWriter.Create(w =>
        {
            w.AddFile("a", bytes);
            w.AddFile("b", "after");
        });

        var content = await ReadAsync(layer.Content.ToArray(), layer.DiffId);

        Assert.Equal(Digest.OfBytes(bytes), content.Entries[0].ContentDigest);
        Assert.True(content.Files["a"].Span.SequenceEqual(bytes));
        Assert.Equal(Digest.OfBytes("after"u8), content.Entries[1].ContentDigest);
    }

    [Fact]
    public async Task Several_gzip_members_are_one_layer()
    {
        var tar = new RawTar().Add("a", content: "first").Add("b", content: "second").End().Bytes;
        byte[] blob = [.. Gzip(tar[..700]), .. Gzip(tar[700..])];

        Assert.Equal(["a", "b"], (await ReadAsync(blob, Digest.OfBytes(tar))).Entries.Select(e => e.Path));
    }

    public static TheoryData<string, byte[], string> OldForms => new()
    {
        { "GNU long name and link", new RawTar().Add("././@LongLink", 'L', new string('n', 300) + "\0").Add("././@LongLink", 'K', "target\0").Add("cut", '2', link: "cut").End().Bytes, new string('n', 300) + " SymbolicLink target" },
        { "pax path and link", new RawTar().Pax("12 path=new\n").Pax("15 linkpath=to\n").Add("old", '2', link: "x").End().Bytes, "new SymbolicLink to" },
        { "pax header for all", new RawTar().Pax("19 comment=0123456\n", 'g').Add("a").End().Bytes, "a File " },
        { "an empty pax value takes it back", new RawTar().Pax("12 path=new\n8 path=\n").Add("old").End().Bytes, "old File " },
        { "ustar prefix", new RawTar().Add("name", prefix: "some/dir").End().Bytes, "some/dir/name File " },
        { "GNU has no prefix", new RawTar().Add("name", magic: "ustar  \0", prefix: "12345").End().Bytes, "name File " },
        { "version 7 directory", new RawTar().Add("dir/", '\0', magic: "").End().Bytes, "dir Directory " },
        { "version 7 file", new RawTar().Add("file", '\0', magic: "").End().Bytes, "file File " },
        { "contiguous file", new RawTar().Add("file", '7').End().Bytes, "file File " },
        { "dots and slashes", new RawTar().Add("./a/.//b/", '5').End().Bytes, "a/b Directory " },
        { "the root", new RawTar().Add("./", '5').End().Bytes, " Directory " },
        { "hard link from the root", new RawTar().Add("a", '1', link: "/usr/./b").End().Bytes, "a HardLink usr/b" },
        { "a size on a link means nothing", new RawTar().Add("a", '2', link: "b", size: "00000001000\0").End().Bytes, "a SymbolicLink b" },
        { "base-256 numbers", new RawTar().Add("a", content: "xy", size: "\u0080\0\0\0\0\0\0\0\0\0\0\u0002").End().Bytes, "a File " },
        { "numbers between spaces", new RawTar().Add("a", mode: "   644 \0").End().Bytes, "a File " },
        { "signed checksum", new RawTar().Add("größe", signedChecksum: true).End().Bytes, "größe File " },
        { "a name that is no UTF-8", new RawTar().Add("", rawName: [(byte)'a', 0xE9, (byte)'b']).End().Bytes, "a\\xE9b File " },
        { "devices and pipes", new RawTar().Add("c", '3').End().Bytes, "c CharacterDevice " },
        { "no end", new RawTar().Add("a").Bytes, "a File " },
        { "the last one counts", new RawTar().Add("a", content: "1").Add("a", '2', link: "b").End().Bytes, "a SymbolicLink b" },
        { "a whiteout of what comes anew", new RawTar().Add(".wh.a").Add("a").End().Bytes, "a File |a Whiteout " },
        { "the root as kaniko writes it", new RawTar().Add("/", '5').End().Bytes, " Directory " },
        { "pax path for all, which no engine applies", new RawTar().Pax("12 path=new\n", 'g').Pax("10 size=9\n", 'g').Add("old").End().Bytes, "old File " },
        { "a hard link and its file, both twice", new RawTar().Add("a", content: "1").Add("b", '1', link: "a").Add("a", content: "2").Add("b", '1', link: "a").End().Bytes, "a File |b HardLink a" },
        { "behind the end", new RawTar().Add("a").End().Add("b").Bytes, "a File " },
    };

    [Theory]
    [MemberData(nameof(OldForms))]
    public async Task Every_form_of_tar_is_read(string form, byte[] tar, string expected)
    {
        var content = await ReadAsync(tar, Digest.OfBytes(tar));
        Assert.True(expected == string.Join('|', content.Entries.Select(e => $"{e.Path} {e.Kind} {e.LinkTarget}")), form);
    }

    public static TheoryData<string, byte[], string> Linked => new()
    {
        { "a file", new RawTar().Add("bin", '2', link: "usr/bin").Add("bin/sh").End().Bytes, "bin SymbolicLink usr/bin|usr/bin/sh File " },
        { "from the root", new RawTar().Add("a/bin", '2', link: "/usr/./bin").Add("a/bin/x/sh").Add("a/b").End().Bytes, "a/b File |a/bin SymbolicLink /usr/./bin|usr/bin/x/sh File " },
        { "two links on the way", new RawTar().Add("a", '2', link: "b").Add("b", '2', link: "c/../d").Add("a/x").Add("a/y").End().Bytes, "a SymbolicLink b|b SymbolicLink c/../d|d/x File |d/y File " },
        { "to the root", new RawTar().Add("a", '2', link: "..").Add("a/x").End().Bytes, "a SymbolicLink ..|x File " },
        { "a whiteout", new RawTar().Add("bin", '2', link: "usr/bin").Add("bin/.wh.sh").Add("bin/.wh..wh..opq").End().Bytes, "bin SymbolicLink usr/bin|usr/bin OpaqueWhiteout |usr/bin/sh Whiteout " },
        { "a hard link's target", new RawTar().Add("bin", '2', link: "usr/bin").Add("x", '1', link: "bin/sh").End().Bytes, "bin SymbolicLink usr/bin|x HardLink usr/bin/sh" },
        { "a link below a link", new RawTar().Add("bin", '2', link: "usr/bin").Add("bin/a", '2', link: "../b").Add("usr/bin/a/x").End().Bytes, "bin SymbolicLink usr/bin|usr/b/x File |usr/bin/a SymbolicLink ../b" },
        { "a directory in the link's place", new RawTar().Add("bin", '2', link: "usr/bin").Add("bin/a").Add("bin", '5').Add("bin/b").End().Bytes, "bin Directory |bin/b File |usr/bin/a File " },
        { "before the link", new RawTar().Add("bin/sh").Add("bin", '2', link: "usr/bin").End().Bytes, "bin SymbolicLink usr/bin|bin/sh File " },
    };

    [Theory]
    [MemberData(nameof(Linked))]
    public async Task What_comes_after_a_link_and_below_it_lands_where_the_link_leads(string what, byte[] tar, string expected)
    {
        var content = await ReadAsync(tar, Digest.OfBytes(tar));
        Assert.True(expected == string.Join('|', content.Entries.Select(e => $"{e.Path} {e.Kind} {e.LinkTarget}")), what);
    }

    public static TheoryData<byte[], PatchErrorCode, string, string> BadTars => new()
    {
        { new RawTar().Add("../etc/passwd").End().Bytes, PatchErrorCode.InvalidData, "../etc/passwd", "'..'" },
        { new RawTar().Add("a/../../b").End().Bytes, PatchErrorCode.InvalidData, "a/../../b", "'..'" },
        { new RawTar().Add("/etc/passwd").End().Bytes, PatchErrorCode.InvalidData, "/etc/passwd", "absolute" },
        { new RawTar().Pax("17 path=/etc/abc\n").Add("a").End().Bytes, PatchErrorCode.InvalidData, "/etc/abc", "absolute" },
        { new RawTar().Pax("12 path=a\0b\n").Add("a").End().Bytes, PatchErrorCode.InvalidData, "a\\x00b", "NUL" },
        { new RawTar().Add("a", '1', link: "../b").End().Bytes, PatchErrorCode.InvalidData, "a", "'..'" },
        { new RawTar().Add("a", '1').End().Bytes, PatchErrorCode.InvalidData, "a", "empty" },
        { new RawTar().Add("").End().Bytes, PatchErrorCode.InvalidData, "''", "empty" },
        { new RawTar().Add("a", content: "x", size: "00000010000\0").End().Bytes, PatchErrorCode.InvalidData, "a", "size is a lie" },
        { new RawTar().Add("a", content: "x", size: "\u0080\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff").End().Bytes, PatchErrorCode.InvalidData, "a", "no number" },
        { new RawTar().Add("a", content: "x", size: "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff").End().Bytes, PatchErrorCode.InvalidData, "a", "negative" },
        { new RawTar().Add("a", size: "zzz").End().Bytes, PatchErrorCode.InvalidData, "a", "no number" },
        { new RawTar().Pax("11 size=-1\n").Add("a").End().Bytes, PatchErrorCode.InvalidData, "PaxHeader", "size" },
        { new RawTar().Pax("99 path=a\n").Add("a").End().Bytes, PatchErrorCode.InvalidData, "PaxHeader", "length key=value" },
        { new RawTar().Pax("12 pathhnew\n").Add("a").End().Bytes, PatchErrorCode.InvalidData, "PaxHeader", "no key" },
        { new RawTar().Add("a", checksumError: 1).End().Bytes, PatchErrorCode.InvalidData, "a", "checksum" },
        { new RawTar().Add("a", 'Z').End().Bytes, PatchErrorCode.InvalidData, "a", "type (0x5A)" },
        { new RawTar().Add("a", 'S').End().Bytes, PatchErrorCode.NotSupported, "a", "sparse" },
        { new RawTar().Pax("22 GNU.sparse.major=1\n").Add("a").End().Bytes, PatchErrorCode.NotSupported, "a", "sparse" },
        { new RawTar().Add("x/.wh.").End().Bytes, PatchErrorCode.InvalidData, "x/.wh.", "names nothing" },
        { new RawTar().Add("x/.wh...").End().Bytes, PatchErrorCode.InvalidData, "x/.wh...", "names nothing" },
        { new RawTar().Add("a", content: "x").Bytes[..700], PatchErrorCode.InvalidData, "a", "middle of a block" },
        { new RawTar().Add("a").Add("b").Bytes[..800], PatchErrorCode.InvalidData, "a", "middle of a block" },
        { new RawTar().Pax("12 path=new\n").Bytes, PatchErrorCode.InvalidData, "sha256:", "entry which is not there" },
        { new RawTar().Add("L", 'L', size: "00010000000\0").Bytes, PatchErrorCode.LimitExceeded, "L", "2,097,152" },
        { new RawTar().Add("d/one", content: "x").Add("d/two", size: "\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff").End().Bytes, PatchErrorCode.LimitExceeded, "d/two", "maxCapturedBytes" },
        { new RawTar().Add("././@LongLink", 'L', new string('n', 4097)).Add("cut").End().Bytes, PatchErrorCode.InvalidData, "nnn", "4,096" },
        { new RawTar().Add("././@LongLink", 'K', new string('n', 4097)).Add("cut", '2').End().Bytes, PatchErrorCode.InvalidData, "cut", "4,096" },
        { new RawTar().Add("a", '2', link: "b").Add("b", '2', link: "a").Add("a/x").End().Bytes, PatchErrorCode.InvalidData, "a/x", "circle" },
        { new RawTar().Add("a", content: "1").Add("b", '1', link: "a").Add("a", content: "2").End().Bytes, PatchErrorCode.NotSupported, "b", "second time" },
        { Encoding.ASCII.GetBytes(new string('x', 600)), PatchErrorCode.InvalidData, "xxx", "checksum" },
        { [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0], PatchErrorCode.NotSupported, "sha256:", "Zstandard" },
        { "BZh91AY"u8.ToArray(), PatchErrorCode.NotSupported, "sha256:", "bzip2" },
    };

    [Theory]
    [MemberData(nameof(BadTars))]
    public async Task A_bad_tar_is_an_error_that_names_layer_entry_and_fault(byte[] tar, PatchErrorCode code, string entry, string fault)
    {
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(tar, Digest.OfBytes(tar)));

        Assert.Equal((code, Digest.OfBytes(tar).ToString()), (error.Code, error.Target));
        Assert.Contains(error.Target, error.Message, StringComparison.Ordinal);
        Assert.Contains("registry.example/app:1", error.Message, StringComparison.Ordinal);
        Assert.Contains(entry, error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_gzip_stream_is_an_error()
    {
        var layer = LayerWriter.Create(w => w.AddFile("a", Enumerable.Range(0, 200_000).Select(i => (byte)(i * i)).ToArray()));
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(layer.Content.ToArray()[..^500], layer.DiffId));
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Contains("cut", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_gzip_stream_is_an_error()
    {
        var layer = LayerWriter.Create(w => w.AddFile("a", new string('x', 100_000)));
        var blob = layer.Content.ToArray();
        blob[20] ^= 0xFF;
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(blob, layer.DiffId));
        Assert.Equal(PatchErrorCode.InvalidData, error.Code);
        Assert.Contains("gzip", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    public async Task Bytes_that_are_not_the_blobs_are_told_from_a_broken_layer(int at)
    {
        var layer = LayerWriter.Create(w => w.AddFile("a", new string('x', 100_000)));
        var blob = layer.Content.ToArray();
        var descriptor = layer.Descriptor;
        blob[at] ^= 0xFF;
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(blob, layer.DiffId, descriptor: descriptor));
        Assert.Equal(PatchErrorCode.DigestMismatch, error.Code);
    }

    [Fact]
    public async Task A_byte_behind_the_end_of_the_tar_is_checked()
    {
        var layer = LayerWriter.Create(w => w.AddFile("a", "x"), LayerCompression.None);
        byte[] blob = [.. layer.Content.ToArray(), .. new byte[3000]];
        var descriptor = new Descriptor(MediaTypes.OciLayer, Digest.OfBytes(blob), blob.Length);
        var diffId = Digest.OfBytes(blob);
        blob[^1] = 1;
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(blob, diffId, descriptor: descriptor));
        Assert.Equal(PatchErrorCode.DigestMismatch, error.Code);
    }

    [Fact]
    public async Task Another_tar_than_the_config_names_is_an_error_with_both_digests()
    {
        var layer = LayerWriter.Create(w => w.AddFile("a", "x"));
        var other = Digest.OfBytes("other"u8);
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(layer.Content.ToArray(), other));
        Assert.Equal(PatchErrorCode.DigestMismatch, error.Code);
        Assert.Contains(layer.DiffId.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Contains(other.ToString(), error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<LayerLimits, string> Limits => new()
    {
        { new LayerLimits { MaxUncompressedBytes = 1_000_000 }, nameof(LayerLimits.MaxUncompressedBytes) },
        { new LayerLimits { MaxRatio = 100, RatioAfterBytes = 1_000_000 }, nameof(LayerLimits.MaxRatio) },
        { new LayerLimits { MaxEntries = 2 }, nameof(LayerLimits.MaxEntries) },
        { new LayerLimits { MaxIndexBytes = 100 }, nameof(LayerLimits.MaxIndexBytes) },
        { new LayerLimits { MaxCapturedBytes = 1_000_000 }, nameof(LayerLimits.MaxCapturedBytes) },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_limit_that_is_passed_is_named(LayerLimits limits, string name)
    {
        var layer = LayerWriter.Create(w =>
        {
            w.AddFile("a", "1");
            w.AddFile("bomb", new byte[5_000_000]);
            w.AddFile("c", "3");
        });
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(layer.Content.ToArray(), layer.DiffId, limits: limits));
        Assert.Equal(PatchErrorCode.LimitExceeded, error.Code);
        var setting = $"(limits.{char.ToLowerInvariant(name[0])}{name[1..]} in the settings file)";
        Assert.Contains(setting, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bomb_is_stopped_by_the_limits_that_hold_when_nobody_sets_any()
    {
        // Members of a gzip file follow each other: 65 of 16 MiB of zeros are more than what is free, in about a megabyte.
        var member = Gzip(new byte[16 << 20], CompressionLevel.Optimal);
        var bomb = new byte[65 * member.Length];
        for (var i = 0; i < 65; i++)
        {
            member.CopyTo(bomb, i * member.Length);
        }

        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(bomb, Digest.OfBytes("never asked for"u8)));
        Assert.Equal(PatchErrorCode.LimitExceeded, error.Code);
        Assert.Contains("limits.maxRatio in the settings file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_file_of_zeros_in_a_layer_is_no_bomb()
    {
        var zeros = new byte[16 << 20];
        using var tar = new MemoryStream();
        var layer = LayerWriter.Create(w => w.AddFile("swapfile", zeros));
        using (var gzip = new GZipStream(new MemoryStream(layer.Content.ToArray()), CompressionMode.Decompress))
        {
            await gzip.CopyToAsync(tar, TestContext.Current.CancellationToken);
        }

        var blob = Gzip(tar.ToArray(), CompressionLevel.Optimal);
        Assert.True(tar.Length > blob.Length * new LayerLimits().MaxRatio);
        Assert.Equal(zeros.Length, Assert.Single((await ReadAsync(blob, Digest.OfBytes(tar.ToArray()), LayerSelection.None)).Entries).Size);
    }

    [Fact]
    public async Task Reading_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        var layer = LayerWriter.Create(w => w.AddFile("a", "1"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new LayerReader(new LayerLimits()).ReadAsync(
            new MemoryStream(layer.Content.ToArray()), new LayerName(Repository, layer.Descriptor), layer.DiffId, Everything, cancel.Token));
    }

    private static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Fastest)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, level))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    private static async Task<LayerContent> ReadAsync(
        byte[] blob, Digest diffId, LayerSelection? selection = null, LayerLimits? limits = null, Descriptor? descriptor = null)
    {
        descriptor ??= new Descriptor(MediaTypes.OciLayerGzip, Digest.OfBytes(blob), blob.Length);
        await using var stream = new VerifyingStream(new MemoryStream(blob), descriptor, Repository.ToString());
        return await new LayerReader(limits ?? new LayerLimits()).ReadAsync(
            stream, new LayerName(Repository, descriptor), diffId, selection ?? Everything, TestContext.Current.CancellationToken);
    }
}
