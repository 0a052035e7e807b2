using System.IO.Compression;
using System.Text;
using PatchContainers.Core.Tests.Layers;
using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.DockerArchive;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

/// <summary>Archives as tars: what programs other than the usual ones write, and what no honest one does.</summary>
public sealed class DockerArchiveTarTests : IDisposable
{
    // Short enough that a string carries every byte of it.
    private const string Config = """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""";
    private const string List = """[{"Config":"c.json","RepoTags":["app:1"],"Layers":[]}]""";

    private readonly TemporaryFolder _folder = new();
    private readonly DockerArchiveStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ImageReference Reference => ImageReference.Parse($"docker-archive:{_folder["image.tar"]}");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, byte[]> Odd => new()
    {
        { "the list first", Honest().Bytes },
        { "the list last", new RawTar().Add("c.json", content: Config).Add("manifest.json", content: List).Bytes },
        { "an old list before the new one", Honest("[]").Add("manifest.json", content: List).End().Bytes },
        { "a file in a link's place", new RawTar().Add("manifest.json", '2', link: "c.json").Add("c.json", content: Config).Add("manifest.json", content: List).Bytes },
        { "a size on a directory", new RawTar().Add("d/", '5', size: "00000001000\0").Add("c.json", content: Config).Add("manifest.json", content: List).Bytes },
        { "a size on a link", new RawTar().Add("l", '2', link: "c.json", size: "00000001000\0").Add("c.json", content: Config).Add("manifest.json", content: List).Bytes },
        { "hard links", new RawTar().Add("x", content: Config).Add("c.json", '1', link: "x").Add("manifest.json", content: List).Bytes },
        { "GNU's long names", new RawTar().Add("././@LongLink", 'L', "./c.json\0").Add("cut", content: Config).Add("././@LongLink", 'L', "manifest.json").Add("cut", content: List).Bytes },
        { "pax sizes", new RawTar().Pax($"11 size={Config.Length}\n").Add("c.json", content: Config, size: "0\0").Add("manifest.json", content: List).Bytes },
        { "a name for all, which no engine applies", new RawTar().Pax("18 path=elsewhere\n", 'g').Add("c.json", content: Config).Add("manifest.json", content: List).Bytes },
    };

    [Theory]
    [MemberData(nameof(Odd))]
    public async Task Every_form_of_tar_is_read(string form, byte[] tar)
    {
        var plain = await ResolveAsync(tar);
        await using var gzip = new MemoryStream();
        await using (var stream = new GZipStream(gzip, CompressionLevel.Fastest, leaveOpen: true))
        {
            await stream.WriteAsync(tar, Token);
        }

        Assert.True(plain == await ResolveAsync(gzip.ToArray()), form);
    }

    public static TheoryData<string, byte[], PatchErrorCode, string> Bad => new()
    {
        { "sparse as GNU had it", Honest().Add("layer.tar", 'S', "x").End().Bytes, PatchErrorCode.NotSupported, "'layer.tar' as a sparse file" },
        { "sparse in pax", Honest().Pax("22 GNU.sparse.major=1\n").Add("layer.tar").End().Bytes, PatchErrorCode.NotSupported, "'layer.tar' as a sparse file" },
        { "a size beyond all numbers", Honest().Pax("28 size=9223372036854775807\n").Add("layer.tar").End().Bytes, PatchErrorCode.InvalidData, "cut short" },
        { "a size beyond the file", Honest().Pax("18 size=999999999\n").Add("layer.tar").End().Bytes, PatchErrorCode.InvalidData, "cut short" },
        { "a negative size", Honest().Pax("11 size=-1\n").Add("layer.tar").End().Bytes, PatchErrorCode.InvalidData, "'size'" },
        { "a long name of megabytes", Honest().Add("L", 'L', size: "00010000000\0").Bytes, PatchErrorCode.InvalidData, "1,048,576" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_tar_is_an_error_that_names_file_and_fault(string form, byte[] tar, PatchErrorCode code, string fault)
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => ResolveAsync(tar));
        Assert.True((code, true) == (e.Code, e.Message.Contains(fault, StringComparison.Ordinal)), $"{form}: {e.Message}");
        Assert.Contains(_folder["image.tar"], e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("c.json")]
    public async Task A_document_of_megabytes_is_said_to_be_too_large(string name)
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => ResolveAsync(Honest().Add(name, content: new string(' ', 9_000_000)).Bytes));
        Assert.Equal(PatchErrorCode.LimitExceeded, e.Code);
        Assert.Contains($"'{name}' has 9,000,000 bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_is_listed_twice_needs_no_name()
    {
        const string Other = """{"architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""";
        var digest = await ResolveAsync(Honest().Bytes);
        Assert.Equal(digest, await ResolveAsync(Honest($"{List[..^1]},{List[1..]}").Bytes));

        var e = await Assert.ThrowsAsync<PatchException>(() => ResolveAsync(
            Honest($"{List[..^1]},{List[1..].Replace("c.json", "d.json", StringComparison.Ordinal)}").Add("d.json", content: Other).Bytes));
        Assert.Equal(PatchErrorCode.InvalidArgument, e.Code);
    }

    [Fact]
    public async Task A_platform_of_which_only_the_manifest_is_there_was_not_saved()
    {
        var (saved, other) = (new TestImageBuilder().Docker().Plain().Layer("COPY", l => l.AddFile("a", "b")).Build(),
            new TestImageBuilder("linux/arm64").Docker().Plain().Layer("COPY", l => l.AddFile("a", "b")).Build());
        var index = new TestIndex(saved, other);
        var tar = new RawTar();
        foreach (var blob in saved.Layers.Append(saved.Config).Append(saved.Manifest).Append(other.Manifest).Append(index.Index))
        {
            tar.Add($"blobs/sha256/{blob.Descriptor.Digest.Hex}", content: Encoding.UTF8.GetString(blob.Content));
        }

        var digest = await ResolveAsync(tar.Add("manifest.json", content: $$"""
            [{"Config":"blobs/sha256/{{saved.Config.Descriptor.Digest.Hex}}","Layers":["blobs/sha256/{{saved.Layers[0].Descriptor.Digest.Hex}}"]}]
            """.Trim()).End().Bytes);
        Assert.Equal(saved.Digest, digest);
    }

    [Theory]
    [InlineData("BZh and what is hashed, since a layer is compressed")]
    [InlineData("what is skipped")]
    public void Going_through_one_large_file_can_be_cancelled(string content)
    {
        using var cancel = new CancellationTokenSource();
        using var endless = new Endless(new RawTar().Add("layer.tar", content: content, size: "77777777777\0").Bytes, cancel);
        var tar = new TarScanner(endless, cancel.Token);
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            Assert.NotNull(tar.Next());
            while (content[0] == 'B' && tar.Read(new byte[4096]) > 0)
            {
            }

            tar.Next();
        });
    }

    private static RawTar Honest(string list = List) => new RawTar().Add("manifest.json", content: list).Add("c.json", content: Config);

    private async Task<Digest> ResolveAsync(byte[] archive)
    {
        await File.WriteAllBytesAsync(_folder["image.tar"], archive, Token);
        return (await _store.ResolveAsync(Reference, Token)).Digest;
    }

    // Gives its content, then zeros; somebody gives up after a while, and somebody else stops the test after a long one.
    private sealed class Endless(byte[] head, CancellationTokenSource cancel) : ReadOnlyStream
    {
        private long _position;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, Math.Max(0, head.Length - _position));
            head.AsSpan((int)Math.Min(_position, head.Length), count).CopyTo(buffer);
            buffer[count..].Clear();
            _position += buffer.Length;
            if (_position > 1_000_000)
            {
                cancel.Cancel();
            }

            return _position < 100_000_000 ? buffer.Length : throw new InvalidOperationException("Nobody looked.");
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));
    }
}
