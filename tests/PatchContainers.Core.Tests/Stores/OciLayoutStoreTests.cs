using System.Text;
using System.Text.Json.Nodes;
using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.OciLayout;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class OciLayoutStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OciLayoutStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static TestImage Image(string content = "1", string platform = "linux/amd64") =>
        new TestImageBuilder(platform).Layer("COPY app /", l => l.AddFile("app", content)).Build();

    private ImageReference Reference(string tag = "1.0") => ImageReference.Parse($"oci:{_folder["layout"]}:{tag}");

    private ImageReference Layout => ImageReference.Parse($"oci:{_folder["layout"]}");

    private JsonObject Index => JsonNode.Parse(File.ReadAllBytes(_folder["layout", "index.json"]))!.AsObject();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_image_that_was_written_reads_back_by_tag_by_digest_and_by_both()
    {
        var image = Image();
        var written = await image.WriteAsync(_store, Reference(), Token);
        Assert.Equal(image.Manifest.Descriptor, written);
        foreach (var reference in new[] { Reference(), Layout, Layout.AtDigest(image.Digest), Reference().WithDigest(image.Digest) })
        {
            Assert.Equal(image.Manifest.Descriptor, await _store.ResolveAsync(reference, Token));
            var read = await _store.ReadManifestAsync(reference, Token);
            Assert.Equal(image.Manifest.Descriptor, read.Descriptor);
            Assert.Equal(image.Manifest.Content, read.Content.ToArray());
        }

        var layer = image.Layers[0];
        await using var stream = await _store.OpenBlobAsync(Layout, layer.Descriptor, Token);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Token);
        Assert.Equal(layer.Content, bytes.ToArray());
    }

    [Fact]
    public async Task What_is_written_is_a_layout_of_version_1_and_nothing_else_lies_in_it()
    {
        var image = Image();
        await image.WriteAsync(_store, Reference(), Token);
        Assert.Equal("{\"imageLayoutVersion\":\"1.0.0\"}", await File.ReadAllTextAsync(_folder["layout", "oci-layout"], Token));
        Assert.Equal(["blobs", "index.json", "oci-layout"], Directory.EnumerateFileSystemEntries(_folder["layout"]).Select(Path.GetFileName)
            .Order());
        Assert.Equal(
            new[] { image.Digest, image.Config.Descriptor.Digest, image.Layers[0].Descriptor.Digest }.Select(d => d.Hex).Order(),
            Directory.EnumerateFiles(_folder["layout", "blobs", "sha256"]).Select(Path.GetFileName).Order());
        Assert.Equal(2, (int)Index["schemaVersion"]!);
    }

    [Fact]
    public async Task An_index_is_one_entry_and_its_images_are_found_by_digest()
    {
        var index = new TestIndex(Image("x"), Image("y", "linux/arm64"));
        await index.WriteAsync(_store, Reference(), Token);
        var entry = Assert.Single(Index["manifests"]!.AsArray());
        Assert.Equal(index.Digest.ToString(), (string?)entry!["digest"]);
        var resolved = await new ImageResolver(_store).ResolveAsync(Reference(), Token);
        Assert.Equal(["linux/amd64", "linux/arm64"], resolved.Platforms.Select(p => p.Platform.ToString()));
        Assert.Empty(await _store.ListUntaggedAsync(Layout, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_tag_that_moves_leaves_the_old_manifest_untagged()
    {
        var (old, current) = (Image("old"), Image("new"));
        await old.WriteAsync(_store, Reference(), Token);
        await current.WriteAsync(_store, Reference(), Token);
        Assert.Equal(current.Digest, (await _store.ResolveAsync(Reference(), Token)).Digest);
        Assert.Equal(["1.0"], await _store.ListTagsAsync(Layout, Token).ToListAsync(Token));
        Assert.Equal([old.Digest], (await _store.ListUntaggedAsync(Layout, Token).ToListAsync(Token)).Select(d => d.Digest));
    }

    [Fact]
    public async Task Manifests_that_no_entry_names_are_untagged_too_but_not_those_inside_an_index()
    {
        var (orphan, tagged) = (new TestIndex(Image("x"), Image("y", "linux/arm64")), Image("z"));
        await orphan.WriteAsync(_store, Reference("gone"), Token);
        await tagged.WriteAsync(_store, Reference("kept"), Token);
        var index = Index;
        index["manifests"]!.AsArray().RemoveAt(0);
        await File.WriteAllTextAsync(_folder["layout", "index.json"], index.ToJsonString(), Token);
        Assert.Equal([orphan.Index.Descriptor], await _store.ListUntaggedAsync(Layout, Token).ToListAsync(Token));
    }

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("registry.example/app:1.0", "1.0")]
    [InlineData("registry.example:5000/team/app:1.0", "1.0")]
    [InlineData("docker.io/library/nginx:1.0", "1.0")]
    public async Task A_tag_is_found_under_the_names_that_tools_write(string name, string tag)
    {
        var image = Image();
        await image.WriteAsync(_store, Reference(), Token);
        var index = Index;
        index["manifests"]![0]!["annotations"]![OciLayoutIndex.RefName] = name;
        await File.WriteAllTextAsync(_folder["layout", "index.json"], index.ToJsonString(), Token);
        Assert.Equal(image.Digest, (await _store.ResolveAsync(Reference(tag), Token)).Digest);
        Assert.Equal([tag], await _store.ListTagsAsync(Layout, Token).ToListAsync(Token));

        // Moving the tag keeps the name, so that the tool finds it again.
        var other = Image("2");
        await other.WriteAsync(_store, Reference(tag), Token);
        Assert.Equal(other.Digest, (await _store.ResolveAsync(Reference(tag), Token)).Digest);
        Assert.Contains(Index["manifests"]!.AsArray(), m => (string?)m!["annotations"]?[OciLayoutIndex.RefName] == name
            && (string?)m["digest"] == other.Digest.ToString());
    }

    [Theory]
    [InlineData("registry.example:5000/app")]
    [InlineData("registry.example/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("not a tag")]
    [InlineData("")]
    public async Task A_name_without_a_tag_in_it_counts_as_untagged(string name)
    {
        await Image().WriteAsync(_store, Reference(), Token);
        var index = Index;
        index["manifests"]![0]!["annotations"]![OciLayoutIndex.RefName] = name;
        await File.WriteAllTextAsync(_folder["layout", "index.json"], index.ToJsonString(), Token);
        var tags = await _store.ListTagsAsync(Layout, Token).ToListAsync(Token);
        var untagged = await _store.ListUntaggedAsync(Layout, Token).ToListAsync(Token);
        Assert.Equal((0, 1), (tags.Count, untagged.Count));
    }

    [Fact]
    public async Task What_other_tools_wrote_into_the_index_stays()
    {
        await Image().WriteAsync(_store, Reference(), Token);
        var index = Index;
        index["annotations"] = new JsonObject { ["org.example"] = "kept" };
        index["manifests"]![0]!["annotations"]!["io.example.name"] = "kept too";
        await File.WriteAllTextAsync(_folder["layout", "index.json"], index.ToJsonString(), Token);
        await Image("2").WriteAsync(_store, Reference("2.0"), Token);
        Assert.Equal("kept", (string?)Index["annotations"]!["org.example"]);
        Assert.Equal("kept too", (string?)Index["manifests"]![0]!["annotations"]!["io.example.name"]);
        Assert.Equal(2, Index["manifests"]!.AsArray().Count);
    }

    [Fact]
    public async Task Writing_the_same_again_changes_no_byte()
    {
        await Image().WriteAsync(_store, Reference(), Token);
        var before = await File.ReadAllBytesAsync(_folder["layout", "index.json"], Token);
        await Image().WriteAsync(_store, Reference(), Token);
        Assert.Equal(before, await File.ReadAllBytesAsync(_folder["layout", "index.json"], Token));
    }

    [Fact]
    public async Task Writers_at_the_same_time_lose_no_entry()
    {
        var images = Enumerable.Range(0, 24).Select(i => Image($"{i}")).ToArray();
        await Task.WhenAll(images.Select((image, i) =>
            Task.Run(() => image.WriteAsync(new OciLayoutStore(), Reference($"t{i}"), Token), Token)));
        for (var i = 0; i < images.Length; i++)
        {
            Assert.Equal(images[i].Digest, (await _store.ResolveAsync(Reference($"t{i}"), Token)).Digest);
        }
    }

    [Fact]
    public async Task A_blob_with_other_bytes_than_announced_is_refused_and_leaves_nothing()
    {
        var layer = Image().Layers[0];
        foreach (var bytes in new[] { layer.Content[..^1], [.. layer.Content, 0], Changed(layer.Content) })
        {
            using var content = new MemoryStream(bytes);
            var e = await Assert.ThrowsAsync<PatchException>(() => _store.WriteBlobAsync(Reference(), layer.Descriptor, content, Token));
            Assert.Equal(PatchErrorCode.DigestMismatch, e.Code);
            Assert.Empty(Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories));
        }
    }

    [Fact]
    public async Task A_manifest_whose_layers_are_missing_is_refused()
    {
        var image = Image();
        var e = await Assert.ThrowsAsync<PatchException>(() =>
            _store.WriteManifestAsync(Reference(), image.Manifest.MediaType, image.Manifest.Content, Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        Assert.Contains(image.Config.Descriptor.Digest.ToString(), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_bytes_on_disk_are_found_when_they_are_read()
    {
        var image = Image();
        await image.WriteAsync(_store, Reference(), Token);
        foreach (var digest in new[] { image.Digest, image.Layers[0].Descriptor.Digest })
        {
            var path = _folder["layout", "blobs", "sha256", digest.Hex];
            await File.WriteAllBytesAsync(path, Changed(await File.ReadAllBytesAsync(path, Token)), Token);
        }

        var manifest = await Assert.ThrowsAsync<PatchException>(() => _store.ReadManifestAsync(Reference(), Token));
        Assert.Equal(PatchErrorCode.DigestMismatch, manifest.Code);
        Assert.Contains(image.Digest.Hex, manifest.Message, StringComparison.Ordinal);
        await using var stream = await _store.OpenBlobAsync(Layout, image.Layers[0].Descriptor, Token);
        var layer = await Assert.ThrowsAsync<PatchException>(() => stream.CopyToAsync(Stream.Null, Token));
        Assert.Equal(PatchErrorCode.DigestMismatch, layer.Code);
    }

    [Fact]
    public async Task A_mounted_blob_is_there_without_being_written()
    {
        var image = Image();
        await image.WriteAsync(_store, Reference(), Token);
        var target = ImageReference.Parse($"oci:{_folder["other"]}:1");
        Assert.True(await _store.TryMountBlobAsync(target, image.Layers[0].Descriptor, Layout, Token));
        Assert.True(await _store.BlobExistsAsync(target, image.Layers[0].Descriptor, Token));
        Assert.False(await _store.TryMountBlobAsync(target, Image("else").Layers[0].Descriptor, Layout, Token));
    }

    [Fact]
    public async Task Errors_say_what_is_missing_and_what_there_is()
    {
        Assert.Contains("no OCI layout", (await Fault(Reference())).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_folder["layout"]);
        Assert.Contains("'oci-layout'", (await Fault(Reference())).Message, StringComparison.Ordinal);
        await Image().WriteAsync(_store, Reference("1.0"), Token);
        await Image("2").WriteAsync(_store, Reference("2.0"), Token);
        Assert.Contains("1.0, 2.0", (await Fault(Reference("3.0"))).Message, StringComparison.Ordinal);
        Assert.Contains("add a tag", (await Fault(Layout)).Message, StringComparison.Ordinal);
        File.Delete(_folder["layout", "blobs", "sha256", Image().Digest.Hex]);
        Assert.Contains("index.json names the manifest", (await Fault(Reference("1.0"))).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, PatchErrorCode, string> BadIndexes => new()
    {
        { "", PatchErrorCode.InvalidData, "not valid JSON" },
        { "[]", PatchErrorCode.InvalidData, "not a JSON object" },
        { "{}", PatchErrorCode.InvalidData, "no list of 'manifests'" },
        { """{"manifests":[{}]}""", PatchErrorCode.InvalidData, "manifests[0].digest" },
        { """{"manifests":[{"digest":"../../etc/passwd","size":1}]}""", PatchErrorCode.InvalidData, "manifests[0].digest" },
        { """{"manifests":[],"manifests":[]}""", PatchErrorCode.InvalidData, "twice" },
        { "{\"manifests\":" + new string('[', 10_000) + new string(']', 10_000) + "}", PatchErrorCode.InvalidData, "depth" },
        { new string(' ', 9_000_000), PatchErrorCode.LimitExceeded, "9,000,000 bytes" },
    };

    [Theory]
    [MemberData(nameof(BadIndexes), DisableDiscoveryEnumeration = true)]
    public async Task A_broken_index_is_an_error_that_names_file_and_fault(string json, PatchErrorCode code, string fault)
    {
        await Image().WriteAsync(_store, Reference(), Token);
        await File.WriteAllTextAsync(_folder["layout", "index.json"], json, Token);
        foreach (var e in new[] { await Fault(Reference()),
            await Assert.ThrowsAsync<PatchException>(() => Image("2").WriteAsync(_store, Reference("2"), Token)) })
        {
            Assert.Equal(code, e.Code);
            Assert.Contains(fault, e.Message, StringComparison.Ordinal);
            Assert.Contains("index.json", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(json, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(_folder["layout", "index.json"], Token)));
    }

    [Fact]
    public async Task What_a_killed_writer_left_goes_with_a_later_write_but_not_what_a_living_one_holds()
    {
        Directory.CreateDirectory(_folder["layout"]);
        var (killed, living, recent) = (_folder["layout", ".blob-1.tmp"], _folder["layout", ".blob-2.tmp"],
            _folder["layout", ".blob-3.tmp"]);
        foreach (var file in new[] { killed, living, recent })
        {
            await File.WriteAllTextAsync(file, "half", Token);
        }

        File.SetLastWriteTimeUtc(killed, DateTime.UtcNow.AddHours(-2));
        using var held = new FileStream(living, FileMode.Open, FileAccess.Write, FileShare.None);
        File.SetLastWriteTimeUtc(held.SafeFileHandle, DateTime.UtcNow.AddHours(-2));
        await Image().WriteAsync(_store, Reference(), Token);
        Assert.Equal((false, true, true), (File.Exists(killed), File.Exists(living), File.Exists(recent)));
    }

    [Fact]
    public async Task A_reader_is_not_disturbed_by_a_writer()
    {
        await Image().WriteAsync(_store, Reference(), Token);
        using var held = new FileStream(_folder["layout", "oci-layout"], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(Image().Digest, (await _store.ResolveAsync(Reference(), Token)).Digest);
    }

    private static byte[] Changed(byte[] content)
    {
        var copy = content.ToArray();
        copy[^1] ^= 1;
        return copy;
    }

    private Task<PatchException> Fault(ImageReference reference) =>
        Assert.ThrowsAsync<PatchException>(() => _store.ResolveAsync(reference, Token));
}
