using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Updating.Rebase;
using Xunit;

namespace PatchContainers.Core.Tests.Updating.Rebase;

public sealed class ConflictFinderTests
{
    /// <summary>Why, old base, new base, application; the paths that are refused, and those that are reported.</summary>
    public static TheoryData<string, Action<LayerWriter>, Action<LayerWriter>, Action<LayerWriter>, string, string> Rows => new()
    {
        { "a file that neither base has", Nothing, Nothing, File("srv/app", "a"), "", "" },
        { "a file equal in both bases", File("etc/passwd", "p"), File("etc/passwd", "p"), File("etc/passwd", "p+me"), "", "" },
        { "other content", File("etc/x", "1"), File("etc/x", "2"), File("etc/x", "3"), "etc/x", "" },
        { "other mode", File("etc/x", "1"), File("etc/x", "1", 0b110_000_000), File("etc/x", "3"), "etc/x", "" },
        { "other owner", File("etc/x", "1"), File("etc/x", "1", uid: 5), File("etc/x", "3"), "etc/x", "" },
        { "other group", File("etc/x", "1"), File("etc/x", "1", gid: 5), File("etc/x", "3"), "etc/x", "" },
        { "other link target", Link("l", "a"), Link("l", "b"), File("l", "3"), "l", "" },
        { "other type", File("l", "b"), Link("l", "b"), File("l", "3"), "l", "" },
        { "only the new base has it", Nothing, File("etc/x", "2"), File("etc/x", "3"), "etc/x", "" },
        { "only the old base has it", File("etc/x", "1"), Nothing, File("etc/x", "3"), "etc/x", "" },
        { "what the new base has too", File("etc/x", "1"), File("etc/x", "2"), File("etc/x", "2"), "", "" },
        { "a difference nobody touches", File("etc/x", "1"), File("etc/x", "2"), File("etc/y", "3"), "", "" },
        { "a removed file that changed", File("etc/x", "1"), File("etc/x", "2"), Gone("etc/x"), "etc/x", "" },
        { "a removed file equal in both", File("etc/x", "1"), File("etc/x", "1"), Gone("etc/x"), "", "" },
        { "removed by both", File("etc/x", "1"), Nothing, Gone("etc/x"), "", "" },
        { "a removed directory, a file in which changed", File("d/e/x", "1"), File("d/e/x", "2"), Gone("d"), "d/e/x", "" },
        { "a removed directory with a new file", File("d/x", "1"), All(File("d/x", "1"), File("d/y", "1")), Gone("d"), "d/y", "" },
        { "a name that only begins the same", File("d-more/x", "1"), File("d-more/x", "2"), Gone("d"), "", "" },
        { "an opaque directory with a changed file", File("d/x", "1"), File("d/x", "2"), Opaque("d"), "d/x", "" },
        { "a file in a directory's place", File("d/x", "1"), File("d/x", "2"), File("d", "3"), "d/x", "" },
        { "a directory entry equal in both", Dir("d"), Dir("d"), Dir("d", 0b111_000_000), "", "" },
        { "a directory whose mode changed", Dir("d"), Dir("d", 0b111_000_000), Dir("d"), "d", "" },
        { "a directory that one base does not list", File("d/x", "1"), All(Dir("d"), File("d/x", "1")), Dir("d", 0b111_000_000), "", "" },
        { "a directory over a base's link", Link("lib", "usr/lib"), Link("lib", "usr/lib"), Dir("lib"), "lib", "" },
        { "a path below a base's link", Link("lib", "usr/lib"), Link("lib", "usr/lib"), File("lib/my/x", "1"), "lib", "" },
        { "a path below what became a file", Dir("d"), File("d", "1"), File("d/x", "1"), "d", "" },
        { "a hard link to a base's file that changed", File("bin/x", "1"), File("bin/x", "2"), Hard("bin/y", "bin/x"), "bin/x", "" },
        { "a hard link within the application", File("bin/x", "1"), File("bin/x", "2"), All(File("srv/x", "1"), Hard("srv/y", "srv/x")),
            "", "" },
        { "a base's hard link is its target's content", All(File("p5.36", "1"), Hard("p", "p5.36")),
            All(File("p5.36", "2"), Hard("p", "p5.36")), File("p", "3"), "p", "" },
        { "dpkg's database", File("var/lib/dpkg/status", "1"), File("var/lib/dpkg/status", "1"), File("var/lib/dpkg/status", "2"),
            "var/lib/dpkg/status", "" },
        { "dpkg's database of one package", Nothing, Nothing, File("var/lib/dpkg/status.d/mine", "2"), "var/lib/dpkg/status.d/mine", "" },
        { "a database of many files, told once", Nothing, Nothing,
            All(File("var/lib/dpkg/status.d/a", "1"), File("var/lib/dpkg/status.d/b", "1")), "var/lib/dpkg/status.d/a", "" },
        { "apk's database", Nothing, Nothing, File("lib/apk/db/installed", "2"), "lib/apk/db/installed", "" },
        { "apk's database under usr", Nothing, Nothing, File("usr/lib/apk/db/installed", "2"), "usr/lib/apk/db/installed", "" },
        { "rpm's database", Nothing, Nothing, File("var/lib/rpm/rpmdb.sqlite", "2"), "var/lib/rpm/rpmdb.sqlite", "" },
        { "rpm's database where SUSE has it", Nothing, Nothing, File("usr/lib/sysimage/rpm/Packages.db", "2"),
            "usr/lib/sysimage/rpm/Packages.db", "" },
        { "rpm's lock", Nothing, Nothing, File("var/lib/rpm/.rpm.lock", ""), "", "" },
        { "a removed database", File("var/lib/dpkg/status", "1"), File("var/lib/dpkg/status", "1"), Gone("var/lib/dpkg"),
            "var/lib/dpkg/status", "" },
        { "an opaque directory over the database", File("var/lib/dpkg/status", "1"), File("var/lib/dpkg/status", "1"), Opaque("var/lib"),
            "var/lib/dpkg/status", "" },
        { "a file in the place of the database's directory", File("var/lib/dpkg/status", "1"), File("var/lib/dpkg/status", "1"),
            Link("var/lib/dpkg", "/x"), "var/lib/dpkg/status", "" },
        { "the loader's cache", File("etc/ld.so.cache", "1"), File("etc/ld.so.cache", "2"), File("etc/ld.so.cache", "3"), "",
            "etc/ld.so.cache" },
        { "ldconfig's cache", File("var/cache/ldconfig/aux-cache", "1"), File("var/cache/ldconfig/aux-cache", "2"),
            File("var/cache/ldconfig/aux-cache", "3"), "", "var/cache/ldconfig/aux-cache" },
        { "a log", File("var/log/dpkg.log", "1"), File("var/log/dpkg.log", "2"), File("var/log/dpkg.log", "3"), "", "var/log/dpkg.log" },
        { "a removed cache", File("var/cache/apt/pkgcache.bin", "1"), File("var/cache/apt/pkgcache.bin", "2"), Gone("var/cache/apt"), "",
            "var/cache/apt/pkgcache.bin" },
        { "shadow's backup", File("etc/passwd-", "1"), File("etc/passwd-", "2"), File("etc/passwd-", "3"), "", "etc/passwd-" },
        { "dpkg's backup", File("var/lib/dpkg/status-old", "1"), File("var/lib/dpkg/status-old", "2"),
            File("var/lib/dpkg/status-old", "3"), "", "var/lib/dpkg/status-old" },
        { "a folder that only begins like the caches", File("var/cachet", "1"), File("var/cachet", "2"), File("var/cachet", "3"),
            "var/cachet", "" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task The_three_way_rule(string why, Action<LayerWriter> oldBase, Action<LayerWriter> newBase, Action<LayerWriter> app,
        string refused, string reported)
    {
        var found = await FindAsync(oldBase, newBase, app);

        Assert.True(refused == string.Join(' ', found.Rejections.Select(r => r.Path)), $"{why}: {string.Join("; ", found.Rejections)}");
        Assert.True(reported.Length == 0 ? found.Reports.Count == 0 : found.Reports.Single().Contains(reported, StringComparison.Ordinal),
            why);
    }

    [Fact]
    public async Task A_refusal_names_platform_path_layer_and_history_line_and_what_works_instead()
    {
        var found = await FindAsync(b => b.AddFile("etc/x", "1"), b => b.AddFile("etc/x", "2"), a => a.AddFile("etc/x", "3"));

        var rejection = Assert.Single(found.Rejections);
        Assert.Equal(("linux/amd64", "etc/x", Digest.OfBytes("0"u8).ToString(), "RUN 0"),
            (rejection.Platform, rejection.Path, rejection.Layer, rejection.HistoryLine));
        Assert.Equal("The layer writes etc/x, and its content is another one in the new base. Rebuild it.", rejection.Reason);
    }

    [Fact]
    public async Task A_path_in_two_layers_is_told_once_and_a_flood_is_summed_up()
    {
        void Many(LayerWriter layer, string content)
        {
            for (var i = 0; i < 30; i++)
            {
                layer.AddFile($"usr/lib/{i:00}", content);
            }
        }

        var found = await FindAsync(b => Many(b, "1"), b => Many(b, "2"), a => Many(a, "3"), a => Many(a, "4"));

        Assert.Equal(26, found.Rejections.Count);
        Assert.Equal((string.Empty, "RUN 0"), (found.Rejections[^1].Path, found.Rejections[^1].HistoryLine));
        Assert.StartsWith("5 further paths", found.Rejections[^1].Reason, StringComparison.Ordinal);
    }

    private static void Nothing(LayerWriter layer)
    {
    }

    private static Action<LayerWriter> File(string path, string content, int mode = LayerWriter.FileMode, long uid = 0, long gid = 0) =>
        layer => layer.AddFile(path, content, mode, uid, gid);

    private static Action<LayerWriter> Dir(string path, int mode = LayerWriter.DirectoryMode) => layer => layer.AddDirectory(path, mode);

    private static Action<LayerWriter> Link(string path, string target) => layer => layer.AddSymbolicLink(path, target);

    private static Action<LayerWriter> Hard(string path, string target) => layer => layer.AddHardLink(path, target);

    private static Action<LayerWriter> Gone(string path) => layer => layer.AddWhiteout(path);

    private static Action<LayerWriter> Opaque(string path) => layer => layer.AddOpaqueWhiteout(path);

    private static Action<LayerWriter> All(params Action<LayerWriter>[] entries) => layer => Array.ForEach(entries, e => e(layer));

    internal static async Task<LayerContent> ReadAsync(Action<LayerWriter> fill)
    {
        var written = LayerWriter.Create(fill);
        using var blob = new MemoryStream(written.Content.ToArray());
        return await new LayerReader(new LayerLimits()).ReadAsync(
            blob, new LayerName(ImageReference.Parse("oci:test"), written.Descriptor), written.DiffId, LayerSelection.None,
            TestContext.Current.CancellationToken);
    }

    private static async Task<Conflicts> FindAsync(Action<LayerWriter> oldBase, Action<LayerWriter> newBase,
        params Action<LayerWriter>[] layers)
    {
        var app = new List<ApplicationLayer>();
        for (var i = 0; i < layers.Length; i++)
        {
            app.Add(new ApplicationLayer(Digest.OfBytes(System.Text.Encoding.UTF8.GetBytes($"{i}")), $"RUN {i}",
                await ReadAsync(layers[i])));
        }

        return ConflictFinder.Find(new SquashedView([await ReadAsync(oldBase)]), new SquashedView([await ReadAsync(newBase)]), app,
            "linux/amd64", "Rebuild it.");
    }
}
