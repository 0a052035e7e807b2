using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Images;
using PatchContainers.Stores;
using PatchContainers.Stores.DockerArchive;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class DockerArchiveStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DockerArchiveStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static TestImage Plain { get; } = new TestImageBuilder().Docker().Plain()
        .Layer("ADD rootfs", l => l.AddFile("etc/hostname", "base"))
        .Layer("COPY app /", l => l.AddFile("app", new string('x', 3000)))
        .Layer("COPY app /", l => l.AddFile("app", new string('x', 3000))).Build();

    private string ArchivePath => _folder["image.tar"];

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, bool> Forms => new()
    {
        { "docker", false }, { "docker", true }, { "podman", false }, { "podman", true }, { "skopeo", false }, { "docker25", false },
            { "docker25", true }, { "gzip layers", false }, { "gzip layers", true },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Every_form_reads_with_all_its_layers(string form, bool gzip)
    {
        Write(Form(form), gzip);
        var reference = ImageReference.Parse($"docker-archive:{ArchivePath}");
        var image = Assert.Single((await new ImageResolver(_store).ResolveAsync(reference, Token)).Platforms);
        Assert.Equal(Plain.Config.Content, image.Config.Content.ToArray());
        Assert.Equal(3, image.Manifest.Layers.Count);
        foreach (var (layer, expected) in image.Manifest.Layers.Zip(Plain.Layers))
        {
            Assert.True(await _store.BlobExistsAsync(reference, layer, Token));
            await using var stream = await _store.OpenBlobAsync(reference, layer, Token);
            using var content = new MemoryStream();
            await stream.CopyToAsync(content, Token);
            Assert.Equal(form == "gzip layers" ? TestBlob.Layer(expected.Content).Content : expected.Content, content.ToArray());
        }
    }

    [Fact]
    public async Task The_same_image_has_one_digest_whichever_tool_saved_it()
    {
        var digests = new List<Digest>();
        foreach (var (form, gzip) in new[] { ("docker", false), ("podman", false), ("skopeo", true) })
        {
            Write(Form(form), gzip);
            digests.Add((await _store.ResolveAsync(ImageReference.Parse($"docker-archive:{ArchivePath}"), Token)).Digest);
        }

        Assert.Single(digests.Distinct());
    }

    [Fact]
    public async Task A_manifest_inside_of_the_archive_is_the_images()
    {
        Write(Form("docker25"), gzip: false);
        var reference = ImageReference.Parse($"docker-archive:{ArchivePath}:registry.example/app:1.0");
        Assert.Equal(Plain.Digest, (await _store.ResolveAsync(reference, Token)).Digest);
        Assert.Equal(Plain.Digest, (await _store.ResolveAsync(reference.AtDigest(Plain.Digest), Token)).Digest);
    }

    [Fact]
    public async Task An_index_is_the_images_if_all_of_its_platforms_were_saved_and_else_the_one_that_was()
    {
        var other = new TestImageBuilder("linux/arm64").Docker().Plain().Layer("COPY", l => l.AddFile("a", "b")).Build();
        var index = new TestIndex(Plain, other);
        (string, object)[] indexed = [.. Form("docker25"), ($"blobs/sha256/{index.Digest.Hex}", index.Index.Content)];
        Write(indexed, gzip: false);
        var reference = ImageReference.Parse($"docker-archive:{ArchivePath}");
        Assert.Equal(Plain.Digest, (await _store.ResolveAsync(reference, Token)).Digest);

        Write([.. indexed, .. other.Layers.Append(other.Config).Append(other.Manifest)
            .Select(b => ($"blobs/sha256/{b.Descriptor.Digest.Hex}", (object)b.Content))], gzip: true);
        Assert.Equal(index.Digest, (await _store.ResolveAsync(reference, Token)).Digest);
        Assert.Equal(2, (await new ImageResolver(_store).ResolveAsync(reference, Token)).Platforms.Count);
    }

    [Fact]
    public async Task Names_longer_than_a_header_are_read()
    {
        var folder = new string('d', 90) + "/" + new string('e', 120);
        using (var file = File.Create(ArchivePath))
        using (var tar = new TarWriter(file, TarEntryFormat.Pax))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile,
                $"{folder}/layer.tar") { DataStream = new MemoryStream(Plain.Layers[0].Content) });
            tar.WriteEntry(new GnuTarEntry(TarEntryType.SymbolicLink, $"{folder}2/layer.tar") { LinkName = $"../../{folder}/layer.tar" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "c.json") { DataStream = new MemoryStream(Plain.Config.Content) });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "manifest.json")
            {
                DataStream = new MemoryStream(
                    Encoding.UTF8.GetBytes(
                    $$"""[{"Config":"c.json","Layers":["{{folder}}/layer.tar","{{folder}}2/layer.tar","./{{folder}}/layer.tar"]}]""")),
            });
        }

        Assert.Equal(PatchErrorCode.NotFound,
            (await Assert.ThrowsAsync<PatchException>(() =>
            _store.ResolveAsync(ImageReference.Parse($"docker-archive:{ArchivePath}:a:1"), Token))).Code);
        Assert.Equal(3,
            (await new ImageResolver(_store).ResolveAsync(ImageReference.Parse($"docker-archive:{ArchivePath}"),
            Token)).Platforms[0].Manifest.Layers.Count);
    }

    [Fact]
    public async Task Images_are_found_by_name_and_listed_where_the_name_is_missing_or_wrong()
    {
        Write(
        [
            ("manifest.json", """
                [{"Config":"c.json","RepoTags":["localhost/app:1","registry.example/app:2"],"Layers":["l.tar","l.tar","l.tar"]},
                 {"Config":"d.json","RepoTags":["nginx:latest"],"Layers":[]},{"Config":"c.json","RepoTags":null,"Layers":["l.tar","l.tar","l.tar"]}]
                """u8.ToArray()),
            ("c.json", Plain.Config.Content), ("l.tar", Plain.Layers[0].Content), ("d.json", new TestImageBuilder().Build().Config.Content),
        ], gzip: false);
        foreach (var name in new[] { "localhost/app:1", "registry.example/app:2", "nginx", "docker.io/library/nginx:latest" })
        {
            await _store.ResolveAsync(ImageReference.Parse($"docker-archive:{ArchivePath}:{name}"), Token);
        }

        var all = ImageReference.Parse($"docker-archive:{ArchivePath}");
        Assert.Equal(["1", "2", "latest"], await _store.ListTagsAsync(all, Token).ToListAsync(Token));
        Assert.Equal(["2"],
            await _store.ListTagsAsync(ImageReference.Parse($"docker-archive:{ArchivePath}:registry.example/app"),
            Token).ToListAsync(Token));
        Assert.Single(await _store.ListUntaggedAsync(all, Token).ToListAsync(Token));
        foreach (var (reference, code) in new[] { (all, PatchErrorCode.InvalidArgument),
            (ImageReference.Parse($"docker-archive:{ArchivePath}:other:1"), PatchErrorCode.NotFound) })
        {
            var e = await Assert.ThrowsAsync<PatchException>(() => _store.ResolveAsync(reference, Token));
            Assert.Equal(code, e.Code);
            Assert.Contains("localhost/app:1, registry.example/app:2, nginx:latest", e.Message, StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, PatchErrorCode, string> Hostile => new()
    {
        { "dots", PatchErrorCode.InvalidData, "'../evil' leads out" },
        { "absolute", PatchErrorCode.InvalidData, "'/etc/passwd' leads out" },
        { "link out", PatchErrorCode.InvalidData, "to '../../../etc/passwd'" },
        { "link loop", PatchErrorCode.InvalidData, "circle" },
        { "no manifest", PatchErrorCode.InvalidData, "no manifest.json" },
        { "oci", PatchErrorCode.InvalidData, "oci:DIR" },
        { "null", PatchErrorCode.InvalidData, "no list of images" },
        { "empty list", PatchErrorCode.InvalidData, "lists no image" },
        { "deep", PatchErrorCode.InvalidData, "depth" },
        { "no config", PatchErrorCode.InvalidData, "config 'c.json', which manifest.json names, is missing" },
        { "no layer", PatchErrorCode.InvalidData, "layer 'l.tar', which manifest.json names, is missing" },
        { "layer outside", PatchErrorCode.InvalidData, "'../../etc/passwd' leads out" },
        { "layer count", PatchErrorCode.InvalidData, "lists 1 layers for 'c.json', which has 3 diff_ids" },
        { "config digest", PatchErrorCode.DigestMismatch, "does not have the digest of its name" },
        { "zstd layer", PatchErrorCode.NotSupported, "compressed with zstd" },
        { "truncated", PatchErrorCode.InvalidData, "cut short" },
        { "text", PatchErrorCode.InvalidData, "no tar" },
        { "empty", PatchErrorCode.InvalidData, "no tar" },
        { "truncated gzip", PatchErrorCode.InvalidData, "" },
        { "zstd", PatchErrorCode.NotSupported, "compressed with zstd" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_bad_archive_is_an_error_that_names_file_and_fault(string kind, PatchErrorCode code, string fault)
    {
        var list = "[{\"Config\":\"c.json\",\"RepoTags\":[],\"Layers\":[\"l.tar\",\"l.tar\",\"l.tar\"]}]"u8.ToArray();
        (string, object) config = ("c.json", Plain.Config.Content);
        (string, object) layer = ("l.tar", Plain.Layers[0].Content);
        (string, object)[] entries = kind switch
        {
            "dots" => [("../evil", list)],
            "absolute" => [("/etc/passwd", list)],
            "link out" => [("a/b/layer.tar", "../../../etc/passwd")],
            "link loop" => [("manifest.json", list), config, ("l.tar", "m.tar"), ("m.tar", "l.tar")],
            "no manifest" => [config, layer],
            "oci" => [("index.json", "{}"u8.ToArray()), ("oci-layout", "{}"u8.ToArray())],
            "null" => [("manifest.json", "null"u8.ToArray())],
            "empty list" => [("manifest.json", "[]"u8.ToArray())],
            "deep" => [("manifest.json", Encoding.ASCII.GetBytes(new string('[', 10_000) + new string(']', 10_000)))],
            "no config" => [("manifest.json", list), layer],
            "no layer" => [("manifest.json", list), config],
            "layer outside" =>
                [("manifest.json",
                Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(list).Replace("l.tar", "../../etc/passwd", StringComparison.Ordinal))),
                config],
            "layer count" => [("manifest.json", "[{\"Config\":\"c.json\",\"Layers\":[\"l.tar\"]}]"u8.ToArray()), config, layer],
            "config digest" =>
                [("manifest.json",
                Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(list).Replace("c.json", new string('a', 64) + ".json",
                StringComparison.Ordinal))), (new string('a', 64) + ".json", Plain.Config.Content), layer],
            "zstd layer" => [("manifest.json", list), config, ("l.tar", new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0 })],
            _ => [("manifest.json", list), config, layer],
        };
        Write(entries, gzip: kind == "truncated gzip");
        await File.WriteAllBytesAsync(ArchivePath, kind switch
        {
            "truncated" => (await File.ReadAllBytesAsync(ArchivePath, Token))[..3000],
            "truncated gzip" => (await File.ReadAllBytesAsync(ArchivePath, Token))[..^40],
            "text" => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("this is no tar file at all\n", 100))),
            "empty" => [],
            "zstd" => [0x28, 0xB5, 0x2F, 0xFD, 0, 0],
            _ => await File.ReadAllBytesAsync(ArchivePath, Token),
        }, Token);

        var e = await Assert.ThrowsAsync<PatchException>(() =>
            _store.ResolveAsync(ImageReference.Parse($"docker-archive:{ArchivePath}"), Token));
        Assert.Equal(code, e.Code);
        Assert.Contains(ArchivePath, e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_that_is_not_what_the_config_says_is_found_when_it_is_read()
    {
        var entries = Form("docker");
        var changed = Plain.Layers[1].Content.ToArray();
        changed[600] ^= 1;
        Write([.. entries.Select(e => e.Content is byte[] bytes && bytes.AsSpan().SequenceEqual(Plain.Layers[1].Content)
            ? (e.Name, changed) : e)], gzip: false);
        var reference = ImageReference.Parse($"docker-archive:{ArchivePath}");
        await using var stream = await _store.OpenBlobAsync(reference, Plain.Layers[1].Descriptor, Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => stream.CopyToAsync(Stream.Null, Token));
        Assert.Equal(PatchErrorCode.DigestMismatch, e.Code);
    }

    [Theory]
    [InlineData("podman", false)]
    [InlineData("docker25", true)]
    public void Any_damage_to_any_byte_is_either_found_or_harmless(string form, bool gzip)
    {
        Write(Form(form), gzip);
        var archive = File.ReadAllBytes(ArchivePath);
        var cases = Gen.Choose(0, archive.Length - 1)
            .SelectMany(at => Gen.Choose(0, 255)
            .SelectMany(value => Gen.Elements(true, false).Select(cut => (at, value: (byte)value, cut))));
        var number = 0;
        Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var bytes = archive.ToArray();
            bytes[c.at] = c.value;
            var path = _folder[$"{number++}.tar"];
            File.WriteAllBytes(path, c.cut ? bytes[..c.at] : bytes);
            var reference = ImageReference.Parse($"docker-archive:{path}");
            try
            {
                foreach (var layer in ImageManifest.Parse(_store.ReadManifestAsync(reference, Token).GetAwaiter().GetResult().Content,
                    string.Empty, path).Layers)
                {
                    using var stream = _store.OpenBlobAsync(reference, layer, Token).GetAwaiter().GetResult();
                    stream.CopyTo(Stream.Null);
                }
            }
            catch (PatchException)
            {
            }
            finally
            {
                File.Delete(path);
            }
        }));
    }

    [Fact]
    public async Task An_archive_that_changed_is_read_anew()
    {
        Write(Form("docker"), gzip: false);
        var reference = ImageReference.Parse($"docker-archive:{ArchivePath}");
        var first = await _store.ResolveAsync(reference, Token);
        Write(Form("docker25"), gzip: true);
        Assert.NotEqual(first.Digest, (await _store.ResolveAsync(reference, Token)).Digest);
    }

    [Fact]
    public async Task Archives_are_not_written()
    {
        var e = await Assert.ThrowsAsync<PatchException>(() => Plain.WriteAsync(_store, $"docker-archive:{ArchivePath}:a:1", Token));
        Assert.Equal(PatchErrorCode.NotFound, e.Code);
        e = await Assert.ThrowsAsync<PatchException>(() =>
            _store.WriteManifestAsync(ImageReference.Parse($"docker-archive:{ArchivePath}:a:1"), "", default, Token));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
    }

    // The entries that each tool writes: bytes for a file, text for a symbolic link's target.
    private static (string Name, object Content)[] Form(string form)
    {
        var config = Plain.Config.Descriptor.Digest.Hex;
        var layers = Plain.Layers.Select(l => l.Descriptor.Digest.Hex).ToArray();
        string List(string configPath, IEnumerable<string> paths) =>
            $$"""[{"Config":"{{configPath}}","RepoTags":["registry.example/app:1.0"],"Layers":[{{string.Join(',', paths.Select(p => $"\"{p}\""))}}]}]""";
        return form switch
        {
            "docker" =>
            [
                .. Enumerable.Range(0, 3).SelectMany(i => new (string, object)[]
                {
                    ($"{i}{layers[i][1..]}/VERSION", "1.0"u8.ToArray()), ($"{i}{layers[i][1..]}/json", "{}"u8.ToArray()),
                        ($"{i}{layers[i][1..]}/layer.tar", Plain.Layers[i].Content),
                }),
                ($"{config}.json", Plain.Config.Content),
                ("manifest.json",
                    Encoding.UTF8.GetBytes(List($"{config}.json", Enumerable.Range(0, 3).Select(i => $"{i}{layers[i][1..]}/layer.tar")))),
                ("repositories", "{}"u8.ToArray()),
            ],
            "podman" =>
            [
                ($"{layers[0]}.tar", Plain.Layers[0].Content), ($"{layers[1]}.tar", Plain.Layers[1].Content),
                ($"{config}.json", Plain.Config.Content),
                ("id0/layer.tar", $"../{layers[0]}.tar"), ("id1/layer.tar", $"../{layers[1]}.tar"), ("id2/layer.tar", "../id1/layer.tar"),
                ("manifest.json", Encoding.UTF8.GetBytes(List($"{config}.json", ["id0/layer.tar", "id1/layer.tar", "id2/layer.tar"]))),
            ],
            "skopeo" =>
            [
                ($"{layers[0]}.tar", Plain.Layers[0].Content), ($"{layers[1]}.tar", Plain.Layers[1].Content),
                    ($"{config}.json", Plain.Config.Content),
                ("manifest.json", Encoding.UTF8.GetBytes(List($"{config}.json", layers.Select(l => $"{l}.tar")))),
            ],
            "gzip layers" =>
            [
                ("manifest.json", Encoding.UTF8.GetBytes(List($"sha256:{config}", ["0.tar.gz", "1.tar.gz", "1.tar.gz"]))),
                ("0.tar.gz", TestBlob.Layer(Plain.Layers[0].Content).Content),
                    ("1.tar.gz", TestBlob.Layer(Plain.Layers[1].Content).Content), ($"sha256:{config}", Plain.Config.Content),
            ],
            _ =>
            [
                .. Plain.Layers.DistinctBy(l => l.DiffId).Append(Plain.Config).Append(Plain.Manifest)
                    .Select(b => ($"blobs/sha256/{b.Descriptor.Digest.Hex}", (object)b.Content)),
                ("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"u8.ToArray()),
                ("index.json",
                    Encoding.UTF8.GetBytes(
                    $$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{Plain.Manifest.MediaType}}","digest":"{{Plain.Digest}}","size":{{Plain.Manifest.Content.Length}}}]}""")),
                ("manifest.json", Encoding.UTF8.GetBytes(List($"blobs/sha256/{config}", layers.Select(l => $"blobs/sha256/{l}")))),
            ],
        };
    }

    private void Write(IReadOnlyList<(string Name, object Content)> entries, bool gzip)
    {
        using var file = File.Create(ArchivePath);
        using var stream = gzip ? new GZipStream(file, CompressionLevel.Fastest) : (Stream)file;
        using var tar = new TarWriter(stream, TarEntryFormat.Ustar);
        foreach (var (name, content) in entries)
        {
            tar.WriteEntry(content is byte[] bytes
                ? new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) }
                : new UstarTarEntry(TarEntryType.SymbolicLink, name) { LinkName = (string)content });
        }
    }
}
