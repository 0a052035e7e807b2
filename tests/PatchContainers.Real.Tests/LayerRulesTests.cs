using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Stores.DockerArchive;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>Layers that can be read in more than one way: what we make of them is what a real engine makes of them.</summary>
public sealed class LayerRulesTests
{
    private static readonly string[] EnginesOwn = ["dev/", "etc/", "proc/", "sys/", ".dockerenv"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Links_whiteouts_and_headers_mean_what_they_mean_to_docker()
    {
        var engines = RealEngines.Require();
        using var folder = new TemporaryFolder();
        var (archive, export) = (folder["image.tar"], folder["export.tar"]);
        WriteImage(archive,
            Layer(tar => File(Link(tar, "usrlib", "lib"), "lib/old", "base", "dir/a", "base", "dir/b", "base", "opaque/c", "base")),
            Layer(tar =>
            {
                // The root as kaniko writes it, a name for all entries, and what lies behind links of the same layer.
                tar.WriteEntry(new PaxGlobalExtendedAttributesTarEntry([new("path", "everywhere")]));
                tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "/"));
                File(Link(Link(tar, "bin", "usr/bin"), "abs", "/usr"), "usr/bin/first", "1", "bin/x", "one", "abs/y", "two");
                tar.WriteEntry(new UstarTarEntry(TarEntryType.HardLink, "hard") { LinkName = "bin/x" });
                File(tar, "dir/.wh.a", "", "opaque/.wh..wh..opq", "", "opaque/d", "new");
            }),

            // Behind a link of a lower layer there is a directory of its own.
            Layer(tar => File(tar, "bin/z", "three", "usr/bin/.wh.first", "")));

        await engines.DockerAsync("load", "-i", archive);
        var container = (await engines.DockerAsync("create", "layer-rules:1")).Trim();
        try
        {
            await engines.DockerAsync("export", "-o", export, container);
        }
        finally
        {
            await engines.DockerAsync("rm", container);
            await engines.DockerAsync("rmi", "layer-rules:1");
        }

        var seen = await SeenAsync(ImageReference.Parse($"docker-archive:{archive}"));
        Assert.Equal(Exported(export), seen);
        Assert.Equal("one", seen["usr/bin/x"]);
    }

    private static async Task<SortedDictionary<string, string>> SeenAsync(ImageReference reference)
    {
        var store = new DockerArchiveStore();
        var image = Assert.Single((await new PatchContainers.Stores.ImageResolver(store).ResolveAsync(reference, Token)).Platforms);
        var layers = await new LayerSource(store, null, new LayerLimits())
            .ReadAllAsync(reference, image, new LayerSelection("all", static _ => true), Token);
        var view = new SquashedView(layers);
        var seen = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (entry, _) in view.EnumerateBelow(string.Empty).Where(e => e.Entry.Kind != LayerEntryKind.Directory))
        {
            seen[entry.Path] = entry.Kind == LayerEntryKind.SymbolicLink ? $"-> {entry.LinkTarget}"
                : Encoding.UTF8.GetString(view.ReadFile(entry.Path)!.Content!.Value.Span);
        }

        return seen;
    }

    private static SortedDictionary<string, string> Exported(string path)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var tar = new TarReader(System.IO.File.OpenRead(path));
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            if (entry.EntryType != TarEntryType.Directory && !EnginesOwn.Any(own => entry.Name.StartsWith(own, StringComparison.Ordinal)))
            {
                files[entry.Name] = entry.EntryType switch
                {
                    TarEntryType.SymbolicLink => $"-> {entry.LinkName}",
                    TarEntryType.HardLink => files[entry.LinkName],
                    _ => entry.DataStream is null ? string.Empty : new StreamReader(entry.DataStream).ReadToEnd(),
                };
            }
        }

        return files;
    }

    private static void WriteImage(string path, params byte[][] layers)
    {
        var ids = layers.Select(layer => $"\"sha256:{Convert.ToHexStringLower(SHA256.HashData(layer))}\"");
        using var tar = new TarWriter(System.IO.File.Create(path));
        File(tar, "config.json", $$"""
            {"architecture":"amd64","os":"linux","config":{"Cmd":["/x"]},"rootfs":{"type":"layers","diff_ids":[{{string.Join(',', ids)}}]},"history":[{},{},{}]}
            """, "manifest.json", """
            [{"Config":"config.json","RepoTags":["layer-rules:1"],"Layers":["0/layer.tar","1/layer.tar","2/layer.tar"]}]
            """);
        for (var i = 0; i < layers.Length; i++)
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"{i}/layer.tar") { DataStream = new MemoryStream(layers[i]) });
        }
    }

    private static byte[] Layer(Action<TarWriter> write)
    {
        using var layer = new MemoryStream();
        using (var tar = new TarWriter(layer, leaveOpen: true))
        {
            write(tar);
        }

        return layer.ToArray();
    }

    private static TarWriter Link(TarWriter tar, string path, string target)
    {
        tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, path) { LinkName = target });
        return tar;
    }

    // Paths and contents by turns.
    private static void File(TarWriter tar, params string[] files)
    {
        foreach (var file in files.Chunk(2))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, file[0]) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(file[1])) });
        }
    }
}
