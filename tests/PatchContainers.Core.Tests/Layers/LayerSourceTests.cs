using System.Text;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Stores.OciLayout;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Core.Tests.Layers;

public sealed class LayerSourceTests : IDisposable
{
    private static readonly LayerSelection Passwd = new("passwd-1", static p => p == "etc/passwd");
    private static readonly LayerSelection Group = new("group-1", static p => p == "etc/group");

    private readonly TemporaryFolder _folder = new();
    private readonly ImageReference _repository;
    private readonly WrittenLayer _layer = LayerWriter.Create(w =>
    {
        w.AddDirectory("etc");
        w.AddFile("etc/passwd", "root:x:0:0");
        w.AddFile("etc/group", "root:x:0");
        w.AddSymbolicLink("lib", "usr/lib");
        w.AddWhiteout("old");
    });

    public LayerSourceTests() => _repository = ImageReference.Parse($"oci:{_folder["images"]}:1");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string CacheFolder => _folder["cache"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_layer_is_read_once_and_then_comes_from_the_cache_unchanged()
    {
        var first = await SourceAsync();
        var read = await ReadAsync(first, Passwd);
        Assert.Equal(1, first.BlobReads);

        var second = await SourceAsync();
        var kept = await ReadAsync(second, Passwd);
        Assert.Equal(0, second.BlobReads);
        Assert.Equal(read.DiffId, kept.DiffId);
        Assert.Equal(read.Entries, kept.Entries);
        Assert.Equal("root:x:0:0", Encoding.UTF8.GetString(Assert.Single(kept.Files, f => f.Key == "etc/passwd").Value.Span));
    }

    [Fact]
    public async Task Who_asks_for_entries_alone_finds_those_of_any_pass()
    {
        await ReadAsync(await SourceAsync(), Passwd);
        var source = await SourceAsync();
        Assert.Equal(5, (await ReadAsync(source, LayerSelection.None)).Entries.Count);
        Assert.Equal(0, source.BlobReads);
    }

    [Fact]
    public async Task Another_selection_is_another_pass()
    {
        await ReadAsync(await SourceAsync(), Passwd);
        var source = await SourceAsync();
        Assert.Equal(["etc/group"], (await ReadAsync(source, Group)).Files.Keys);
        Assert.Equal(1, source.BlobReads);
    }

    [Theory]
    [InlineData("*.entries", -1)]
    [InlineData("*.files", -1)]
    [InlineData("*.entries", 100)]
    [InlineData("*.files", 150)]
    [InlineData("*.files", 26)]
    public async Task A_damaged_file_of_the_cache_is_not_believed_and_is_made_again(string pattern, int at)
    {
        await ReadAsync(await SourceAsync(), Passwd);
        var file = Assert.Single(Directory.GetFiles(CacheFolder, pattern, SearchOption.AllDirectories));
        var bytes = await File.ReadAllBytesAsync(file, Token);
        if (at < 0)
        {
            await File.WriteAllBytesAsync(file, bytes[..^10], Token);
        }
        else
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 1;
            await File.WriteAllBytesAsync(file, damaged, Token);
        }

        var source = await SourceAsync();
        Assert.Equal("root:x:0:0", Encoding.UTF8.GetString((await ReadAsync(source, Passwd)).Files["etc/passwd"].Span));
        Assert.Equal(1, source.BlobReads);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file, Token));
    }

    [Fact]
    public async Task A_file_of_the_cache_under_another_layers_name_is_not_believed()
    {
        await ReadAsync(await SourceAsync(), Passwd);
        var other = LayerWriter.Create(w => w.AddFile("other", "1"));
        var file = Assert.Single(Directory.GetFiles(CacheFolder, "*.entries", SearchOption.AllDirectories));
        var target = Path.Combine(CacheFolder, "layers", other.DiffId.Hex[..2], $"{other.DiffId.Hex}.entries");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(file, target);

        var source = await SourceAsync(other);
        var content = await source.ReadAsync(_repository, other.Descriptor, other.DiffId, LayerSelection.None, Token);
        Assert.Equal(["other"], content.Entries.Select(e => e.Path));
    }

    [Fact]
    public async Task A_layer_that_many_want_at_once_is_read_once()
    {
        var source = await SourceAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ReadAsync(source, Passwd)));
        Assert.Equal(1, source.BlobReads);
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_layer_that_is_not_what_it_says()
    {
        var source = await SourceAsync();
        var error = await Assert.ThrowsAsync<PatchException>(() =>
            source.ReadAsync(_repository, _layer.Descriptor, Digest.OfBytes("other"u8), Passwd, Token));
        Assert.Equal(PatchErrorCode.DigestMismatch, error.Code);
        Assert.False(Directory.Exists(CacheFolder));
    }

    [Fact]
    public async Task Without_a_cache_every_time_is_a_pass()
    {
        await SourceAsync();
        var source = new LayerSource(new OciLayoutStore(), null, new LayerLimits());
        await ReadAsync(source, Passwd);
        await ReadAsync(source, Passwd);
        Assert.Equal(2, source.BlobReads);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a.b")]
    public void A_selections_name_is_fit_for_a_file(string id) =>
        Assert.Equal(PatchErrorCode.InvalidArgument, Assert.Throws<PatchException>(() => new LayerSelection(id, static _ => true)).Code);

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_an_error_that_names_it()
    {
        await File.WriteAllTextAsync(CacheFolder, "in the way", Token);
        var source = await SourceAsync();
        var error = await Assert.ThrowsAsync<PatchException>(() => ReadAsync(source, Passwd));
        Assert.Equal(PatchErrorCode.FileError, error.Code);
        Assert.Contains(CacheFolder, error.Message, StringComparison.Ordinal);
    }

    private async Task<LayerSource> SourceAsync(WrittenLayer? layer = null)
    {
        layer ??= _layer;
        var store = new OciLayoutStore();
        await store.WriteBlobAsync(_repository, layer.Descriptor, new MemoryStream(layer.Content.ToArray()), Token);
        return new LayerSource(store, new LayerCache(CacheFolder), new LayerLimits());
    }

    private Task<LayerContent> ReadAsync(LayerSource source, LayerSelection selection) =>
        source.ReadAsync(_repository, _layer.Descriptor, _layer.DiffId, selection, Token);
}
